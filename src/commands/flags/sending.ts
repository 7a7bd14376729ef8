import type { Command } from 'commander';
import { EXIT, type ExitCode } from '../../domain/errors.ts';
import { duration, errorLimit, oneOf, plainNumber, wholeNumber } from './values.ts';
import { SENDING_DEFAULTS as DEFAULTS, type SendingOptions, type TargetOptions } from '../../session/options.ts';
import { addBudgetFlag, addRateFlags, budgetOptions, rateOption } from './budget.ts';
import { text } from './common.ts';

export const ENVIRONMENT = `
Environment (or a file for --env-file; none of it with --sandbox):
  CUSTOMERIO_SITE_ID, CUSTOMERIO_TRACK_API_KEY  the Track API credentials of the workspace (required)
  CUSTOMERIO_REGION                             us (default) or eu
  CUSTOMERIO_APP_API_KEY                        lets cleanup check that all test people are gone
  CUSTOMERIO_ENVIRONMENT                        staging allows load tests
  CUSTOMERIO_TRACK_URL, CUSTOMERIO_APP_URL      base URLs of a proxy or test server`;

/** How a command that sends rows can end. */
export const SENDING_EXITS: readonly ExitCode[] = [
  EXIT.ok,
  EXIT.bug,
  EXIT.usage,
  EXIT.credentials,
  EXIT.forbidden,
  EXIT.unreachable,
  EXIT.undelivered,
  EXIT.stopped,
  EXIT.unfinished,
  EXIT.sigint,
  EXIT.sigterm,
];

export function addTargetFlags(command: Command): Command {
  const target = command
    .option('--sandbox', 'send to a private local sandbox instead of Customer.io')
    .option('--env-file <path>', 'read credentials from a file of NAME=value lines')
    .option('--no-preflight', 'skip the first request, which checks region and workspace')
    .addHelpText('after', ENVIRONMENT);
  return addBudgetFlag(target);
}

export function addSendingFlags(command: Command): Command {
  return addRateFlags(addTargetFlags(command))
    .option('--max-rows-per-second <n>', 'maximum rows per second, on top of --rate')
    .option('--concurrency <n>', 'maximum requests in flight', String(DEFAULTS.concurrency))
    .option('--batch-rows <n>', 'maximum rows in a v2 batch', String(DEFAULTS.batchRows))
    .option('--batch-bytes <n>', 'maximum bytes in a v2 batch', String(DEFAULTS.batchBytes))
    .option('--max-attempts <n>', 'maximum attempts per request', String(DEFAULTS.maxAttempts))
    .option('--timeout <duration>', 'time limit for one request', '10s')
    .option(
      '--max-outage <duration>',
      'give up when the API has not answered for this long; the run can be resumed',
      '15m',
    )
    .option('--max-errors <n|n%>', 'stop when more rows than this end up undelivered; a share counts from 100 rows on')
    .option('--max-duration <duration>', 'take no more rows after this long, settle those in flight and exit with 8')
    .option('--allow-triggers', 'send events recent enough to trigger campaigns');
}

export function sendingOptions(options: Record<string, unknown>): SendingOptions {
  const value = (name: string): string => text(options, name) ?? '';
  const optional = <T>(name: string, read: (given: string) => T): T | undefined => {
    const given = text(options, name);
    return given === undefined ? undefined : read(given);
  };
  const rate = rateOption(options);
  const batchBytes = wholeNumber('--batch-bytes', value('batchBytes'), 100, 499_999);
  const batchRows = wholeNumber('--batch-rows', value('batchRows'), 1, 100_000);
  const rowsPerSecond =
    optional('maxRowsPerSecond', (given) => plainNumber('--max-rows-per-second', given, 0.001, 1e9)) ?? 0;
  const maxErrors = optional('maxErrors', (given) => errorLimit('--max-errors', given));
  return {
    rate: rate ?? DEFAULTS.rate,
    rowsPerSecond,
    concurrency: wholeNumber('--concurrency', value('concurrency'), 1, 1000),
    batchRows: rowsPerSecond > 0 ? Math.max(1, Math.min(batchRows, Math.floor(rowsPerSecond))) : batchRows,
    batchBytes,
    maxAttempts: wholeNumber('--max-attempts', value('maxAttempts'), 1, 100),
    timeoutMs: duration('--timeout', value('timeout'), 1),
    maxOutageMs: duration('--max-outage', value('maxOutage'), 1),
    maxErrors,
    maxDurationMs: optional('maxDuration', (given) => duration('--max-duration', given)),
    allowTriggers: options['allowTriggers'] === true,
    ...targetOptions(options, rate),
  };
}

/** `rate`: what `--rate` says about a shared budget. */
export function targetOptions(options: Record<string, unknown>, rate?: number): TargetOptions {
  return {
    preflight: options['preflight'] !== false,
    sandbox: options['sandbox'] === true,
    envFile: text(options, 'envFile'),
    budget: budgetOptions(options, rate),
  };
}

export function readChoice<const T extends string>(
  options: Record<string, unknown>,
  name: string,
  flag: string,
  choices: readonly T[],
): T | undefined {
  const given = text(options, name);
  return given === undefined ? undefined : oneOf(flag, given, choices);
}
