import type { Command } from 'commander';
import { CioBulkError } from '../../domain/errors.ts';
import { hasCredentials } from '../../fleet/redis-url.ts';
import { SENDING_DEFAULTS, type BudgetOptions } from '../../session/options.ts';
import { text } from './common.ts';
import { plainNumber } from './values.ts';

const BUDGET_ENVIRONMENT = `
  CIO_BULK_REDIS_URL                            the Redis of --budget env, with user and password`;

export function addBudgetFlag(command: Command): Command {
  return command
    .option(
      '--budget <url>',
      'share the rate with all senders of the workspace through Redis (redis://host:port, or env: the URL in CIO_BULK_REDIS_URL)',
    )
    .addHelpText('after', BUDGET_ENVIRONMENT);
}

/** How fast, alone or together. */
export function addRateFlags(command: Command): Command {
  return command
    .option(
      '--rate <n>',
      `maximum HTTP requests per second, retries included; 0 = no limit (default: ${SENDING_DEFAULTS.rate}, or the rate of --budget)`,
    )
    .option('--set-rate', 'make --rate the rate of the budget, for all its senders')
    .option('--budget-share <share>', 'use at most this share of the budget, such as 0.5')
    .option('--budget-fallback <n>', 'requests per second while Redis is away (default: none, wait for Redis)');
}

export function rateOption(options: Record<string, unknown>): number | undefined {
  const given = text(options, 'rate');
  return given === undefined ? undefined : plainNumber('--rate', given, 0, 100_000);
}

/** `rate`: what `--rate` says about the budget. */
export function budgetOptions(options: Record<string, unknown>, rate: number | undefined): BudgetOptions | undefined {
  const url = text(options, 'budget');
  const share = text(options, 'budgetShare');
  const fallback = text(options, 'budgetFallback');
  const setRate = options['setRate'] === true;
  if (url === undefined) {
    const given = setRate ? '--set-rate' : share ? '--budget-share' : fallback ? '--budget-fallback' : undefined;
    if (given !== undefined) throw new CioBulkError('usage', `${given} needs --budget`);
    return undefined;
  }
  if (hasCredentials(url))
    throw new CioBulkError('usage', '--budget must not carry a user or password: others can read the command line', {
      hint: 'put the URL into CIO_BULK_REDIS_URL or a file for --env-file, and use --budget env',
    });
  if (rate === 0) throw new CioBulkError('usage', '--rate 0 and --budget contradict each other: a budget has a limit');
  if (setRate && rate === undefined) throw new CioBulkError('usage', '--set-rate needs --rate');
  return {
    url,
    rate,
    setRate,
    share: share === undefined ? 1 : plainNumber('--budget-share', share, 0.01, 1),
    fallbackRate: fallback === undefined ? undefined : plainNumber('--budget-fallback', fallback, 0.1, 100_000),
  };
}
