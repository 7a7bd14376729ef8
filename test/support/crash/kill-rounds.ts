import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Sandbox } from '../../../src/session/sandbox-process.ts';
import type { RunningCli } from '../cli.ts';
import { tempFolder, type Finishing } from '../temp.ts';
import { loggingSandbox, resetSandbox, startAgainst } from './crash-run.ts';
import { journalFaults } from './journal.ts';
import { judge, type Verdict } from './judge.ts';
import { mixedRows, writeMixedFile } from './mixed-file.ts';
import { createRandom } from '../random.ts';

/** The network is bad too. Nothing here is refused for good: whatever is missing at the end was lost. */
export const FAULTS = '429=0.3%,500=1%,503=0.5%,html502=0.5%,reset-before=0.5%,reset-after=1%,timeout=0.3%,torn=0.5%';

export interface KillOptions {
  readonly rows: number;
  /** Processes to kill in all. */
  readonly rounds: number;
  readonly seed: number;
  readonly batchRows: number;
  readonly rate: number;
  /** A process lives this long at most, from its first request or from its start; how long is random. */
  readonly lifeMsMax: number;
  readonly faults?: string;
  readonly onRun?: (report: KillReport) => void;
}

export interface KillReport extends Verdict {
  readonly kills: number;
  /** Kills of a process that had sent something. */
  readonly working: number;
  /** Runs that were resumed until they were finished. */
  readonly runs: number;
  readonly rows: number;
  /** Operations that the service took more than once: what was in doubt, and what the network repeated. */
  readonly repeated: number;
  /** Anything else that was not as it should be. */
  readonly faults: readonly string[];
}

/** Imports mixed files, kills the process again and again, repeats the same command until it is done, and lets the service judge. */
export async function killRounds(test: Finishing, options: KillOptions): Promise<KillReport> {
  const sandbox = await loggingSandbox(test, {
    faults: options.faults ?? FAULTS,
    latency: '5-150',
    seed: options.seed,
  });
  const random = createRandom(options.seed);
  let report: KillReport = {
    kills: 0,
    working: 0,
    runs: 0,
    rows: 0,
    repeated: 0,
    lost: 0,
    doubled: 0,
    outOfOrder: 0,
    stale: 0,
    faults: [],
  };
  while (report.kills < options.rounds) {
    await resetSandbox(sandbox);
    const one = await oneRun(test, options, {
      sandbox,
      random,
      number: report.runs,
      killsMax: options.rounds - report.kills,
    });
    report = add(report, one);
    options.onRun?.(report);
  }
  return report;
}

interface Stage {
  readonly sandbox: Sandbox;
  readonly random: () => number;
  readonly number: number;
  readonly killsMax: number;
}

async function oneRun(
  test: Finishing,
  options: KillOptions,
  { sandbox, random, number, killsMax }: Stage,
): Promise<KillReport> {
  const cwd = tempFolder(test);
  const rows = mixedRows({ rows: options.rows, seed: options.seed + number, people: Math.ceil(options.rows / 8) });
  writeMixedFile(join(cwd, 'mixed.ndjson'), rows);
  const sending = [
    '--batch-rows',
    String(options.batchRows),
    '--rate',
    String(options.rate),
    '--timeout',
    '1s',
    '--no-preflight',
    '--quiet',
  ];
  const faults: string[] = [];
  let args = ['import', 'mixed.ndjson', '--allow-triggers', ...sending];
  let kills = 0;
  let working = 0;
  let received = 0;
  for (;;) {
    const cli = startAgainst(test, { cwd, sandbox, args });
    if (kills < killsMax)
      void killSometime(cli, sandbox, received, { lifeMs: random() * options.lifeMsMax, diesEarly: random() < 0.2 });
    const { code, signal, stderr } = await cli.ended;
    const before = received;
    received = (await sandbox.state()).operations_received;
    if (signal === 'SIGKILL') {
      kills++;
      if (received > before) working++;
    } else if (code === 0) break;
    else if (code === 6) args = ['retry-failed', '--run', '1', '--allow-triggers', ...sending];
    else {
      faults.push(`exit ${code}: ${stderr.slice(0, 500)}`);
      break;
    }
  }
  faults.push(...journalFaults(join(cwd, '.cio-bulk/journal.db'), rows.length));
  const again = await startAgainst(test, {
    cwd,
    sandbox,
    args: ['import', 'mixed.ndjson', '--allow-triggers', ...sending],
  }).ended;
  if (again.code !== 0 || (await sandbox.state()).operations_received !== received)
    faults.push('a second import of a finished file sent something');
  return {
    kills,
    working,
    runs: 1,
    rows: rows.length,
    repeated: received - rows.length,
    faults,
    ...(await judge(sandbox.url, rows)),
  };
}

/** Some die at a random moment during startup, the others some time after they have sent something. */
async function killSometime(
  cli: RunningCli,
  sandbox: Sandbox,
  received: number,
  { lifeMs, diesEarly }: { readonly lifeMs: number; readonly diesEarly: boolean },
): Promise<void> {
  let isOver = false;
  void cli.ended.then(() => (isOver = true));
  while (!diesEarly && !isOver && (await sandbox.state()).operations_received === received) await sleep(20);
  await sleep(lifeMs);
  if (!isOver) cli.child.kill('SIGKILL');
}

function add(a: KillReport, b: KillReport): KillReport {
  return {
    kills: a.kills + b.kills,
    working: a.working + b.working,
    runs: a.runs + b.runs,
    rows: a.rows + b.rows,
    repeated: a.repeated + b.repeated,
    lost: a.lost + b.lost,
    doubled: a.doubled + b.doubled,
    outOfOrder: a.outOfOrder + b.outOfOrder,
    stale: a.stale + b.stale,
    faults: [...a.faults, ...b.faults],
  };
}
