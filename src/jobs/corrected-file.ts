import { resolve } from 'node:path';
import type { RawRow } from '../domain/block.ts';
import { CioBulkError } from '../domain/errors.ts';
import type { Host } from '../domain/host.ts';
import type { SourceLayout } from '../domain/plan.ts';
import { openBlocks } from '../input/records/blocks.ts';
import { detectLayout } from '../input/detect/layout.ts';
import { recordsOf } from '../input/records/records.ts';

/** A row of a corrected failures file. */
export interface FixedRow {
  /** Its number in the run. */
  readonly row: number;
  /** Physical line in the file, and the one that the row had in its source, as the file says. */
  readonly line: number;
  readonly sourceLine: number | undefined;
  readonly content: RawRow;
  readonly text: string;
}

/** A corrected failures file. It holds rows of one run. */
export interface FixedFile {
  readonly path: string;
  readonly layout: SourceLayout;
  /** Undefined when it has no rows. */
  readonly run: number | undefined;
  /** By row number. If a row occurs twice, the last one counts. */
  readonly rows: ReadonlyMap<number, FixedRow>;
  /** Lines that could not be read as rows. */
  readonly unreadable: readonly { readonly line: number; readonly reason: string }[];
}

/** Reads the whole file: it is as small as what failed. Throws `usage` unless each row names its run and its row number. */
export async function readFixedFile(path: string, host: Host): Promise<FixedFile> {
  const layout = await detectLayout(resolve(host.cwd, path), { format: 'auto', delimiter: 'auto', encoding: 'auto' });
  if (layout.format !== 'ndjson' && layout.header.length > 0)
    for (const name of ['cio_bulk_run', 'cio_bulk_row'])
      if (!layout.header.includes(name))
        throw new CioBulkError('usage', `--from ${path}: there is no column ${name}`, {
          hint: 'give a file that `cio-bulk failures` wrote',
        });
  const rows = new Map<number, FixedRow>();
  const unreadable: { line: number; reason: string }[] = [];
  let run: number | undefined;
  for await (const block of openBlocks(layout, null, { signal: host.stopping })) {
    const records = recordsOf(layout, block, [...block.rows.keys()]);
    for (const [index, content] of block.rows.entries()) {
      const { line = 0, text = '' } = records[index] ?? {};
      if (!Array.isArray(content) && 'fault' in content) {
        unreadable.push({ line, reason: content.message });
        continue;
      }
      const number = (name: string): number | undefined => numberIn(content, layout, name);
      const [row, ofRun] = [number('cio_bulk_row'), number('cio_bulk_run')];
      if (row === undefined || ofRun === undefined)
        throw new CioBulkError(
          'usage',
          `--from ${path}: line ${line} has no ${row === undefined ? 'cio_bulk_row' : 'cio_bulk_run'}, so it is unknown which row it corrects`,
          {
            hint: 'give a file that `cio-bulk failures` wrote, or import a new file instead',
          },
        );
      if (run !== undefined && run !== ofRun)
        throw new CioBulkError(
          'usage',
          `--from ${path} holds rows of run ${run} and, on line ${line}, of run ${ofRun}`,
          { hint: 'use one file per run' },
        );
      run = ofRun;
      rows.set(row, { row, line, sourceLine: number('cio_bulk_line'), content, text });
    }
  }
  return { path, layout, run, rows, unreadable };
}

/** The value under a name: the text of a cell, or a JSON value. */
export function valueIn(row: RawRow, layout: SourceLayout, name: string): unknown {
  if (Array.isArray(row)) return row[layout.header.findIndex((one) => one.trim() === name.trim())];
  return 'json' in row && Object.hasOwn(row.json, name) ? row.json[name] : undefined;
}

function numberIn(row: RawRow, layout: SourceLayout, name: string): number | undefined {
  const value = valueIn(row, layout, name);
  const number =
    (typeof value === 'string' && value.trim() !== '') || typeof value === 'number' ? Number(value) : Number.NaN;
  return Number.isInteger(number) && number >= 0 ? number : undefined;
}
