import { expect } from 'vitest';
import { runCli, startCli, type CliOptions, type CliResult, type RunningCli } from './cli.ts';
import { eventsCsv, peopleCsv, tempFolder, type Finishing } from './temp.ts';

export interface Sending {
  readonly rows?: number;
  readonly kind?: 'people' | 'events';
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly folder?: string;
}

/** Impatient on purpose: what takes a quarter of an hour in production must end within a second here. */
const IMPATIENT = ['--json', '--timeout', '700ms', '--max-attempts', '4', '--max-outage', '1s', '--rate', '0'];

/** Imports a small file into the server at `url` with the real program. Whatever the server does, the counts must add up. */
export async function send(test: Finishing, url: string, sending: Sending = {}): Promise<CliResult> {
  const result = await runCli(test, ...commandFor(test, url, sending));
  assertAddsUp(result);
  return result;
}

export function startSending(test: Finishing, url: string, sending: Sending = {}): RunningCli {
  return startCli(test, ...commandFor(test, url, sending));
}

function commandFor(
  test: Finishing,
  url: string,
  { rows = 30, kind = 'people', args = [], env = {}, folder }: Sending,
): [string[], CliOptions] {
  const cwd = folder ?? tempFolder(test);
  const path = kind === 'people' ? peopleCsv(cwd, rows) : eventsCsv(cwd, rows);
  return [['import', path, '--batch-rows', '10', ...IMPATIENT, ...args], { cwd, trackUrl: url, env }];
}

export function assertAddsUp({ summary }: CliResult): void {
  if (!summary) return;
  const sum = ['delivered', 'rejected', 'failed', 'invalid', 'skipped', 'unclear', 'pending'].reduce(
    (total, name) => total + Number(summary[name]),
    0,
  );
  expect(summary['rows_read']).toBe(sum);
}

/** The counts of the summary that are not zero. */
export function countsOf({ summary }: CliResult): Record<string, number> {
  const names = ['delivered', 'rejected', 'failed', 'invalid', 'skipped', 'unclear', 'pending'];
  return Object.fromEntries(
    names.map((name) => [name, Number(summary?.[name])] as const).filter(([, value]) => value > 0),
  );
}
