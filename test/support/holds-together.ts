import { expect } from 'vitest';
import type { SourceLayout } from '../../src/domain/plan.ts';
import type { Limits } from '../../src/input/records/limits.ts';
import { recordsOf } from '../../src/input/records/records.ts';
import { blocksOf } from './reading.ts';

/** What must hold of any text: each block leads to the next, their texts add up, and each can be started from. */
export async function holdsTogether(layout: SourceLayout, text: Buffer, limits: Limits): Promise<void> {
  const blocks = await blocksOf(layout, null, { limits });
  const rows = blocks.flatMap((block) => block.rows);
  expect(blocks.filter((block) => block.isLast)).toEqual([blocks.at(-1)]);
  expect(Buffer.concat(blocks.map((block) => block.raw)).toString('latin1')).toBe(
    text.subarray(layout.headerBytes).toString('latin1'),
  );
  const whole = await blocksOf(layout);
  expect(whole.flatMap((block) => block.rows)).toEqual(rows);
  const indexes = rows.map((_, index) => index);
  const records = recordsOf(
    layout,
    { raw: text.subarray(layout.headerBytes), start: { line: layout.headerLines } },
    indexes,
  );
  expect(records.length).toBe(rows.length);
  let passed = 0;
  for (const [i, block] of blocks.entries()) {
    expect(block.start).toEqual(blocks[i - 1]?.end ?? block.start);
    const found = recordsOf(
      layout,
      block,
      block.rows.map((_, index) => index),
    );
    expect(found).toEqual(records.slice(passed, passed + block.rows.length));
    passed += block.rows.length;
    expect(block.end.row).toBe(passed);
    const rest = await blocksOf(layout, block.end, { limits });
    expect(rest.flatMap((later) => later.rows)).toEqual(rows.slice(passed));
    expect(rest.at(-1)?.end).toEqual(blocks.at(-1)?.end);
  }
}
