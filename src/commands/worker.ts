import type { Command } from 'commander';
import { CioBulkError, EXIT, type ExitCode } from '../domain/errors.ts';
import type { Host } from '../domain/host.ts';
import { work } from '../jobs/worker.ts';
import type { ListenAddress } from '../jobs/worker-health.ts';
import { SENDING_DEFAULTS } from '../session/options.ts';
import { rateOption } from './flags/budget.ts';
import { addCommonFlags, addHelpEnd, terminalOf, text } from './flags/common.ts';
import { addFleetFlags, redisUrl } from './flags/fleet.ts';
import { ENVIRONMENT } from './flags/sending.ts';
import { duration, wholeNumber } from './flags/values.ts';

/** Below the time for which a lease lasts, with room for what comes before and after a request. */
const TIMEOUT_MS_MAX = 12_000;

export function configure(command: Command): void {
  addFleetFlags(command)
    .option('--no-preflight', 'skip the first request, which checks region and workspace')
    .option(
      '--rate <n>',
      `HTTP requests per second of all senders of the workspace (default: ${SENDING_DEFAULTS.rate}, or what the budget has)`,
    )
    .option('--set-rate', 'make --rate the rate of the budget, for all its senders')
    .option('--concurrency <n>', 'maximum requests in flight', String(SENDING_DEFAULTS.concurrency))
    .option('--lanes-max <n>', 'maximum lanes to hold at a time (default: all)')
    .option('--linger <duration>', 'how long a batch that is not full waits for more', '50ms')
    .option('--max-attempts <n>', 'maximum attempts per request', String(SENDING_DEFAULTS.maxAttempts))
    .option('--timeout <duration>', 'maximum time for one request, 12s at most', '10s')
    .option('--max-outage <duration>', 'how long to wait while the service or Redis is down', '15m')
    .option('--listen <host:port>', 'tell health there: /healthz, /readyz and /health/customerio')
    .option('--exit-when-empty', 'end when no operation is pending')
    .addHelpText('after', ENVIRONMENT);
  addCommonFlags(command);
  addHelpEnd(
    command,
    ['cio-bulk worker --redis redis://127.0.0.1:6379'],
    [EXIT.ok, EXIT.bug, EXIT.usage, EXIT.credentials, EXIT.forbidden, EXIT.unreachable],
  );
}

export function run(args: readonly string[], options: Record<string, unknown>, host: Host): Promise<ExitCode> {
  if (args.length > 0) throw new CioBulkError('usage', `worker takes no arguments, but got "${args.join(' ')}"`);
  const rate = rateOption(options);
  const setRate = options['setRate'] === true;
  if (rate === 0) throw new CioBulkError('usage', '--rate 0: the budget of a workspace has a limit');
  if (setRate && rate === undefined) throw new CioBulkError('usage', '--set-rate needs --rate');
  const lanesMax = text(options, 'lanesMax');
  const timeoutMs = duration('--timeout', text(options, 'timeout') ?? '');
  if (timeoutMs > TIMEOUT_MS_MAX)
    throw new CioBulkError(
      'usage',
      '--timeout: a worker waits 12s at most, so that the lease of a lane outlasts each request',
    );
  const request = {
    redisUrl: redisUrl(options),
    rate,
    setRate,
    lanesMax: lanesMax === undefined ? Number.POSITIVE_INFINITY : wholeNumber('--lanes-max', lanesMax, 1),
    lingerMs: duration('--linger', text(options, 'linger') ?? ''),
    listen: listenAddress(text(options, 'listen')),
    exitWhenEmpty: options['exitWhenEmpty'] === true,
  };
  return work(request, {
    host,
    terminal: terminalOf(options, host),
    options: {
      ...SENDING_DEFAULTS,
      rate: rate ?? SENDING_DEFAULTS.rate,
      concurrency: wholeNumber('--concurrency', text(options, 'concurrency') ?? '', 1, 1000),
      maxAttempts: wholeNumber('--max-attempts', text(options, 'maxAttempts') ?? '', 1, 100),
      timeoutMs,
      maxOutageMs: duration('--max-outage', text(options, 'maxOutage') ?? ''),
      preflight: options['preflight'] !== false,
      sandbox: false,
      envFile: text(options, 'envFile'),
    },
  });
}

function listenAddress(given: string | undefined): ListenAddress | undefined {
  if (given === undefined) return undefined;
  const [, host = '', port = ''] = /^\[?([^\]]+?)\]?:(\d{1,5})$/.exec(given) ?? [];
  if (host === '' || Number(port) > 65_535)
    throw new CioBulkError('usage', `--listen ${JSON.stringify(given)}: expected host:port, such as 127.0.0.1:9464`);
  return { host, port: Number(port) };
}
