import { appendFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { openBlocks } from '../../../../src/input/records/blocks.ts';
import { detectLayout } from '../../../../src/input/detect/layout.ts';
import { LIMITS } from '../../../../src/input/records/limits.ts';
import { AUTO, blocksOf, createFolder, TINY } from '../../../support/reading.ts';
import { SUITE } from '../../../support/temp.ts';

const folder = createFolder(SUITE);

const HEADER = 'id,name\n';
const rowsText = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => `${from + i},name${from + i}\n`).join('');
const rowsOf = (blocks: readonly { rows: readonly unknown[] }[]) => blocks.flatMap((block) => block.rows);

describe('a resumed reading', () => {
  it('goes on behind the rows that were read, and rows appended since are read too', async () => {
    const path = folder.write('grows.csv', HEADER + rowsText(0, 10));
    const layout = await detectLayout(path, AUTO);
    const stoppedAt = (await blocksOf(layout, null, { limits: TINY }))[1]!.end;
    appendFileSync(path, rowsText(10, 12));
    const rest = rowsOf(await blocksOf(layout, stoppedAt));
    expect(rest.length).toBe(12 - stoppedAt.row);
    expect(rest.at(-1)).toEqual(['11', 'name11']);
  });

  it('goes on when the last line had no line end and now has one', async () => {
    for (const lineEnd of ['\n', '\r\n', '\r']) {
      const path = folder.write('unended.csv', `id,name${lineEnd}0,a`);
      const layout = await detectLayout(path, AUTO);
      const { end } = (await blocksOf(layout)).at(-1)!;
      expect(end).toMatchObject({ row: 1, line: 2 });
      appendFileSync(path, `${lineEnd}1,b${lineEnd}`);
      const blocks = await blocksOf(layout, end);
      expect(rowsOf(blocks)).toEqual([['1', 'b']]);
      expect(blocks.at(-1)!.end).toMatchObject({ row: 2, line: 3 });
      const direct = (await blocksOf(layout)).at(-1)!.end;
      expect(blocks.at(-1)!.end).toEqual(direct);
    }
  });

  it('refuses a file whose last row was continued since', async () => {
    const path = folder.write('continued.csv', 'id,name\n0,a');
    const layout = await detectLayout(path, AUTO);
    const { end } = (await blocksOf(layout)).at(-1)!;
    appendFileSync(path, 'bc\n1,b\n');
    await expect(blocksOf(layout, end)).rejects.toMatchObject({ code: 'input_changed' });
  });

  it.each([
    ['a changed byte', HEADER + rowsText(0, 10).replace('name0', 'Name0')],
    ['a shorter file', HEADER + rowsText(0, 3)],
  ])('refuses a file with %s before the place, and names the row', async (_what, after) => {
    const path = folder.write('changed.csv', HEADER + rowsText(0, 10));
    const layout = await detectLayout(path, AUTO);
    const stoppedAt = (await blocksOf(layout, null, { limits: TINY })).find((block) => block.end.row >= 5)!.end;
    writeFileSync(path, after);
    await expect(blocksOf(layout, stoppedAt)).rejects.toMatchObject({
      code: 'input_changed',
      exitCode: 7,
      message: `changed.csv changed before row ${stoppedAt.row + 1} since the run stopped there`,
      hint: expect.stringContaining('--restart'),
    });
  });

  it('works the same in a compressed file', async () => {
    const path = folder.write('packed.csv.gz', gzipSync(HEADER + rowsText(0, 100)));
    const layout = await detectLayout(path, AUTO);
    const blocks = await blocksOf(layout, null, { limits: TINY });
    const stoppedAt = blocks[20]!.end;
    expect(rowsOf(await blocksOf(layout, stoppedAt)).length).toBe(100 - stoppedAt.row);
    writeFileSync(path, gzipSync(HEADER + rowsText(1, 101)));
    await expect(blocksOf(layout, stoppedAt)).rejects.toMatchObject({ code: 'input_changed' });
  });
});

describe('a block', () => {
  it('has its text in a buffer of its own, which can be given to another thread', async () => {
    const layout = await detectLayout(folder.write('own.csv', HEADER + rowsText(0, 20_000)), AUTO);
    for (const block of await blocksOf(layout)) expect(block.raw.buffer.byteLength).toBe(block.raw.byteLength);
  });

  it('stays within its limits of bytes and rows', async () => {
    const layout = await detectLayout(folder.write('short-rows.csv', `a,b\n${'1,2\n'.repeat(50_000)}`), AUTO);
    const blocks = await blocksOf(layout);
    expect(Math.max(...blocks.map((block) => block.raw.length))).toBeLessThanOrEqual(LIMITS.blockBytes + 4); // up to the end of a record
    expect(rowsOf(blocks).length).toBe(50_000);
    const few = await blocksOf(layout, null, { limits: { ...LIMITS, rowsMax: 100 } });
    expect(Math.max(...few.map((block) => block.rows.length))).toBe(100);
    expect(rowsOf(few).length).toBe(50_000);
  });
});

describe('a reading that is told to stop', () => {
  it('throws the reason of the signal, also while it waits for more', async () => {
    const path = folder.write('waiting.csv', HEADER);
    const layout = await detectLayout(path, AUTO);
    const abort = new AbortController();
    const reading = blocksOf(layout, null, { follow: true, signal: abort.signal });
    abort.abort(new Error('enough'));
    await expect(reading).rejects.toThrow('enough');
  });

  it('closes its file when the reader goes away', async () => {
    const layout = await detectLayout(folder.write('left.csv', HEADER + rowsText(0, 100_000)), AUTO);
    for (let i = 0; i < 50; i += 1) {
      for await (const block of openBlocks(layout, null)) if (block.rows.length > 0) break;
    }
  });
});

describe('a file that is still being written', () => {
  it('gives rows as they arrive, holds back half a row, and ends with the mark', async () => {
    const path = folder.write('growing.csv', `${HEADER}0,name0\n1,na`);
    const layout = await detectLayout(path, { ...AUTO, follow: true });
    const blocks = openBlocks(layout, null, { follow: true });
    expect((await blocks.next()).value).toMatchObject({ rows: [['0', 'name0']], isLast: false });
    appendFileSync(path, 'me1\n');
    expect((await blocks.next()).value).toMatchObject({ rows: [['1', 'name1']], isLast: false });
    appendFileSync(path, '2,name2');
    const last = blocks.next();
    await sleep(120);
    writeFileSync(`${path}.done`, '');
    expect((await last).value).toMatchObject({ rows: [['2', 'name2']], isLast: true });
    expect((await blocks.next()).done).toBe(true);
  });
});

describe('files made to be slow', () => {
  const MB = 1024 * 1024;
  it.each([
    ['only line feeds', Buffer.alloc(8 * MB, '\n')],
    ['only carriage returns', Buffer.alloc(8 * MB, '\r')],
    ['only quotes', Buffer.alloc(18 * MB + 1, '"')],
    ['one endless line', Buffer.alloc(40 * MB, 'x')],
    ['quotes that open and never close', Buffer.alloc(10 * MB, 'x,"a\n')],
    ['quotes that close in front of text', Buffer.alloc(10 * MB, '"a"b,\n')],
    ['cells of doubled quotes behind an open one', Buffer.concat([Buffer.from('"'), Buffer.alloc(17 * MB, 'x,""\n')])],
    ['only delimiters', Buffer.alloc(20 * MB, ',')],
  ])(
    '%s are read in linear time',
    async (_what, body) => {
      const layout = await detectLayout(folder.write('slow.csv', Buffer.concat([Buffer.from('a,b\n'), body])), {
        ...AUTO,
        delimiter: ',',
      });
      let offset = 0;
      for await (const block of openBlocks(layout, null, { isLastLineFinal: true })) offset = block.end.offset;
      expect(offset).toBe(body.length + 4);
    },
    20_000,
  );
});
