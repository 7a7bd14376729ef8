import type { Command } from 'commander';
import { CioBulkError, EXIT, type ExitCode } from '../domain/errors.ts';
import type { Host } from '../domain/host.ts';
import { SCENARIOS } from '../domain/loadtest.ts';
import { loadtest } from '../jobs/loadtest.ts';
import type { LoadRequest } from '../loadtest/k6-environment.ts';
import { addCommonFlags, addHelpEnd, journalPathOf, terminalOf, text } from './flags/common.ts';
import { addTargetFlags, targetOptions } from './flags/sending.ts';
import { duration, oneOf, plainNumber, wholeNumber } from './flags/values.ts';

export function configure(command: Command): void {
  addTargetFlags(command)
    .option('--scenario <name>', `the scenario to run: ${SCENARIOS.join(', ')}`, 'ramp')
    .option('--rate <n>', "maximum HTTP requests per second (default: the scenario's own, 80 for most)")
    .option('--duration <duration>', 'length of the whole test; the scenario is stretched to fit')
    .option('--max-users <n>', 'maximum number of test people', '5000')
    .option('--p95 <duration>', 'limit for the 95th percentile of the latency of each operation', '500ms')
    .option('--p99 <duration>', 'limit for the 99th percentile', '2s')
    .option('--confirm <last4>', "last 4 characters of the staging workspace's site id")
    .option('--allow-over-limit', 'allow more than 80 % of the documented limit')
    .option('--force', 'run even if an earlier load test has not been cleaned up')
    .option('--compare <run|last>', 'compare with an earlier run of the same scenario and rate')
    .option('--junit <file>', 'write the result as JUnit XML')
    .option('--k6-bin <path>', 'the k6 to use (default: CIO_BULK_K6, then PATH)');
  addCommonFlags(command);
  addHelpEnd(
    command,
    ['cio-bulk loadtest --sandbox --scenario smoke', 'cio-bulk loadtest --sandbox --rate 80 --duration 2m'],
    [
      EXIT.ok,
      EXIT.bug,
      EXIT.usage,
      EXIT.credentials,
      EXIT.forbidden,
      EXIT.unreachable,
      EXIT.stopped,
      EXIT.loadtest,
      EXIT.sigint,
      EXIT.sigterm,
    ],
  );
}

export function run(args: readonly string[], options: Record<string, unknown>, host: Host): Promise<ExitCode> {
  if (args.length > 0) throw new CioBulkError('usage', `loadtest takes no arguments, but got "${args.join(' ')}"`);
  const terminal = terminalOf(options, host);
  const order = {
    request: loadRequest(options),
    target: targetOptions(options),
    confirm: text(options, 'confirm'),
    allowOverLimit: options['allowOverLimit'] === true,
    force: options['force'] === true,
    compare: text(options, 'compare'),
    junit: text(options, 'junit'),
    k6Bin: text(options, 'k6Bin'),
  };
  return loadtest(order, { journalPath: journalPathOf(options, host), host, terminal });
}

function loadRequest(options: Record<string, unknown>): LoadRequest {
  const given = <T>(name: string, read: (value: string) => T): T | null => {
    const value = text(options, name);
    return value === undefined ? null : read(value);
  };
  return {
    scenario: oneOf('--scenario', text(options, 'scenario') ?? '', SCENARIOS),
    rate: given('rate', (value) => plainNumber('--rate', value, 0.1, 100_000)),
    durationMs: given('duration', (value) => duration('--duration', value, 1_000)),
    maxUsers: wholeNumber('--max-users', text(options, 'maxUsers') ?? '', 1, 100_000_000),
    p95Ms: duration('--p95', text(options, 'p95') ?? ''),
    p99Ms: duration('--p99', text(options, 'p99') ?? ''),
  };
}
