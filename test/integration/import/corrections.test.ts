/** Corrected rows: each has one life of its own, in its run and in the order of its person, whatever dies in between. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, type TestContext } from 'vitest';
import { runCli, type CliOptions, type CliResult } from '../../support/cli.ts';
import { tempFolder } from '../../support/temp.ts';
import { openService, type Service, type TakenOperation } from '../../support/service.ts';

const HOOK = fileURLToPath(new URL('../../support/crash/crash-hook.mjs', import.meta.url));
const OLD = 1_600_000_000;

interface Place {
  readonly service: Service;
  readonly folder: string;
  run(args: string, options?: Partial<CliOptions>): Promise<CliResult>;
  write(name: string, text: string): void;
  read(name: string): string;
  /** The failures file, edited, as `fixed.csv`. */
  correct(edit: (text: string) => string, ...args: readonly string[]): Promise<void>;
}

async function openPlace(test: TestContext): Promise<Place> {
  const service = await openService(test);
  const folder = tempFolder(test);
  const path = (name: string): string => join(folder, name);
  const place: Place = {
    service,
    folder,
    run: (args, options) =>
      runCli(test, [...args.split(' '), '--json'], { cwd: folder, trackUrl: service.url, ...options }),
    write: (name, text) => writeFileSync(path(name), text),
    read: (name) => readFileSync(path(name), 'utf8'),
    async correct(edit, ...args) {
      const written = await runCli(test, ['failures', '-o', 'bad.csv', ...args], { cwd: folder });
      expect(written.code, written.stderr).toBe(0);
      place.write('fixed.csv', edit(place.read('bad.csv')));
    },
  };
  return place;
}

const IMPORT = '--max-attempts 1 --allow-triggers';

function values(operations: readonly TakenOperation[]): unknown[] {
  return operations.map(({ attributes }) => attributes?.['v']);
}

it('the rows of a corrected file are rows of the run that it names, whichever came later', async (test) => {
  const place = await openPlace(test);
  const { service } = place;
  service.mood = ({ attributes }) => attributes?.['v'] === 'bad';
  place.write('first.csv', 'id,v\n1,good\n2,bad\n');
  place.write('second.csv', 'id,v\n3,good\n4,bad\n');
  await place.run('import first.csv');
  await place.correct((text) => text.replace('2,bad', '2,mended'), '--run', '1');
  await place.run('import second.csv');
  const contradiction = await place.run('retry-failed --from fixed.csv --run 2');
  expect(contradiction.code).toBe(2);
  expect(contradiction.stderr).toContain('rows of run 1, but --run says 2');
  expect((await place.run('retry-failed --from fixed.csv')).summary).toMatchObject({
    run: 1,
    delivered: 2,
    rejected: 0,
  });
  const { stdout } = await place.run('status');
  expect(stdout).toContain('"rejected":1'); // run 2 has kept its own
  expect(values(service.taken)).toEqual(['good', 'good', 'mended']);

  await place.correct((text) => `${text}${text.split('\n')[1]?.replace(/^2,/, '1,') ?? ''}\n`, '--run', '2');
  const mixed = await place.run('retry-failed --from fixed.csv');
  expect(mixed.code).toBe(2);
  expect(mixed.stderr).toContain('rows of run 2 and, on line 3, of run 1');
});

it('a file of another journal is recognised by the lines from which its rows come', async (test) => {
  const place = await openPlace(test);
  place.service.mood = () => true;
  place.write('people.csv', 'id,v\n\n1,bad\n');
  await place.run('import people.csv');
  await place.correct((text) => text);
  place.write('people.csv', 'id,v\n1,bad\n');
  await place.run('import people.csv --journal other.db');
  const result = await place.run('retry-failed --from fixed.csv --journal other.db');
  expect(result.code, result.stderr).toBe(2);
  expect(result.stderr).toContain(
    'row 1 comes from line 3 according to the file, but in run 1 of this journal it comes from line 2',
  );
});

it.for(['corrections stored', 'after intents', 'bytes left', 'after answer', 'before settling', 'in retry settling'])(
  'a retry of corrected rows that dies is finished by a plain one, which sends them as corrected: %s',
  async (point, test) => {
    const place = await openPlace(test);
    const { service } = place;
    service.mood = ({ attributes }) => attributes?.['v'] === 'bad';
    place.write('events.csv', `id,event,timestamp,v\n1,e,${OLD},bad\n2,e,${OLD},good\n3,e,${OLD},bad\n`);
    await place.run(`import events.csv ${IMPORT}`);
    await place.correct((text) => text.replaceAll('bad', 'mended').replaceAll('mended.csv', 'bad.csv'));
    service.mood = 'takes';
    const died = await place.run('retry-failed --from fixed.csv --no-preflight', {
      nodeArgs: ['--import', HOOK],
      env: { CIO_BULK_TEST_CRASH: `${point}:1` },
    });
    expect(died.signal, died.stderr).toBe('SIGKILL');
    const finished = await place.run('retry-failed');
    expect(finished.code, finished.stderr).toBe(0);
    expect(finished.summary).toMatchObject({ rows_read: 3, delivered: 3 });
    expect(values(service.taken)).toEqual(['good', 'mended', 'mended']);
    expect(values(service.received).filter((value) => value === 'bad')).toHaveLength(2); // of the import alone
  },
);

it('an event that may have arrived keeps its id when it is corrected, and counts once', async (test) => {
  const place = await openPlace(test);
  const { service } = place;
  service.mood = 'takes and fails';
  place.write('events.csv', `id,event,timestamp,v\n1,e,${OLD},"{""id"":""01ARZ3NDEKTSV4RRFFQ69G5FAV""}"\n`);
  await place.run(`import events.csv ${IMPORT} --types v:json`);
  expect(service.taken).toHaveLength(1);
  await place.correct((text) => text.replace('01ARZ3NDEKTSV4RRFFQ69G5FAV', 'other'));
  service.mood = 'takes';
  expect((await place.run('retry-failed --from fixed.csv')).summary).toMatchObject({ delivered: 1 });
  expect(service.received).toHaveLength(2);
  expect(service.received[1]?.attributes).toEqual({ v: { id: 'other' } });
  expect(service.received[1]?.id).toBe(service.received[0]?.id);
  expect(service.taken).toHaveLength(1);
});

it('an event that was refused gets the id of what it is now', async (test) => {
  const place = await openPlace(test);
  const { service } = place;
  service.mood = ({ attributes }) => attributes?.['v'] === 'bad';
  place.write('events.csv', `id,event,timestamp,v\n1,e,${OLD},bad\n`);
  await place.run(`import events.csv ${IMPORT}`);
  await place.correct((text) => text.replace(/bad$/m, 'mended'));
  await place.run('retry-failed --from fixed.csv');
  place.write('again.csv', `id,event,timestamp,v\n1,e,${OLD},mended\n`);
  await place.run(`import again.csv ${IMPORT}`);
  expect(values(service.received)).toEqual(['bad', 'mended', 'mended']);
  expect(values(service.taken)).toEqual(['mended']);
});

it('equal rows of one person are sent each in its place', async (test) => {
  const place = await openPlace(test);
  const { service } = place;
  service.mood = 'fails';
  place.write('people.csv', 'id,v\n1,a\n1,b\n1,c\n');
  await place.run(`import people.csv ${IMPORT}`);
  await place.correct((text) => text.replace('1,c', '1,a').replace(/^.*1,b\n/m, ''));
  service.mood = 'takes';
  const result = await place.run('retry-failed --from fixed.csv');
  expect(result.stderr).not.toContain('still cannot be sent');
  expect(result.summary).toMatchObject({ delivered: 3 });
  expect(values(service.taken)).toEqual(['a', 'b', 'a']);
});

it('with a part of the rows of a person go the others that wait, in order', async (test) => {
  const place = await openPlace(test);
  const { service } = place;
  service.mood = 'fails';
  place.write('people.csv', 'id,v\n1,one\nother,x\n1,two\n1,three\n');
  await place.run(`import people.csv ${IMPORT}`);
  await place.correct((text) =>
    text
      .split('\n')
      .filter((line) => /^cio_bulk|1,two/.test(line))
      .join('\n')
      .replace('1,two', '1,mended'),
  );
  service.mood = 'takes';
  const result = await place.run('retry-failed --from fixed.csv');
  expect(result.stderr).toContain('2 failed rows of the same persons are sent too');
  expect(values(service.taken)).toEqual(['one', 'mended', 'three']);
  expect(result.summary).toMatchObject({ delivered: 3, failed: 1 });
});

it('what was corrected once is what the next failures file holds', async (test) => {
  const place = await openPlace(test);
  place.service.mood = () => true;
  place.write('people.csv', 'id;v;w\n1;bad;"x;y"\n');
  await place.run(`import people.csv ${IMPORT}`);
  const original = '1;bad;"x;y"';
  await place.correct((text) => text.replace(original, '1;better;"x;y"'));
  await place.run('retry-failed --from fixed.csv');
  expect((await place.run('failures')).stdout).toMatch(/;1;better;"x;y"\n$/);
});

it('rows of a run that --restart gave up are not sent again', async (test) => {
  const place = await openPlace(test);
  const { service } = place;
  service.mood = 'fails';
  place.write('people.csv', 'id,v\n1,old\n2,x\n');
  await place.run(`import people.csv ${IMPORT} --limit 1`);
  place.write('people.csv', 'id,v\n1,new\n2,x\n');
  service.mood = 'takes';
  await place.run('import people.csv --restart');
  const plain = await place.run('retry-failed');
  expect(plain.stderr).toContain('Nothing to retry');
  const named = await place.run('retry-failed --run 1');
  expect(named.code).toBe(2);
  expect(named.stderr).toContain('run 1 was abandoned by --restart');
  expect(values(service.taken)).toEqual(['new', 'x']);
});

it('rows of a finished run that --restart sent anew are not sent again', async (test) => {
  const place = await openPlace(test);
  const { service } = place;
  service.mood = 'fails';
  place.write('people.csv', 'id,v\n1,old\n');
  expect((await place.run(`import people.csv ${IMPORT}`)).code).toBe(6);
  place.write('people.csv', 'id,v\n1,new\n');
  service.mood = 'takes';
  expect((await place.run('import people.csv --restart')).code).toBe(0);
  expect((await place.run('retry-failed')).stderr).toContain('Nothing to retry');
  expect(values(service.taken)).toEqual(['new']);
});

it('before refused rows of people go out late, it is said what that may overwrite', async (test) => {
  const place = await openPlace(test);
  const { service } = place;
  service.mood = ({ attributes }) => attributes?.['v'] === 'bad';
  place.write('people.csv', 'id,v\n1,bad\n1,newer\n');
  place.write('events.csv', `id,event,timestamp,v\n1,e,${OLD},bad\n`);
  await place.run('import people.csv');
  const people = await place.run('retry-failed --rejected');
  expect(people.stderr).toContain('1 row that held back no later row of the same person');
  await place.run(`import events.csv ${IMPORT}`);
  expect((await place.run('retry-failed --rejected')).stderr).not.toContain('held back no later row');
});

it('a row that still cannot be sent is told with its line and the reason, and mapped anew as the flags say', async (test) => {
  const place = await openPlace(test);
  const { service } = place;
  place.write('events.csv', `user_id,event,timestamp,v\n1,e,${OLD},a\n2,e,2024-05-01 10:00:00,b\n`);
  await place.run(`import events.csv ${IMPORT}`);
  await place.correct((text) => text);
  const still = await place.run('retry-failed --from fixed.csv');
  expect(still.code).toBe(6);
  expect(still.stderr).toMatch(/fixed\.csv:2.*: still cannot be sent: .*--timezone/);
  expect(still.json.find(({ type }) => type === 'undelivered')).toMatchObject({
    run: 1,
    row: 2,
    line: 2,
    code: 'bad_timestamp',
  });
  const zone = await place.run('retry-failed --from fixed.csv --timezone nowhere');
  expect(zone.code).toBe(2);
  expect((await place.run('retry-failed --run 1 --timezone UTC')).summary).toMatchObject({
    rows_read: 2,
    delivered: 2,
  });
  expect(values(service.taken)).toEqual(['a', 'b']);
});

it('an identifier that a spreadsheet has taken for a number is not sent, and a deliberate change is', async (test) => {
  const place = await openPlace(test);
  const { service } = place;
  service.mood = () => true;
  const ids = ['00123', '120000', '123456789012', '1234567890123456789', '+4930123', '7'];
  place.write('people.csv', `id,v,zip\n${ids.map((id) => `${id},bad,01067`).join('\n')}\n`);
  await place.run('import people.csv');
  const spreadsheet = ['123', '1.20E+05', '1.23457E+11', '1234567890123450000', '4930123', '8'];
  await place.correct((text) =>
    ids.reduce((all, id, i) => all.replace(`,${id},bad,01067`, `,${spreadsheet[i] ?? ''},mended,1067`), text),
  );
  service.mood = 'takes';
  const result = await place.run('retry-failed --from fixed.csv');
  expect(result.summary).toMatchObject({ delivered: 1, rejected: 5 });
  expect(service.taken.map(({ identifiers }) => identifiers['id'])).toEqual(['8']);
  expect(result.stderr).toContain(
    'fixed.csv:2: still cannot be sent: the id was changed the way spreadsheets change numbers',
  );
  expect(result.stderr).toContain('1 value of zip was changed the way spreadsheets change numbers');
});

it('NDJSON is corrected with the digits that it has, and twice', async (test) => {
  const place = await openPlace(test);
  const { service } = place;
  service.mood = () => true;
  place.write('people.ndjson', '{"id":"1","n":12345678901234567890,"v":"bad"}\n');
  await place.run(`import people.ndjson ${IMPORT}`);
  for (const [before, after] of [
    ['bad', 'better'],
    ['better', 'best'],
  ] as const) {
    await runFailures();
    place.write('fixed.ndjson', place.read('bad.ndjson').replace(`"v":"${before}"`, `"v":"${after}"`));
    await place.run('retry-failed --from fixed.ndjson');
  }
  expect(values(service.received)).toEqual(['bad', 'better', 'best']);
  await runFailures();
  expect(place.read('bad.ndjson')).toMatch(
    /^\{"cio_bulk_run":1,[^{]*"id":"1","n":12345678901234567890,"v":"best"\}\n$/,
  );
  expect(place.read('bad.ndjson').match(/cio_bulk_row/g)).toHaveLength(1);

  async function runFailures(): Promise<void> {
    const { stdout } = await place.run('failures --format ndjson');
    place.write('bad.ndjson', stdout);
  }
});

it('a failed row whose correction is refused is not sent as it was, and the later rows of its person wait for it', async (test) => {
  const place = await openPlace(test);
  const { service } = place;
  service.mood = { failsWith: ({ attributes }) => attributes?.['v'] === 'bad' };
  place.write('people.csv', 'id,v\n1,bad\n1,later\n2,bad\n');
  expect((await place.run(`import people.csv ${IMPORT}`)).summary).toMatchObject({ failed: 3 });
  await place.correct((text) => text.replace('1,bad', ',mended').replace('2,bad', '2,mended')); // who row 1 is about is gone
  service.mood = 'takes';
  const result = await place.run('retry-failed --from fixed.csv');
  expect(result.code, result.stderr).toBe(6);
  expect(result.stderr).toContain('1 row of a person whose earlier row still cannot be sent waits for its correction');
  expect(values(service.taken)).toEqual(['mended']);
  expect((await place.run('retry-failed')).summary).toMatchObject({ delivered: 3, failed: 0 });
  expect(values(service.taken)).toEqual(['mended', 'bad', 'later']);
});
