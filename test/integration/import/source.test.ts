/** A run knows its source: what it has read of it, how far, and which bytes stand behind every row that it has settled. */
import {
  appendFileSync,
  closeSync,
  linkSync,
  openSync,
  readFileSync,
  renameSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { OPEN, runCli, startCli } from '../../support/cli.ts';
import { hostileServer, take } from '../../support/hostile-server.ts';
import { tempFolder } from '../../support/temp.ts';
import { until } from '../../support/until.ts';
import { openWorkspace, type Workspace } from '../../support/workspace.ts';

const OLD = 1_600_000_000;
const row = (i: number): string => `u${i},order,${OLD + i},${i}\n`;
const line = (i: number): string =>
  `${JSON.stringify({ user_id: `u${i}`, event: 'login', timestamp: OLD + i, n: i })}\n`;
const HEADER = 'id,event,timestamp,n\n';
const events = (from: number, to: number): string =>
  Array.from({ length: to - from }, (_, i) => row(from + i)).join('');
const SLOW = ['--batch-rows', '5', '--rate', '20', '--concurrency', '2', '--json'];
const FAST = ['--batch-rows', '500', '--rate', '0', '--json'];
/** A file that nobody has written to for a while. */
const settled = (path: string): void =>
  utimesSync(path, new Date(Date.now() - 600_000), new Date(Date.now() - 600_000));

const numbers = async (workspace: Workspace): Promise<number[]> =>
  (await workspace.events()).map(({ data }) => Number(data['n'])).sort((a, b) => a - b);
const upTo = (to: number): number[] => Array.from({ length: to }, (_, i) => i);

describe('a file that changes between two processes', () => {
  it.concurrent(
    'with another header is refused, also when nothing is settled: no column takes the place of another',
    async (test) => {
      const seen: string[] = [];
      const silent = await hostileServer(test, ({ operations }) => void seen.push(JSON.stringify(operations))); // never answers
      const cwd = tempFolder(test);
      writeFileSync(join(cwd, 'people.csv'), 'id,name,city\n1,Ann,Wien\n2,Bob,Graz\n');
      const first = startCli(test, ['import', 'people.csv', '--json'], { cwd, trackUrl: silent.url });
      await until(() => seen.some((body) => body.includes('Ann')), 'the batch');
      first.child.kill('SIGKILL');
      await first.ended;
      writeFileSync(join(cwd, 'people.csv'), 'id,city,name\n1,Wien,Ann\n2,Graz,Bob\n');
      const again = await runCli(test, ['import', 'people.csv', '--json', '--no-preflight'], {
        cwd,
        trackUrl: silent.url,
      });
      expect([again.code, again.json.at(-1)]).toEqual([
        7,
        expect.objectContaining({ type: 'error', code: 'input_changed' }),
      ]);
      expect(again.stderr).toContain('--restart');
      expect(seen.filter((body) => body.includes('"name":"Wien"'))).toEqual([]);
    },
  );

  it.concurrent('before anything was sent is planned anew', async (test) => {
    const workspace = await openWorkspace(test);
    writeFileSync(join(workspace.folder, 'people.csv'), 'id,name,city\n1,Ann,Wien\n');
    await workspace.run(['import', 'people.csv', '--json'], dyingAt('run created:1'));
    writeFileSync(join(workspace.folder, 'people.csv'), 'id,city,name\n1,Wien,Ann\n');
    const again = await workspace.run(['import', 'people.csv', '--json']);
    expect([again.code, again.summary?.['delivered']], again.stderr).toEqual([0, 1]);
    expect(await workspace.attributes()).toMatchObject({ 1: { city: 'Wien', name: 'Ann' } });
  });

  it.concurrent(
    'behind the checkpoint, where rows are known by number, is refused; restored, it goes on',
    async (test) => {
      // The first row is never answered, so that the checkpoint stays before it while later rows are settled.
      let isStuck = true;
      const got: string[] = [];
      const server = await hostileServer(test, (request, to) => {
        const body = JSON.stringify(request.operations);
        if (isStuck && body.includes('"u0"')) return;
        got.push(...[...body.matchAll(/"n":(\d+)/g)].map(([, n = '']) => n));
        take(request, to);
      });
      const cwd = tempFolder(test);
      const path = join(cwd, 'events.csv');
      const text = HEADER + events(0, 200);
      writeFileSync(path, text);
      const args = ['import', 'events.csv', '--batch-rows', '10', '--rate', '0', '--json'];
      const first = startCli(test, args, { cwd, trackUrl: server.url });
      await until(() => got.length >= 190, 'all rows but the first batch', first.stderr);
      await new Promise((resolve) => setTimeout(resolve, 300)); // their settlements are committed
      first.child.kill('SIGKILL');
      await first.ended;
      isStuck = false;
      writeFileSync(path, text.replace(row(150), '') + row(900)); // rows 151 and up have other numbers now
      const changed = await runCli(test, args, { cwd, trackUrl: server.url });
      expect([changed.code, changed.json.at(-1)]).toEqual([7, expect.objectContaining({ code: 'input_changed' })]);
      writeFileSync(path, text + events(200, 205));
      const restored = await runCli(test, args, { cwd, trackUrl: server.url });
      expect([restored.code, restored.summary], restored.stderr).toEqual([
        0,
        expect.objectContaining({ rows_read: 205, delivered: 205 }),
      ]);
      expect([...new Set(got.map(Number))].sort((a, b) => a - b)).toEqual(upTo(205));
    },
  );
});

describe('a file that changes while it is read', () => {
  const BIG = 60_000;
  const big = HEADER + events(0, BIG);

  it.concurrent.for([
    ['becomes shorter', (path: string) => truncateSync(path, Math.floor(big.length * 0.6) + 7)],
    [
      'is overwritten by another of the same length',
      (path: string) => writeOver(path, big.replaceAll(',order,', ',other,')),
    ],
    ['is overwritten by a shorter one', (path: string) => writeFileSync(path, HEADER + events(90_000, 90_100))],
  ] as const)('and %s is not finished: exit 7, and no row is half sent', async ([, change], test) => {
    const bodies: string[] = [];
    const server = await hostileServer(test, (request, to) => {
      bodies.push(JSON.stringify(request.operations));
      setTimeout(() => take(request, to), 30);
    });
    const cwd = tempFolder(test);
    const path = join(cwd, 'events.csv');
    writeFileSync(path, big);
    const run = startCli(
      test,
      ['import', 'events.csv', '--batch-rows', '1000', '--rate', '20', '--concurrency', '1', '--json'],
      { cwd, trackUrl: server.url },
    );
    await until(() => bodies.length >= 3, 'the first batches', run.stderr);
    change(path);
    const { code, json } = await run.ended;
    expect([code, json.at(-1)]).toEqual([7, expect.objectContaining({ code: 'input_changed' })]);
    const whole = new Set(
      [...big.replaceAll(',order,', ',').matchAll(/^(u\d+),(\d+),(\d+)$/gm)].map(
        ([, id, time, n]) => `${id} ${time} ${n}`,
      ),
    );
    for (const body of bodies)
      for (const [, id, time, n] of body.matchAll(
        /"identifiers":\{"id":"(u\d+)"\}.*?"timestamp":(\d+),"attributes":\{"n":(\d+)\}/g,
      ))
        expect(whole.has(`${id} ${time} ${n}`)).toBe(true);
  });

  it.concurrent(
    'and is replaced by another of the same name is read to its end; the next command finds the other',
    async (test) => {
      const workspace = await openWorkspace(test, { latency: 30 });
      const path = join(workspace.folder, 'events.csv');
      writeFileSync(path, HEADER + events(0, 20_000));
      const run = workspace.start(['import', 'events.csv', '--batch-rows', '1000', '--rate', '40', '--json']);
      await until(async () => (await workspace.sandbox.state()).events >= 2000, 'some events', run.stderr);
      writeFileSync(`${path}.new`, HEADER + events(50_000, 50_010));
      renameSync(`${path}.new`, path);
      expect((await run.ended).summary).toMatchObject({ delivered: 20_000, exit_code: 0 });
      const next = await workspace.run(['import', 'events.csv', ...FAST]);
      expect(next.summary).toMatchObject({ run: 2, delivered: 10 });
    },
  );

  it.concurrent('and only grows is read as far as it goes, and goes on later', async (test) => {
    const workspace = await openWorkspace(test, { latency: 30 });
    const path = join(workspace.folder, 'events.csv');
    writeFileSync(path, HEADER + events(0, 10_000));
    const run = workspace.start(['import', 'events.csv', '--batch-rows', '1000', '--rate', '20', '--json']);
    await until(async () => (await workspace.sandbox.state()).events >= 1000, 'some events', run.stderr);
    appendFileSync(path, events(10_000, 10_500));
    expect((await run.ended).code).toBe(0);
    appendFileSync(path, events(10_500, 11_000));
    expect((await workspace.run(['import', 'events.csv', ...FAST])).summary).toMatchObject({
      run: 1,
      rows_read: 11_000,
      delivered: 11_000,
    });
    expect(await numbers(workspace)).toEqual(upTo(11_000));
  });
});

describe('a file that is cut off', () => {
  it.concurrent.for([
    ['gzip', 'events.csv.gz', gzipSync(HEADER + events(0, 20_000))],
    [
      'brotli',
      'events.csv.br',
      brotliCompressSync(HEADER + events(0, 20_000), { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } }),
    ],
  ] as const)(
    'in its %s data sends the rows before the cut, once; restored, the same command sends the rest',
    async ([, name, whole], test) => {
      const workspace = await openWorkspace(test);
      const path = join(workspace.folder, name);
      writeFileSync(path, whole.subarray(0, Math.floor(whole.length / 2)));
      const cut = await workspace.run(['import', name, ...FAST]);
      expect([cut.code, cut.json.at(-1)]).toEqual([2, expect.objectContaining({ code: 'input_undecodable' })]);
      const sent = (await numbers(workspace)).length;
      expect(sent).toBeGreaterThan(1000);
      expect(cut.summary).toMatchObject({ rows_read: sent, delivered: sent, pending: 0 });
      const again = await workspace.run(['import', name, ...FAST]);
      expect([again.code, again.summary?.['delivered']]).toEqual([2, sent]);
      writeFileSync(path, whole);
      const restored = await workspace.run(['import', name, ...FAST]);
      expect([restored.code, restored.summary?.['delivered']], restored.stderr).toEqual([0, 20_000]);
      expect(await numbers(workspace)).toEqual(upTo(20_000));
      expect((await workspace.sandbox.state()).duplicate_events_ignored).toBe(0);
    },
  );

  it.concurrent(
    'while it is read stops the same command until it is whole again: no rest of it is taken for the end',
    async (test) => {
      const workspace = await openWorkspace(test, { latency: 100 });
      const path = join(workspace.folder, 'events.csv');
      const text = HEADER + events(0, 60_000);
      writeFileSync(path, text);
      const running = workspace.start(['import', 'events.csv', ...FAST]);
      await until(async () => (await workspace.writes()) > 2, 'the first batches');
      truncateSync(path, text.indexOf('\n', text.length - 200_000) + 1);
      settled(path);
      expect((await running.ended).code).toBe(7);
      const cut = await workspace.run(['import', 'events.csv', ...FAST]);
      expect([cut.code, cut.json.at(-1)], cut.stderr).toEqual([7, expect.objectContaining({ code: 'input_changed' })]);
      expect(cut.stderr).toContain('--restart');
      writeFileSync(path, text);
      expect((await workspace.run(['import', 'events.csv', ...FAST])).summary).toMatchObject({ delivered: 60_000 });
      expect(await numbers(workspace)).toEqual(upTo(60_000));
    },
  );

  it.concurrent('in a line that cannot be sent reads it again, under its number, once it is whole', async (test) => {
    const workspace = await openWorkspace(test);
    const path = join(workspace.folder, 'events.csv');
    writeFileSync(path, (HEADER + events(0, 3)).slice(0, -4)); // the last line lacks a cell
    settled(path);
    expect((await workspace.run(['import', 'events.csv', ...FAST])).summary).toMatchObject({
      rows_read: 3,
      delivered: 2,
      invalid: 1,
      exit_code: 6,
    });
    writeFileSync(path, HEADER + events(0, 4));
    settled(path);
    expect((await workspace.run(['import', 'events.csv', ...FAST])).summary).toMatchObject({
      rows_read: 4,
      delivered: 4,
      invalid: 0,
      exit_code: 0,
    });
    expect(await numbers(workspace)).toEqual(upTo(4));
  });

  it.concurrent('in a line that nobody can read yet leaves it for the next run, which sends it once', async (test) => {
    const workspace = await openWorkspace(test);
    const path = join(workspace.folder, 'events.ndjson');
    const half = line(2).slice(0, 20);
    writeFileSync(path, line(0) + line(1) + half);
    const first = await workspace.run(['import', 'events.ndjson', '--json']);
    expect([first.code, first.summary], first.stderr).toEqual([
      0,
      expect.objectContaining({ rows_read: 2, delivered: 2, invalid: 0 }),
    ]);
    expect(first.summary?.['warnings']).toEqual([
      expect.objectContaining({ code: 'held_back', column: null, count: 1 }),
    ]);
    appendFileSync(path, line(2).slice(20) + line(3));
    const second = await workspace.run(['import', 'events.ndjson', '--json']);
    expect([second.code, second.summary], second.stderr).toEqual([
      0,
      expect.objectContaining({ run: 1, rows_read: 4, delivered: 4 }),
    ]);
    expect((await workspace.events()).map(({ data }) => data['n'])).toEqual([0, 1, 2, 3]);
  });

  it.concurrent('long ago has an invalid last row; made whole, it is read again', async (test) => {
    const workspace = await openWorkspace(test);
    const path = join(workspace.folder, 'events.ndjson');
    writeFileSync(path, '{"user_id":"1","event":"a","timestamp":1600000000}\n{"user_id":"2","ev');
    settled(path);
    expect((await workspace.run(['import', 'events.ndjson', '--json'])).summary).toMatchObject({
      delivered: 1,
      invalid: 1,
      exit_code: 6,
    });
    appendFileSync(path, 'ent":"b","timestamp":1600000000}\n');
    expect((await workspace.run(['import', 'events.ndjson', '--json'])).summary).toMatchObject({
      run: 1,
      rows_read: 2,
      delivered: 2,
      invalid: 0,
      exit_code: 0,
    });
    expect((await workspace.events()).map(({ name }) => name)).toEqual(['a', 'b']);
  });

  it.concurrent(
    'in a CSV row is warned of; made longer, its last line is read again and the rest follows',
    async (test) => {
      const workspace = await openWorkspace(test);
      const path = join(workspace.folder, 'people.csv');
      writeFileSync(path, 'id,city\n1,Wien\n2,Salz');
      const first = await workspace.run(['import', 'people.csv', '--json']);
      expect([first.code, first.summary?.['delivered'], first.summary?.['warnings']]).toEqual([
        0,
        2,
        [expect.objectContaining({ code: 'unended_line', column: null, count: 1 })],
      ]);
      expect((await workspace.run(['import', 'people.csv', '--json'])).stderr).toContain('Nothing to send');
      appendFileSync(path, 'burg\n3,Graz\n');
      const second = await workspace.run(['import', 'people.csv', '--json']);
      expect([second.code, second.summary], second.stderr).toEqual([
        0,
        expect.objectContaining({ run: 1, rows_read: 4, delivered: 4 }),
      ]);
      expect(await workspace.attributes()).toMatchObject({
        1: { city: 'Wien' },
        2: { city: 'Salzburg' },
        3: { city: 'Graz' },
      });
      appendFileSync(path, '4,Linz\n');
      expect((await workspace.run(['import', 'people.csv', '--json'])).summary).toMatchObject({
        run: 1,
        rows_read: 5,
        delivered: 5,
      });
    },
  );

  it.concurrent.for(['delete', 'suppress'])(
    'in a CSV row removes nobody by %s: half an identifier may be somebody else’s',
    async (action, test) => {
      const workspace = await openWorkspace(test);
      writeFileSync(join(workspace.folder, 'gone.csv'), 'email\nann@example.com\nb@exam');
      const result = await workspace.run(['import', 'gone.csv', '--action', action, '--yes', '--json']);
      expect([result.code, result.summary]).toEqual([6, expect.objectContaining({ delivered: 1, invalid: 1 })]);
      expect(result.json.find(({ type }) => type === 'undelivered')).toMatchObject({ line: 3, code: 'cut_off' });
    },
  );

  it.concurrent('is given a moment when it has just been written, and then has its whole row', async (test) => {
    const workspace = await openWorkspace(test);
    const path = join(workspace.folder, 'people.csv');
    const file = openSync(path, 'w');
    writeSync(file, 'id,email\n1,ann@example.com\n2,b@exam');
    const run = workspace.start(['import', 'people.csv', '--json']);
    await until(() => run.stderr().includes('Sending to'), 'the start');
    writeSync(file, 'ple.com\n');
    closeSync(file);
    expect((await run.ended).summary).toMatchObject({ delivered: 2, warnings: [] });
    expect((await workspace.people()).map(({ email }) => email)).toEqual(['ann@example.com', 'b@example.com']);
  });
});

describe('--skip and --limit', () => {
  it.concurrent(
    'interrupted inside of what is skipped, the same command still sends what was asked for',
    async (test) => {
      const workspace = await openWorkspace(test);
      writeFileSync(join(workspace.folder, 'events.csv'), HEADER + events(0, 3000));
      const args = ['import', 'events.csv', '--skip', '2500', '--limit', '10', '--json'];
      await workspace.run(args, dyingAt('after checkpoint:1'));
      expect((await workspace.sandbox.state()).events).toBe(0);
      await workspace.run(args);
      expect(await numbers(workspace)).toEqual(upTo(2510).slice(2500));
    },
  );
});

describe('a stream', () => {
  it.concurrent('that is slow to start is waited for before it is compared with a finished run', async (test) => {
    const workspace = await openWorkspace(test);
    const pipe = ['import', '-', '--dataset', 'd', '--json'];
    expect((await workspace.run(pipe, { input: HEADER + events(0, 50) })).summary).toMatchObject({ delivered: 50 });
    const slow = workspace.start(pipe, { input: OPEN });
    slow.child.stdin?.write(HEADER + events(0, 10));
    await new Promise((resolve) => setTimeout(resolve, 1500));
    slow.child.stdin?.end(events(10, 55));
    expect((await slow.ended).summary).toMatchObject({ run: 1, rows_read: 55, delivered: 55 });
    expect(await numbers(workspace)).toEqual(upTo(55));
    const same = workspace.start(pipe, { input: OPEN });
    same.child.stdin?.write(HEADER + events(0, 10));
    await new Promise((resolve) => setTimeout(resolve, 1000));
    same.child.stdin?.end(events(10, 55));
    expect((await same.ended).stderr).toContain('Nothing to send');
    expect((await workspace.sandbox.state()).duplicate_events_ignored).toBe(0);
  });

  it.concurrent('is kept for each workspace of a journal by itself', async (test) => {
    const [one, other] = [await openWorkspace(test, { latency: 100 }), await openWorkspace(test)];
    const journal = ['--journal', join(one.folder, 'shared.db')];
    const text = HEADER + events(0, 400);
    const first = one.start(['import', '-', ...SLOW, ...journal], { input: text });
    await until(async () => (await one.sandbox.state()).events >= 20, 'some events', first.stderr);
    first.child.kill('SIGKILL');
    await first.ended;
    const env = { CUSTOMERIO_SITE_ID: 'another-site', CUSTOMERIO_TRACK_API_KEY: 'canary-key-8a52d1e6f3' };
    const elsewhere = await openWorkspace(test, { siteId: 'another-site' });
    const second = await runCli(test, ['import', '-', ...FAST, ...journal], {
      cwd: one.folder,
      trackUrl: elsewhere.sandbox.url,
      env,
      input: HEADER + events(1000, 1010),
    });
    expect([second.code, second.summary?.['delivered']], second.stderr).toEqual([0, 10]);
    const rest = await one.run(['import', '-', ...FAST, ...journal], { input: text });
    expect([rest.code, rest.summary], rest.stderr).toEqual([0, expect.objectContaining({ run: 1, delivered: 400 })]);
    expect(await numbers(one)).toEqual(upTo(400));
    expect((await other.sandbox.state()).events).toBe(0);
  });

  it.concurrent(
    'whose copy was left behind by a process that died when it had finished does not stand in the way of the next',
    async (test) => {
      const workspace = await openWorkspace(test);
      const killed = await workspace.run(['import', '-', ...FAST], {
        input: HEADER + events(0, 30),
        ...dyingAt('after finish:1'),
      });
      expect(killed.signal ?? killed.code).not.toBe(0);
      const next = await workspace.run(['import', '-', ...FAST], { input: HEADER + events(100, 130) });
      expect([next.code, next.summary?.['delivered']], next.stderr).toEqual([0, 30]);
      expect(await numbers(workspace)).toEqual([...upTo(30), ...upTo(130).slice(100)]);
    },
  );
});

describe('an output', () => {
  it.concurrent('never takes the place of what is read', async (test) => {
    const workspace = await openWorkspace(test);
    const { folder } = workspace;
    const people = 'id,plan\n1,pro\n,free\n';
    writeFileSync(join(folder, 'people.csv'), people);
    symlinkSync('people.csv', join(folder, 'link.csv'));
    linkSync(join(folder, 'people.csv'), join(folder, 'twin.csv'));
    expect((await workspace.run(['import', 'people.csv'])).code).toBe(6);
    for (const args of [
      ['failures', '-o', 'people.csv'],
      ['failures', '-o', 'link.csv'],
      ['failures', '-o', 'twin.csv'],
      ['failures', '-o', '.cio-bulk/journal.db'],
      ['validate', 'people.csv', '--write-map', './link.csv'],
      ['import', 'people.csv', '--journal', 'link.csv'],
    ]) {
      const result = await workspace.run(args);
      expect([args, result.code, /would overwrite/.test(result.stderr)]).toEqual([args, 2, true]);
    }
    expect(readFileSync(join(folder, 'people.csv'), 'utf8')).toBe(people);
    expect((await workspace.run(['status', '--json'])).json).toHaveLength(1);
  });

  it.concurrent('of nothing leaves a file that is there as it is', async (test) => {
    const workspace = await openWorkspace(test);
    writeFileSync(join(workspace.folder, 'people.csv'), 'id\n1\n');
    writeFileSync(join(workspace.folder, 'undelivered.csv'), 'corrected by hand\n');
    expect((await workspace.run(['import', 'people.csv'])).code).toBe(0);
    expect((await workspace.run(['failures', '-o', 'undelivered.csv'])).code).toBe(0);
    expect(readFileSync(join(workspace.folder, 'undelivered.csv'), 'utf8')).toBe('corrected by hand\n');
  });
});

describe('several files', () => {
  it.concurrent('are sent in their order: what is left of one is not overtaken by the next', async (test) => {
    const workspace = await openWorkspace(test);
    writeFileSync(join(workspace.folder, 'a.csv'), 'id,plan\n1,old\n2,old\n3,old\n');
    writeFileSync(join(workspace.folder, 'b.csv'), 'id,plan\n3,new\n');
    const stopped = await workspace.run(['import', 'a.csv', 'b.csv', '--limit', '2', '--json']);
    expect([stopped.code, (await workspace.people()).length]).toEqual([8, 2]);
    expect(stopped.stderr).toContain('Not sent: b.csv');
    expect(stopped.lastLine).toBe('cio-bulk import a.csv b.csv --limit 2 --json');
    const all = await workspace.run(['import', 'a.csv', 'b.csv', '--json']);
    expect(all.code, all.stderr).toBe(0);
    expect(await workspace.attributes()).toMatchObject({ 1: { plan: 'old' }, 2: { plan: 'old' }, 3: { plan: 'new' } });
  });

  it.concurrent('of which one cannot be used are sent all the same', async (test) => {
    const workspace = await openWorkspace(test);
    writeFileSync(join(workspace.folder, 'bad.csv'), Buffer.from([0, 1, 2, 3, 255, 254, 0, 0, 7]));
    writeFileSync(join(workspace.folder, 'good.csv'), 'id,plan\n1,pro\n');
    for (const files of [
      ['bad.csv', 'good.csv'],
      ['good.csv', 'bad.csv'],
    ]) {
      const result = await workspace.run(['import', ...files, '--json']);
      expect(result.code).toBe(2);
      expect(result.json.filter(({ type }) => type === 'error')).toEqual([expect.objectContaining({ exit_code: 2 })]);
      expect((await workspace.people()).map(({ id }) => id)).toEqual(['1']);
    }
  });
});

/** Options of a process that is killed at a named place. */
function dyingAt(point: string) {
  return {
    env: { CIO_BULK_TEST_CRASH: point },
    nodeArgs: ['--import', new URL('../../support/crash/crash-hook.mjs', import.meta.url).pathname],
  };
}

function writeOver(path: string, text: string): void {
  const file = openSync(path, 'r+');
  writeSync(file, text);
  closeSync(file);
}
