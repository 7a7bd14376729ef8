import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { beforeEach, describe, expect, it } from 'vitest';
import type { InputStream } from '../../../../src/domain/host.ts';
import { detectLayout } from '../../../../src/input/detect/layout.ts';
import { isStream, removeSpool, spoolStdin } from '../../../../src/input/bytes/spool.ts';
import { AUTO, blocksOf, createFolder } from '../../../support/reading.ts';
import { SUITE } from '../../../support/temp.ts';

const folder = createFolder(SUITE);
const spool = join(folder.path, 'stdin-1');
beforeEach(() => removeSpool(spool));

const stdin = (...pieces: string[]): InputStream =>
  Readable.from(
    pieces.map((piece) => Buffer.from(piece)),
    { objectMode: false },
  );
const terminal = (): InputStream => Object.assign(new PassThrough(), { isTTY: true });
const DATA = 'id,name\n1,Ann\n2,Bob\n';

describe('standard input', () => {
  it('is kept in a file only its owner can read, and marked when it is complete', async () => {
    const spooling = await spoolStdin(stdin('id,na', 'me\n1,Ann\n2,Bob\n'), spool);
    await spooling.done;
    expect(readFileSync(spool, 'utf8')).toBe(DATA);
    expect(existsSync(`${spool}.done`)).toBe(true);
    expect(statSync(spool).mode & 0o777).toBe(0o600);
    expect(spooling.received()).toBe(DATA.length);
  });

  it('is read while it is still coming in', async () => {
    const pipe: InputStream = new PassThrough();
    const spooling = await spoolStdin(pipe, spool);
    (pipe as PassThrough).write('id,name\n1,Ann\n');
    const layout = await detectLayout(spool, { ...AUTO, name: 'stdin', follow: true });
    const reading = blocksOf(layout, null, { follow: true });
    (pipe as PassThrough).end('2,Bob\n');
    await spooling.done;
    expect((await reading).flatMap((block) => block.rows)).toEqual([
      ['1', 'Ann'],
      ['2', 'Bob'],
    ]);
  });

  it('is read to its end although the mark of an earlier one, whose removal was cut short, says that it is complete', async () => {
    writeFileSync(`${spool}.done`, '');
    const pipe = new PassThrough();
    const spooling = await spoolStdin(pipe, spool);
    pipe.write('id,name\n1,Ann\n');
    const layout = await detectLayout(spool, { ...AUTO, name: 'stdin', follow: true });
    const reading = blocksOf(layout, null, { follow: true });
    await new Promise((resolve) => setTimeout(resolve, 200)); // long enough for a reader that believes the mark to have ended
    expect(existsSync(`${spool}.done`)).toBe(false);
    pipe.end('2,Bob\n');
    await spooling.done;
    expect((await reading).flatMap((block) => block.rows)).toEqual([
      ['1', 'Ann'],
      ['2', 'Bob'],
    ]);
    expect(existsSync(`${spool}.done`)).toBe(true);
  });

  it('of a terminal is not taken from a mark that has no spool', async () => {
    writeFileSync(`${spool}.done`, '');
    await expect(spoolStdin(terminal(), spool)).rejects.toMatchObject({
      code: 'input_missing',
      message: 'standard input is a terminal',
    });
  });

  it('that is empty has no rows', async () => {
    await (
      await spoolStdin(stdin(), spool)
    ).done;
    const layout = await detectLayout(spool, { ...AUTO, follow: true });
    expect((await blocksOf(layout, null, { follow: true })).flatMap((block) => block.rows)).toEqual([]);
  });

  it('that is a terminal is refused with what to do', async () => {
    await expect(spoolStdin(terminal(), spool)).rejects.toMatchObject({
      code: 'input_missing',
      message: 'standard input is a terminal',
    });
  });
});

describe('standard input of a resumed run', () => {
  it('need not be piped again when all of it was kept', async () => {
    await (
      await spoolStdin(stdin(DATA), spool)
    ).done;
    await (
      await spoolStdin(terminal(), spool)
    ).done;
    await (
      await spoolStdin(stdin(), spool)
    ).done;
    expect(readFileSync(spool, 'utf8')).toBe(DATA);
  });

  it('must be piped again when the run was interrupted while reading it', async () => {
    writeFileSync(spool, 'id,name\n1,A');
    await expect(spoolStdin(stdin(), spool)).rejects.toMatchObject({
      code: 'input_missing',
      message: expect.stringContaining('only the first 11 bytes'),
    });
    await (
      await spoolStdin(stdin('id,n', 'ame\n1,Ann\n', '2,Bob\n'), spool)
    ).done;
    expect(readFileSync(spool, 'utf8')).toBe(DATA);
    expect(existsSync(`${spool}.done`)).toBe(true);
  });

  it('is refused when it is other data, and what was kept stays as it was', async () => {
    writeFileSync(spool, 'id,name\n1,A');
    await expect((await spoolStdin(stdin('id,name\n1,Bea\n'), spool)).done).rejects.toMatchObject({
      code: 'input_changed',
    });
    await expect((await spoolStdin(stdin('id,name\n'), spool)).done).rejects.toMatchObject({ code: 'input_changed' });
    expect(readFileSync(spool, 'utf8')).toBe('id,name\n1,A');
    expect(existsSync(`${spool}.done`)).toBe(false);
  });

  it('may be the same data again, but no more than was complete', async () => {
    await (
      await spoolStdin(stdin(DATA), spool)
    ).done;
    await (
      await spoolStdin(stdin(DATA), spool)
    ).done;
    await expect((await spoolStdin(stdin(`${DATA}3,Cid\n`), spool)).done).rejects.toMatchObject({
      code: 'input_changed',
    });
    expect(readFileSync(spool, 'utf8')).toBe(DATA);
  });
});

describe('what is spooled', () => {
  it('standard input and named pipes are, files are not', async () => {
    const fifo = join(folder.path, 'fifo');
    execFileSync('mkfifo', [fifo]);
    expect(await isStream('-')).toBe(true);
    expect(await isStream(fifo)).toBe(true);
    expect(await isStream(folder.write('plain.csv', DATA))).toBe(false);
    await expect(isStream(join(folder.path, 'none'))).rejects.toMatchObject({ code: 'input_missing' });
  });
});
