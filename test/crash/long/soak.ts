/**
 * `npm run soak -- --minutes 20 --rows 10000000 --seed 1 --batch 500 --rate 40`: a bad network, storms of 429 and a kill
 * every few seconds, for as long as it is told. Judged by the service's own counts: nothing lost, nothing doubled.
 *
 * What the faults allow is reckoned from the service's record, life by life, from the first request that it saw to the kill:
 * as many requests as the asked rate gives in that time, or in a storm as many as the service grants a second, without those
 * that it failed on purpose. Of these at least 95 % must have been answered with 200; what a life has above its measure (the
 * first burst that a limit lets through) does not make up for another. The rate is one that two cores can serve with ease, so
 * that it is the faults that limit and not the machine. What a start costs is reported beside it.
 */
import { createWriteStream, existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { once } from 'node:events';
import Database from 'better-sqlite3';
import { expect, it } from 'vitest';
import { startSandbox, type Sandbox, type SandboxState } from '../../../src/session/sandbox-process.ts';
import type { RowRanges } from '../../../src/domain/ledger.ts';
import { countRows, createRowLookup, decodeRanges, mergeRanges } from '../../../src/domain/row-ranges.ts';
import { tempFolder } from '../../support/temp.ts';
import type { RunningCli } from '../../support/cli.ts';
import { startAgainst } from '../../support/crash/crash-run.ts';
import { createRandom } from '../../support/random.ts';
import { longOption } from '../../support/crash/long-options.ts';

const SEED = longOption('seed', Date.now() % 1_000_000);
const ROWS = longOption('rows', 10_000_000);
const MINUTES = longOption('minutes', 20);
const BATCH = longOption('batch', 500);
const RATE = longOption('rate', 40);
/** Requests a second that the service grants in a storm. */
const STORM_RATE = Math.ceil(RATE / 2.5);
const SHARE_MIN = 0.95;
const FAULTS = '500=2%,timeout=1%,reset-before=0.2%,reset-after=0.2%';
const ARGS = [
  'import',
  'events.csv',
  '--allow-triggers',
  '--batch-rows',
  String(BATCH),
  '--rate',
  String(RATE),
  '--timeout',
  '2s',
  '--no-preflight',
  '--json',
];

it(`soak: ${ROWS} rows, at most ${MINUTES} minutes (--seed ${SEED})`, async (test) => {
  const folder = tempFolder(test);
  await writeEvents(join(folder, 'events.csv'), ROWS);
  const random = createRandom(SEED);
  const startedAt = performance.now();
  const seconds = (): number => (performance.now() - startedAt) / 1000;
  const journalPath = join(folder, '.cio-bulk/journal.db');
  const rssMb: number[] = [];
  let [kills, storms, journalMb, isDone, isLast] = [0, 0, 0, false, false];
  let [allowed, achieved] = [0, 0];
  const startsMs: number[] = [];
  let sandbox = await startSandbox({ db: join(folder, 'sandbox.db'), faults: FAULTS, seed: SEED });
  try {
    while (!isDone) {
      isLast = seconds() > MINUTES * 60;
      // Every fourth life begins in a storm: the service grants less than half of what is asked for.
      const isStorm = !isLast && random() < 0.25;
      if (isStorm) storms++;
      await sandbox.stop();
      sandbox = await startSandbox({
        db: join(folder, 'sandbox.db'),
        faults: FAULTS,
        seed: SEED + kills,
        ...(isStorm ? { rateLimit: STORM_RATE } : {}),
      });
      const spawnedAt = Date.now();
      const cli = startAgainst(test, {
        cwd: folder,
        sandbox,
        args: [...ARGS, ...(isLast ? ['--max-duration', '1s'] : [])],
      });
      const life = new AbortController();
      if (!isLast) void killLater(cli, sandbox, 2_000 + random() * 6_000, life.signal);
      void sample(cli.pid, life.signal, (rss) => {
        rssMb.push(rss);
        journalMb = Math.max(journalMb, sizeMb(journalPath) + sizeMb(`${journalPath}-wal`));
      });
      const { code, signal, stderr } = await cli.ended;
      const endedAt = Date.now();
      life.abort();
      if (signal === 'SIGKILL') {
        kills++;
        const { first_request_at: first, requests, faults_injected: faults } = await trafficOf(sandbox);
        const firstAt = Date.parse(first ?? '');
        const measure = Math.max(
          0,
          ((endedAt - firstAt) / 1000) * (isStorm ? STORM_RATE : RATE) - sum(Object.values(faults)),
        );
        const answered = requests.by_path['POST /api/v2/batch']?.['200'] ?? 0;
        allowed += measure;
        achieved += Math.min(answered, measure);
        startsMs.push(firstAt - spawnedAt);
        console.log(
          JSON.stringify({
            life: kills,
            isStorm,
            ms: endedAt - firstAt,
            startMs: firstAt - spawnedAt,
            allowed: Math.round(measure),
            answered,
          }),
        );
      } else {
        expect([0, 8], stderr.slice(-1000)).toContain(code);
        isDone = true;
      }
      console.log(
        JSON.stringify({
          seconds: Math.round(seconds()),
          kills,
          storms,
          share: round(achieved / allowed),
          rssMbMax: Math.max(...rssMb),
          journalMb,
        }),
      );
    }
    const { delivered, settled, inDoubt } = outcome(journalPath);
    const held = await numbersHeld(sandbox.url, settled, inDoubt);
    const report = {
      rows: ROWS,
      settled: delivered,
      seconds: Math.round(seconds()),
      kills,
      storms,
      rowsPerSecond: Math.round(delivered / seconds()),
      shareOfAllowed: round(achieved / allowed),
      startMsMedian: startsMs.toSorted((a, b) => a - b)[startsMs.length >> 1],
      rssMbMax: Math.max(...rssMb),
      journalMb,
      ...held,
    };
    console.log(JSON.stringify(report));
    expect(countRows(settled)).toBe(delivered);
    expect(held).toEqual({ lost: 0, doubled: 0, unaccounted: 0 });
    // Flat: what a process takes does not depend on how far the file is.
    expect(Math.max(...rssMb.slice(-rssMb.length / 3))).toBeLessThan(
      1.3 * Math.max(...rssMb.slice(0, rssMb.length / 3)),
    );
    expect(report.rssMbMax).toBeLessThan(200);
    expect(report.shareOfAllowed).toBeGreaterThanOrEqual(SHARE_MIN);
    expect(journalMb).toBeLessThan(70); // the log of a journal may grow to 64 MB before it is cut
  } finally {
    await sandbox.stop();
  }
});

/** Some seconds after the process has sent something; on a busy machine the start alone may take that long. */
async function killLater(cli: RunningCli, sandbox: Sandbox, lifeMs: number, signal: AbortSignal): Promise<void> {
  const pause = (ms: number): Promise<unknown> => sleep(ms, undefined, { signal }).catch(() => undefined);
  while (!signal.aborted && (await trafficOf(sandbox)).operations_received === 0) await pause(50);
  await pause(lifeMs);
  if (!signal.aborted) cli.child.kill('SIGKILL');
}

/** Not its state: that counts all it holds, and lets requests wait meanwhile. */
async function trafficOf({ url }: Sandbox): Promise<SandboxState> {
  return (await (await fetch(`${url}/_sandbox/traffic`)).json()) as SandboxState;
}

/** Every row is an event with a number of its own, of a hundred thousand persons. */
async function writeEvents(path: string, rows: number): Promise<void> {
  const file = createWriteStream(path);
  file.write('id,event,timestamp,n\n');
  for (let at = 1; at <= rows; at += 10_000) {
    const lines = Array.from(
      { length: Math.min(10_000, rows - at + 1) },
      (_, i) => `u${((at + i) * 7919) % 100_003},thing_done,${1_600_000_000 + at + i},${at + i}\n`,
    );
    if (!file.write(lines.join(''))) await once(file, 'drain');
  }
  file.end();
  await once(file, 'close');
}

/** What the journal says: rows delivered, which rows are settled, and which may have arrived without anybody knowing. */
function outcome(path: string): { delivered: number; settled: RowRanges; inDoubt: RowRanges } {
  const journal = new Database(path, { readonly: true });
  try {
    expect(journal.pragma('integrity_check', { simple: true })).toBe('ok');
    expect(journal.prepare('SELECT count(*) FROM undelivered').pluck().get()).toBe(0);
    const ranges = (state: string): RowRanges =>
      journal
        .prepare<[string], string>('SELECT rows FROM beyond WHERE state = ?')
        .pluck()
        .all(state)
        .flatMap((text) => [...decodeRanges(text)]);
    const { row, delivered } = journal
      .prepare<[], { row: number; delivered: number }>('SELECT row, delivered FROM runs')
      .get() ?? { row: 0, delivered: 0 };
    return {
      delivered,
      settled: mergeRanges([[1, row], ...ranges('settled')]),
      inDoubt: mergeRanges(ranges('intent')),
    };
  } finally {
    journal.close();
  }
}

/** Settled rows that the service does not hold, rows it holds twice, and rows it holds that nobody meant to have sent. */
async function numbersHeld(
  url: string,
  settled: RowRanges,
  inDoubt: RowRanges,
): Promise<{ lost: number; doubled: number; unaccounted: number }> {
  const seen = new Uint8Array(ROWS + 1);
  let doubled = 0;
  for (let after = 0; ;) {
    const text = await (await fetch(`${url}/_sandbox/events?after=${after}&limit=50000`)).text();
    let last = 0;
    for (const [, seq, n] of text.matchAll(/^\{"seq":(\d+).*"n":(\d+)/gm)) {
      last = Number(seq);
      if (seen[Number(n)]) doubled++;
      seen[Number(n)] = 1;
    }
    if (last === 0) break;
    after = last;
  }
  const isSettled = createRowLookup(settled);
  const isInDoubt = createRowLookup(inDoubt);
  let [lost, unaccounted] = [0, 0];
  for (let n = 1; n <= ROWS; n++) {
    if (isSettled(n) && !seen[n]) lost++;
    if (!isSettled(n) && seen[n] && !isInDoubt(n)) unaccounted++;
  }
  return { lost, doubled, unaccounted };
}

/** Resident memory of a process, several times a second, until the signal. */
async function sample(pid: number, signal: AbortSignal, onRss: (rssMb: number) => void): Promise<void> {
  while (!signal.aborted && existsSync(`/proc/${pid}/status`)) {
    const [, kb] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    if (kb !== undefined) onRss(Math.round(Number(kb) / 1024));
    await sleep(250, undefined, { signal }).catch(() => undefined);
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

function round(share: number): number {
  return Math.round(share * 1000) / 1000;
}

function sizeMb(path: string): number {
  return existsSync(path) ? Math.round(statSync(path).size / 100_000) / 10 : 0;
}
