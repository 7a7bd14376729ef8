import type { Command } from 'commander';
import { CioBulkError } from '../../domain/errors.ts';
import type { Host } from '../../domain/host.ts';
import { hasCredentials } from '../../fleet/redis-url.ts';
import type { FleetLook } from '../../jobs/fleet-undelivered.ts';
import { terminalOf, text } from './common.ts';

/** Where the fleet's Redis is, and whose workspace it works for. */
export function addFleetFlags(command: Command): Command {
  return command
    .option('--redis <url>', 'the Redis of the fleet: redis://host:port, or rediss:// (default: CIO_BULK_REDIS_URL)')
    .option('--env-file <path>', 'read credentials from a file of NAME=value lines');
}

/** For commands that look at a journal, unless they are told to look at a fleet. */
export function addFleetLookFlags(command: Command): Command {
  return command.option(
    '--redis <url>',
    'look at the fleet of this Redis, and not at the journal: redis://host:port, or env: the URL in CIO_BULK_REDIS_URL',
  );
}

/** Undefined when the command is about the journal. `journalFlags`: those that make sense there only. */
export function fleetLook(
  options: Record<string, unknown>,
  host: Host,
  journalFlags: readonly string[],
): FleetLook | undefined {
  const url = redisUrl(options);
  if (url === undefined) return undefined;
  const wrong = journalFlags.find((name) => options[name] !== undefined && options[name] !== false);
  if (wrong !== undefined)
    throw new CioBulkError(
      'usage',
      `--redis and --${wrong} contradict each other: one is a fleet, the other a journal`,
    );
  return { redisUrl: url, envFile: text(options, 'envFile'), host, terminal: terminalOf(options, host) };
}

export function redisUrl(options: Record<string, unknown>): string | undefined {
  const url = text(options, 'redis');
  if (url !== undefined && hasCredentials(url))
    throw new CioBulkError('usage', '--redis must not carry a user or password: others can read the command line', {
      hint: 'put the URL into CIO_BULK_REDIS_URL, in the environment or in a file for --env-file, and leave out --redis',
    });
  return url;
}
