import { displayWidth, padToWidth } from './display-width.ts';
import { safeLine } from './safe-text.ts';

/** Rows of text in columns that line up. Cells are made safe here. */
export function textTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [header, ...rows].map((row) => row.map((cell) => safeLine(cell)));
  const widths = header.map((_, column) => all.reduce((widest, row) => Math.max(widest, displayWidth(row[column] ?? '')), 0));
  return all.map((row) => `  ${row.map((cell, column) => padToWidth(cell, widths[column] ?? 0)).join('  ')}`.trimEnd()).join('\n');
}
