import type { SourceLayout } from '../../domain/plan.ts';
import type { Splitter } from './extents.ts';
import { LIMITS, type Limits } from './limits.ts';
import { createArraySplitter } from './split-array.ts';
import { createCsvSplitter } from './split-csv.ts';
import { createLineSplitter } from './split-lines.ts';

/** A record as it stands in the source. */
export interface SourceRecord {
  /** The record's text without its line terminator. */
  readonly text: string;
  /** 1-based physical line on which it starts. */
  readonly line: number;
}

/** The text of a block or a chunk, and the lines before it. */
export interface RawBlock {
  readonly raw: Uint8Array;
  readonly start: { readonly line: number };
}

/** The one authority on where records begin and end: blocks, rows and `recordsOf` all follow it. */
export function createSplitter(layout: SourceLayout, limits: Limits): Splitter {
  if (layout.format !== 'ndjson') return createCsvSplitter(layout, limits);
  return layout.jsonArray ? createArraySplitter(limits) : createLineSplitter(limits);
}

/**
 * Finds records of a block again: record i belongs to `rows[i]`. `indexes` ascend. Meant for the few rows that are not
 * delivered.
 */
export function recordsOf(
  layout: SourceLayout,
  { raw, start }: RawBlock,
  indexes: readonly number[],
  limits: Limits = LIMITS,
): SourceRecord[] {
  const records: SourceRecord[] = [];
  const bytes = Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength);
  const split = createSplitter(layout, limits);
  let offset = 0;
  let { line } = start;
  let passed = 0;
  let wanted = 0;
  while (wanted < indexes.length && offset < bytes.length) {
    const rest = bytes.subarray(offset);
    const found = split(rest, true);
    if (found.oversize) {
      records.push({ text: rest.toString(), line: line + 1 });
      break;
    }
    for (; wanted < indexes.length; wanted += 1) {
      const i = (indexes[wanted] ?? 0) - passed;
      if (i >= found.count) break;
      records.push({
        text: rest.toString('utf8', found.starts[i], found.ends[i]),
        line: line + (found.lines[i] ?? 0) + 1,
      });
    }
    if (found.consumed === 0) break;
    passed += found.count;
    offset += found.consumed;
    line += found.consumedLines;
  }
  return records;
}
