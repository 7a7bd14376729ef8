import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RawRow, RowBlock } from '../../src/domain/block.ts';
import type { Position } from '../../src/domain/chunk.ts';
import { CioBulkError } from '../../src/domain/errors.ts';
import type { SourceLayout } from '../../src/domain/plan.ts';
import { type BlockOptions, openBlocks } from '../../src/input/records/blocks.ts';
import { detectLayout, type LayoutOptions } from '../../src/input/detect/layout.ts';
import type { Limits } from '../../src/input/records/limits.ts';
import { tempFolder, type Finishing } from './temp.ts';

export const AUTO: LayoutOptions = { format: 'auto', delimiter: 'auto', encoding: 'auto' };

/** Blocks of two or three records, so that their borders fall everywhere. */
export const TINY: Limits = { blockBytes: 16, rowsMax: 3, recordBytesMax: 16 * 1024 * 1024 };

export interface Folder {
  readonly path: string;
  write(name: string, content: string | Uint8Array): string;
}

/** A temporary folder with files to read. */
export function createFolder(test: Finishing): Folder {
  const path = tempFolder(test);
  return {
    path,
    write(name, content) {
      const file = join(path, name);
      writeFileSync(file, content);
      return file;
    },
  };
}

export async function blocksOf(
  layout: SourceLayout,
  from: Position | null = null,
  options: BlockOptions = {},
): Promise<RowBlock[]> {
  const blocks: RowBlock[] = [];
  for await (const block of openBlocks(layout, from, { isLastLineFinal: true, ...options })) blocks.push(block);
  return blocks;
}

/** The layout and all rows of a file. */
export async function readAll(
  path: string,
  options: Partial<LayoutOptions> = {},
  limits?: Limits,
): Promise<{ layout: SourceLayout; rows: RawRow[] }> {
  const layout = await detectLayout(path, { ...AUTO, ...options });
  const blocks = await blocksOf(layout, null, limits === undefined ? {} : { limits });
  return { layout, rows: blocks.flatMap((block) => block.rows) };
}

/** The failure a reading ends with, and the rows before it. */
export async function failureOf(
  path: string,
  options: Partial<LayoutOptions> = {},
): Promise<{ error: CioBulkError; rows: RawRow[] }> {
  const rows: RawRow[] = [];
  try {
    const layout = await detectLayout(path, { ...AUTO, ...options });
    for await (const block of openBlocks(layout, null, { isLastLineFinal: true })) rows.push(...block.rows);
  } catch (error) {
    if (error instanceof CioBulkError) return { error, rows };
    throw error;
  }
  throw new Error('expected the reading to fail');
}
