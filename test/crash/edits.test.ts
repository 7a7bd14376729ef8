/**
 * A file is edited between and during runs that are killed, over and over. Whatever was done, each command either refuses with 7, or what
 * the service holds in the end is what the file says: no row of it is missing, none counts twice, and no half of a row was ever sent.
 */
import { closeSync, ftruncateSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { startCli } from '../support/cli.ts';
import { sandboxFor } from '../support/sandbox.ts';
import { tempFolder } from '../support/temp.ts';
import { createRandom } from '../support/random.ts';

const HEADER = 'id,event,timestamp,n\n';
const row = (n: number): string => `u${n % 40},order,${1_600_000_000 + n},${n}\n`;

it.for([1, 2, 3])(
  'edits between killed runs lose, double and mix nothing (round %i)',
  { timeout: 120_000 },
  async (round, test) => {
    const seed = round * 7919;
    const random = createRandom(seed);
    const below = (limit: number): number => Math.floor(random() * limit);
    const sandbox = await sandboxFor(test, { latency: '5-30', faults: '500=3%,reset-after=2%', seed: round });
    const cwd = tempFolder(test);
    const path = join(cwd, 'events.csv');
    let rows = Array.from({ length: 400 }, (_, n) => n);
    let next = 10_000;
    const everWritten = new Set(rows);
    const write = (): void => writeFileSync(path, HEADER + rows.map(row).join(''));
    const append = (count: number): void => {
      const more = Array.from({ length: count }, () => next++);
      for (const n of more) everWritten.add(n);
      rows.push(...more);
      writeFileSync(path, more.map(row).join(''), { flag: 'a' });
    };
    const EDITS: readonly (() => void)[] = [
      () => append(20 + below(60)),
      () => append(1),
      () => {
        const at = below(rows.length);
        everWritten.add(next);
        rows[at] = next++; // in place, of another length or not
        write();
      },
      () => {
        rows = rows.filter((_, at) => at !== below(rows.length));
        write();
      },
      () => {
        const file = openSync(path, 'r+'); // shorter, in the middle of a row
        ftruncateSync(file, HEADER.length + below(readFileSync(path).length - HEADER.length));
        closeSync(file);
        setTimeout(write, below(40)); // and whole again
      },
      () => {
        const file = openSync(path, 'a'); // a row that comes in two pieces
        const text = row(next);
        everWritten.add(next);
        rows.push(next++);
        writeSync(file, text.slice(0, 5));
        setTimeout(() => {
          writeSync(file, text.slice(5));
          closeSync(file);
        }, below(60));
      },
      () => undefined,
    ];
    write();
    let refusals = 0;
    for (let life = 0; life < 14; life++) {
      const args = [
        'import',
        'events.csv',
        '--batch-rows',
        String(3 + below(30)),
        '--rate',
        '0',
        '--concurrency',
        '3',
        '--json',
        ...(refusals > 0 ? ['--restart'] : []),
      ];
      refusals = 0;
      const run = startCli(test, args, { cwd, trackUrl: sandbox.trackUrl });
      const killer = setTimeout(() => run.child.kill('SIGKILL'), 250 + below(700));
      if (below(2) === 0) setTimeout(() => EDITS[below(EDITS.length)]?.(), 200 + below(400));
      const { code } = await run.ended;
      clearTimeout(killer);
      expect([0, 6, 7, null]).toContain(code);
      if (code === 7) refusals++;
      await new Promise((resolve) => setTimeout(resolve, 70)); // an edit in two pieces is over
      if (below(2) === 0) EDITS[below(EDITS.length)]?.();
      await new Promise((resolve) => setTimeout(resolve, 70));
    }
    for (let tries = 0; ; tries++) {
      const last = startCli(
        test,
        ['import', 'events.csv', '--rate', '0', '--json', ...(tries > 0 ? ['--restart'] : [])],
        { cwd, trackUrl: sandbox.trackUrl },
      );
      const { code, stderr } = await last.ended;
      if (code === 7 && tries === 0) continue;
      expect(code, stderr).toBe(0);
      break;
    }
    const text = await (await fetch(`${sandbox.url}/_sandbox/events?after=0&limit=5000`)).text();
    const sent = text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { timestamp: number; data: { n: number } });
    const counts = new Map<number, number>();
    for (const { timestamp, data } of sent) {
      expect(everWritten.has(data.n), `a row that never stood in the file: ${data.n}`).toBe(true);
      expect(timestamp).toBe(1_600_000_000 + data.n);
      counts.set(data.n, (counts.get(data.n) ?? 0) + 1);
    }
    expect(rows.filter((n) => !counts.has(n))).toEqual([]);
    expect([...counts].filter(([, count]) => count > 1)).toEqual([]);
  },
);
