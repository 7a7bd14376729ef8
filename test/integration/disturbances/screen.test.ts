/** What people see while a run is going on, on a real terminal. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startCli, OPEN, runCli } from '../../support/cli.ts';
import { sandboxFor } from '../../support/sandbox.ts';
import { screenOf } from '../../support/screen.ts';
import { eventsCsv, peopleCsv, tempFolder } from '../../support/temp.ts';
import { hasTerminals, onTerminal } from '../../support/terminal.ts';
import { until } from '../../support/until.ts';
import { answer, hostileServer } from '../../support/hostile-server.ts';

/** Every tenth row has no identifier. */
function mixedCsv(folder: string, name: string): string {
  writeFileSync(
    join(folder, name),
    `id,email,plan\n${Array.from({ length: 600 }, (_, i) => (i % 100 === 99 ? ',,free' : `u${i},u${i}@example.com,free`)).join('\n')}\n`,
  );
  return name;
}

describe.skipIf(!hasTerminals)('on a terminal', () => {
  it.concurrent.for([
    [90, 'people.csv'],
    [30, 'people.csv'],
    [60, '顧客リスト-👩‍👩‍👧.csv'],
  ] as const)(
    'of %d columns messages about %s stand on lines of their own, and the summary below a cleared bar',
    async ([columns, name], test) => {
      const sandbox = await sandboxFor(test);
      const cwd = tempFolder(test);
      const terminal = onTerminal(test, ['import', mixedCsv(cwd, name), '--batch-rows', '10', '--rate', '40'], {
        cwd,
        trackUrl: sandbox.trackUrl,
        columns,
      });
      expect(await terminal.ended).toBe(6);
      const lines = screenOf(terminal.shown().replaceAll('\r\n', '\n')).map((line) => line.trimEnd());
      expect(lines.filter((line) => line.includes('has no identifier'))).toHaveLength(5);
      for (const line of lines.filter((one) => one.includes('has no identifier')))
        expect(line).toMatch(/^.*\.csv:\d+:1: invalid: the row has no identifier: every identifier cell is empty$/u);
      expect(lines.slice(-7, -1)).toEqual([
        expect.stringMatching(/^Run 1: .*\.csv$/u),
        '  rows read 600',
        '  delivered 594  accepted by the API',
        '  invalid     6  can never be sent as they are',
        expect.stringMatching(/^ {2}60 requests, .* rows\/s\)$/),
        'cio-bulk failures --run 1',
      ]);
      const bars = terminal
        .shown()
        .split('\r')
        .filter((part) => part.startsWith('\u001b[K') && / %/.test(part));
      expect(bars.length).toBeGreaterThan(2);
      for (const bar of bars) expect(widthOf(bar.slice(3))).toBeLessThan(columns);
    },
  );

  it.concurrent('that is dumb there are plain lines and no controls', async (test) => {
    const sandbox = await sandboxFor(test);
    const cwd = tempFolder(test);
    const terminal = onTerminal(test, ['import', peopleCsv(cwd, 20)], {
      cwd,
      trackUrl: sandbox.trackUrl,
      env: { TERM: 'dumb' },
    });
    expect(await terminal.ended).toBe(0);
    expect(terminal.shown()).not.toContain('\u001b');
  });

  it.concurrent('Ctrl-C says what it waits for, and that a second one ends at once', async (test) => {
    const sandbox = await sandboxFor(test, { latency: 4_000 });
    const cwd = tempFolder(test);
    const terminal = onTerminal(test, ['import', peopleCsv(cwd, 20), '--no-preflight', '--timeout', '9s'], {
      cwd,
      trackUrl: sandbox.trackUrl,
    });
    await until(() => terminal.shown().includes('waiting'), 'the bar to say what is waited for', terminal.shown);
    terminal.type('\u0003');
    await until(
      () =>
        terminal
          .shown()
          .includes(
            'Stopping: waiting for the answers to the requests in flight, 9.0 s at most. A second Ctrl-C ends at once',
          ),
      'what it waits for',
      terminal.shown,
    );
    const from = performance.now();
    terminal.type('\u0003');
    expect(await terminal.ended).toBe(130);
    expect(performance.now() - from).toBeLessThan(3_000);
  });
});

/** Columns, by a table of its own: the emoji above is one character of two columns, as every Japanese one is. */
function widthOf(text: string): number {
  return Array.from(text.trimEnd().replaceAll('👩‍👩‍👧', 'xx')).reduce(
    (sum, character) => sum + (/[\u3000-\u9fff]/.test(character) ? 2 : 1),
    0,
  );
}

const percents = (text: string): number[] =>
  [...text.matchAll(/"percent":(\d+)/g)].map(([, percent]) => Number(percent));

describe('progress', () => {
  it.concurrent(
    'without a terminal says what is waited for while the API fails, for how long, and until when',
    async (test) => {
      const server = await hostileServer(test, ({ socket }) => void socket.write(answer(503)), {
        onRegion: ({ socket }) => void socket.write(answer(503)),
      });
      const cwd = tempFolder(test);
      const file = peopleCsv(cwd, 20);
      const people = startCli(test, ['import', file, '--no-preflight', '--max-attempts', '2'], {
        cwd,
        trackUrl: server.url,
      });
      await people.says(/people\.csv 0 % · waiting \d.*: the API answers 503, next try in \d/);
      const program = startCli(
        test,
        ['import', file, '--no-preflight', '--max-attempts', '2', '--json', '--journal', 'other/journal.db'],
        { cwd, trackUrl: server.url },
      );
      const outage = (): unknown =>
        program
          .stdout()
          .split('\n')
          .filter((line) => line.includes('"state":"outage"'))[0];
      await until(() => outage() !== undefined, 'an object about the outage', program.stdout);
      const { waiting } = JSON.parse(String(outage())) as { waiting: Record<string, unknown> };
      expect(waiting).toEqual({
        state: 'outage',
        reason: 'the API answers 503',
        waited_ms: expect.any(Number),
        left_ms: expect.any(Number),
      });
      expect(waiting['waited_ms']).toBeGreaterThan(1_000);
      expect(waiting['left_ms']).toBeLessThanOrEqual(5_000);
    },
  );

  it.concurrent.for([
    ['asks for a pause', 'throttled', 'the API asks for a pause (429)', answer(429, '', { 'retry-after': '30' })],
  ] as const)('says so when the API %s', async ([, state, reason, reply], test) => {
    const server = await hostileServer(test, ({ socket }) => void socket.write(reply));
    const cwd = tempFolder(test);
    const { stdout } = startCli(test, ['import', peopleCsv(cwd, 20), '--no-preflight', '--json'], {
      cwd,
      trackUrl: server.url,
    });
    await until(() => stdout().includes(`"waiting":{"state":"${state}","reason":"${reason}"`), state, stdout);
  });

  it.concurrent('says that it waits for a pipe, before its first row and after', async (test) => {
    const sandbox = await sandboxFor(test);
    const { child, stdout } = startCli(test, ['import', '-', '--json'], {
      cwd: tempFolder(test),
      trackUrl: sandbox.trackUrl,
      input: OPEN,
    });
    const waits = (reason: string): Promise<void> =>
      until(() => stdout().includes(`"state":"input","reason":"${reason}"`), reason, stdout);
    await waits('data from stdin');
    child.stdin?.write('id\n1\n2\n');
    await waits('more data from stdin');
    child.stdin?.end();
  });

  it.concurrent(
    'counts settled rows of all rows, also while the first batch hangs and when it resumes',
    async (test) => {
      // The first is never answered: the checkpoint stays at 0.
      const server = await hostileServer(
        test,
        ({ socket, number }) => void (number === 0 || socket.write(answer(200, '{"errors":[]}'))),
      );
      const cwd = tempFolder(test);
      const file = eventsCsv(cwd, 6_000); // ten seconds of work: however late this test looks, some is left to both processes
      const args = [
        'import',
        file,
        '--no-preflight',
        '--batch-rows',
        '10',
        '--rate',
        '60',
        '--json',
        '--timeout',
        '20s',
      ];
      const first = startCli(test, args, { cwd, trackUrl: server.url });
      await until(() => (percents(first.stdout()).at(-1) ?? 0) >= 50, 'half of the rows', first.stdout);
      const points = first
        .stdout()
        .split('\n')
        .filter((line) => line.startsWith('{"type":"progress"'))
        .map((line) => JSON.parse(line) as Record<string, number>);
      for (const { percent, rows_settled: settled, rows_total: total } of points.filter(
        (point) => point['percent'] !== null,
      )) {
        expect(Math.abs(Number(percent) - Number(settled) / 60)).toBeLessThan(2); // an estimate of the rows is a few off
        expect(total).toBeGreaterThan(5_700);
        expect(total).toBeLessThan(6_300);
      }
      first.child.kill('SIGINT');
      first.child.kill('SIGINT');
      await first.ended;
      const second = await runCli(test, args, { cwd, trackUrl: server.url });
      expect(second.summary).toMatchObject({ delivered: 6_000, exit_code: 0 });
      expect(percents(second.stdout)[0]).toBeGreaterThanOrEqual(45);
    },
  );
});

it.concurrent('a host that does not answer the first question is told before it is given up', async (test) => {
  const server = await hostileServer(test, () => undefined, { onRegion: () => undefined });
  const program = startCli(test, ['import', peopleCsv(tempFolder(test), 2), '--max-attempts', '2', '--timeout', '9s'], {
    cwd: tempFolder(test),
    trackUrl: server.url,
  });
  await program.says(/Waiting for 127\.0\.0\.1:\d+ to answer: 2 attempts of 9\.0 s at most/);
});
