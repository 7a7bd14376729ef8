import { displayWidth, padToWidth } from './display-width.ts';
import { safeLine } from './safe-text.ts';

/** A table with a header, indented, every column to the left. Cells are made safe here. */
export function textTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  return alignedRows([header, ...rows].map((row) => row.map(safeLine)))
    .map((line) => `  ${line}`.trimEnd())
    .join('\n');
}

/** A column goes to the right where its number is in `right`, and is at least as wide as `atLeast` says. */
export interface Alignment {
  readonly right?: (column: number) => boolean;
  readonly atLeast?: readonly number[];
}

/** Rows of text, each as one line in which the columns line up. */
export function alignedRows(
  rows: readonly (readonly string[])[],
  { right = () => false, atLeast = [] }: Alignment = {},
): string[] {
  const widths: number[] = [...atLeast];
  for (const row of rows)
    for (const [column, cell] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, displayWidth(cell));
  const cellOf = (cell: string, column: number): string => {
    const width = widths[column] ?? 0;
    return right(column) ? ' '.repeat(Math.max(0, width - displayWidth(cell))) + cell : padToWidth(cell, width);
  };
  return rows.map((row) => row.map(cellOf).join('  ').trimEnd());
}
