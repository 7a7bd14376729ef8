import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CioBulkError } from '../domain/errors.ts';
import { errorCode } from '../domain/text/error-code.ts';
import { SUMMARY_SCHEMA } from './summary.ts';
import type { LoadtestSummary } from './summary.ts';

/** Files of one load test. Directory 0700, files 0600. */
export interface LoadtestFiles {
  readonly dir: string;
  readonly summary: string;
  readonly k6Log: string;
  readonly k6Numbers: string;
  readonly dashboard: string;
}

/** Makes `<root>/<run>/`. */
export function createFiles(root: string, run: string): LoadtestFiles {
  const dir = join(root, run);
  attempt(dir, () => mkdirSync(dir, { recursive: true, mode: 0o700 }));
  return {
    dir,
    summary: join(dir, 'summary.json'),
    k6Log: join(dir, 'k6.log'),
    k6Numbers: join(dir, 'k6.json'),
    dashboard: join(dir, 'dashboard.html'),
  };
}

/** Files that k6 wrote itself have the mode that the umask gave them. */
export function closeToOthers({ k6Numbers, dashboard }: LoadtestFiles): void {
  for (const path of [k6Numbers, dashboard]) if (existsSync(path)) chmodSync(path, 0o600);
}

/** Writes summary.json in one step: a reader sees all of it or none. */
export function writeSummary(path: string, summary: LoadtestSummary): void {
  attempt(path, () => {
    writeFileSync(`${path}.part`, `${JSON.stringify(summary, null, 2)}\n`, { mode: 0o600 });
    renameSync(`${path}.part`, path);
  });
}

function attempt(path: string, work: () => void): void {
  try {
    work();
  } catch (error) {
    throw new CioBulkError('output_unwritable', `${path} cannot be written (${errorCode(error) ?? 'unknown error'})`, {
      hint: 'make room there, or choose another place with --journal',
      cause: error,
    });
  }
}

/** Reads the summary of a run. Throws `no_such_run`. */
export function readSummary(root: string, run: string): LoadtestSummary {
  const summary = /^[a-z0-9]+$/.test(run) ? tryRead(root, run) : null;
  if (summary === null) throw new CioBulkError('no_such_run', `there is no finished load test "${run}" in ${root}`);
  return summary;
}

/** Whether any run of a scenario has finished. */
export function hasSummaryOf(root: string, scenario: string): boolean {
  return listSummaries(root).some((summary) => summary.scenario === scenario);
}

/** The latest finished run of a scenario at a rate. Throws `no_such_run`. */
export function readLatest(root: string, scenario: string, rate: number): LoadtestSummary {
  const latest = listSummaries(root)
    .filter((summary) => summary.scenario === scenario && summary.planned.rate === rate)
    .sort((a, b) => a.started_at.localeCompare(b.started_at))
    .at(-1);
  if (latest === undefined)
    throw new CioBulkError('no_such_run', `there is no earlier ${scenario} run at ${rate} requests/s to compare with`);
  return latest;
}

function listSummaries(root: string): LoadtestSummary[] {
  let names: string[];
  try {
    names = readdirSync(root);
  } catch {
    return [];
  }
  return names.map((name) => tryRead(root, name)).filter((summary) => summary !== null);
}

/** Null for a run without a summary (it crashed), and for a file with another schema. */
function tryRead(root: string, run: string): LoadtestSummary | null {
  try {
    const summary = JSON.parse(readFileSync(join(root, run, 'summary.json'), 'utf8')) as LoadtestSummary;
    return summary.schema === SUMMARY_SCHEMA ? summary : null;
  } catch {
    return null;
  }
}
