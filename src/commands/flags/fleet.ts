import type { Command } from 'commander';
import { CioBulkError } from '../../domain/errors.ts';
import { hasCredentials } from '../../fleet/redis-url.ts';
import { text } from './common.ts';

/** Where the fleet's Redis is, and whose workspace it works for. */
export function addFleetFlags(command: Command): Command {
  return command
    .option('--redis <url>', 'the Redis of the fleet: redis://host:port, or rediss:// (default: CIO_BULK_REDIS_URL)')
    .option('--env-file <path>', 'read credentials from a file of NAME=value lines');
}

export function redisUrl(options: Record<string, unknown>): string | undefined {
  const url = text(options, 'redis');
  if (url !== undefined && hasCredentials(url))
    throw new CioBulkError('usage', '--redis must not carry a user or password: others can read the command line', {
      hint: 'put the URL into CIO_BULK_REDIS_URL, in the environment or in a file for --env-file, and leave out --redis',
    });
  return url;
}
