/** What every source of bytes promises, wherever its bytes come from. */
import { appendFileSync, mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, type TestContext } from 'vitest';
import { type ByteReading, type ByteSource, IDLE, type OpenBytes } from '../../src/input/bytes/byte-source.ts';
import { createFileSource } from '../../src/input/bytes/file-source.ts';
import { createSpoolSource, markOf } from '../../src/input/bytes/spool-source.ts';
import { tempFolder } from '../support/temp.ts';

const TEXT = Buffer.from('id,name\n1,Ann\n2,Bob\n3,Cleo\n');
const ALL: ByteReading = { start: 0, pieceBytes: 7, waits: true, signal: undefined };

interface Kind {
  readonly title: string;
  /** A source that is complete. */
  complete(test: TestContext, bytes: Buffer): ByteSource;
  /** A source that is not there; its path, if it were a directory. */
  at(path: string): ByteSource;
}

const KINDS: readonly Kind[] = [
  {
    title: 'a file',
    complete(test, bytes) {
      const path = join(tempFolder(test), 'people.csv');
      writeFileSync(path, bytes);
      return createFileSource(path);
    },
    at: (path) => createFileSource(path),
  },
  {
    title: 'the spool of a stream',
    complete(test, bytes) {
      const path = join(tempFolder(test), 'stdin-1');
      writeFileSync(path, bytes);
      writeFileSync(markOf(path), '');
      return createSpoolSource(path);
    },
    at: (path) => createSpoolSource(path),
  },
];

async function bytesOf({ pieces }: OpenBytes): Promise<Buffer> {
  const read: Buffer[] = [];
  for await (const piece of pieces) if (piece !== IDLE) read.push(piece);
  return Buffer.concat(read);
}

describe.for(KINDS)('$title', (kind) => {
  it('says how many bytes it has, and that no more will come', async (test) => {
    expect(await kind.complete(test, TEXT).look()).toEqual({ bytes: TEXT.length, isComplete: true });
  });

  it('gives all its bytes, in order and in pieces no larger than was asked for', async (test) => {
    const sizes: number[] = [];
    const read: Buffer[] = [];
    for await (const piece of kind.complete(test, TEXT).open(ALL).pieces) {
      if (piece === IDLE) continue;
      sizes.push(piece.length);
      read.push(piece);
    }
    expect(Buffer.concat(read)).toEqual(TEXT);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(ALL.pieceBytes);
    expect(Math.min(...sizes)).toBeGreaterThan(0);
  });

  it('can be read from any byte on, and again and again', async (test) => {
    const source = kind.complete(test, TEXT);
    for (const start of [0, 1, 8, TEXT.length - 1, TEXT.length]) {
      expect(await bytesOf(source.open({ ...ALL, start }))).toEqual(TEXT.subarray(start));
    }
  });

  it('without a byte ends at once', async (test) => {
    const source = kind.complete(test, Buffer.alloc(0));
    expect(await source.look()).toEqual({ bytes: 0, isComplete: true });
    expect(await bytesOf(source.open(ALL))).toHaveLength(0);
  });

  it('never changes a piece that it has given', async (test) => {
    const given: Buffer[] = [];
    const copies: Buffer[] = [];
    for await (const piece of kind.complete(test, TEXT).open(ALL).pieces) {
      if (piece === IDLE) continue;
      given.push(piece);
      copies.push(Buffer.from(piece));
    }
    expect(given).toEqual(copies);
  });

  it('is let go in the middle, and before the first piece', async (test) => {
    const source = kind.complete(test, TEXT);
    await source.open(ALL).pieces.return();
    const { pieces } = source.open(ALL);
    expect((await pieces.next()).done).toBe(false);
    await pieces.return();
    expect((await pieces.next()).done).toBe(true);
  });

  it('stops when it is told to, and says what it was told', async (test) => {
    const stop = new AbortController();
    const { pieces } = kind.complete(test, TEXT).open({ ...ALL, signal: stop.signal });
    await pieces.next();
    const reason = new Error('stop');
    stop.abort(reason);
    await expect(pieces.next()).rejects.toBe(reason);
  });

  it('that is missing says so, looked at or read', async (test) => {
    const missing = kind.at(join(tempFolder(test), 'gone.csv'));
    const fault = { code: 'input_missing', message: 'gone.csv: no such file' };
    await expect(missing.look()).rejects.toMatchObject(fault);
    await expect(missing.open(ALL).pieces.next()).rejects.toMatchObject(fault);
  });

  it('that turns out to be a directory is refused', async (test) => {
    const path = join(tempFolder(test), 'folder');
    mkdirSync(path);
    await expect(kind.at(path).look()).rejects.toMatchObject({
      code: 'input_unreadable',
      message: 'folder is a directory, not a file',
    });
  });
});

describe('a source that still grows', () => {
  it('says that it pauses, and goes on with what comes', async (test) => {
    const path = join(tempFolder(test), 'stdin-1');
    writeFileSync(path, TEXT);
    const source = createSpoolSource(path);
    expect(await source.look()).toEqual({ bytes: TEXT.length, isComplete: false });
    const { pieces } = source.open({ ...ALL, pieceBytes: 1024 });
    expect((await pieces.next()).value).toEqual(TEXT);
    expect((await pieces.next()).value).toBe(IDLE);
    appendFileSync(path, '4,Dora\n');
    expect((await pieces.next()).value).toEqual(Buffer.from('4,Dora\n'));
    writeFileSync(markOf(path), '');
    expect(await bytesOf({ pieces, watch: undefined })).toHaveLength(0);
    expect(await source.look()).toEqual({ bytes: TEXT.length + 7, isComplete: true });
  });

  it('ends with what is there for a reader that does not wait', async (test) => {
    const path = join(tempFolder(test), 'stdin-1');
    writeFileSync(path, TEXT);
    expect(await bytesOf(createSpoolSource(path).open({ ...ALL, waits: false }))).toEqual(TEXT);
  });
});

describe('a watched source', () => {
  it('says once for every time that somebody has written over it', async (test) => {
    const path = join(tempFolder(test), 'people.csv');
    writeFileSync(path, TEXT);
    const { pieces, watch } = createFileSource(path).open({ ...ALL, watchAs: 'people.csv' });
    await pieces.next();
    expect(watch?.wasTouched()).toBe(false);
    utimesSync(path, 1, 1);
    await pieces.next();
    expect([watch?.wasTouched(), watch?.wasTouched(), watch?.hasGrown()]).toEqual([true, false, false]);
    expect(watch?.ageMs()).toBeGreaterThan(60_000);
    await pieces.return();
  });

  it('says that somebody has appended to it', async (test) => {
    const path = join(tempFolder(test), 'people.csv');
    writeFileSync(path, TEXT);
    const { pieces, watch } = createFileSource(path).open({ ...ALL, watchAs: 'people.csv' });
    await pieces.next();
    expect(watch?.hasGrown()).toBe(false);
    appendFileSync(path, '4,Dora\n');
    await bytesOf({ pieces, watch });
    expect(watch?.hasGrown()).toBe(true);
  });

  it('that becomes shorter ends with input_changed', async (test) => {
    const path = join(tempFolder(test), 'people.csv');
    writeFileSync(path, TEXT);
    const { pieces, watch } = createFileSource(path).open({ ...ALL, watchAs: 'people.csv' });
    await pieces.next();
    writeFileSync(path, 'id');
    await expect(bytesOf({ pieces, watch })).rejects.toMatchObject({ code: 'input_changed' });
  });

  it("is nobody's concern when only we can write to it", (test) => {
    expect(
      createSpoolSource(join(tempFolder(test), 'stdin-1')).open({ ...ALL, watchAs: 'stdin' }).watch,
    ).toBeUndefined();
  });
});
