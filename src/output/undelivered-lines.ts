import type { UndeliveredRow } from '../domain/ledger.ts';
import { safeLine } from '../domain/text/safe-text.ts';
import type { Terminal } from './terminal.ts';

/** Lines shown as text. */
const SHOWN_MAX = 5;

/** Reports rows that did not arrive: each as an object with --json, the first few as text. Never with a value of the row. */
export function undeliveredLines(
  terminal: Terminal,
  run: number,
  name: string,
): (rows: readonly UndeliveredRow[]) => void {
  let shown = 0;
  return (rows) => {
    for (const row of rows) {
      terminal.json(undeliveredFields(run, row));
      if (shown++ < SHOWN_MAX && !terminal.options.json)
        terminal.say(safeLine(`${where(name, row)}: ${row.state}: ${row.reason}`));
    }
    if (shown > SHOWN_MAX && shown - rows.length <= SHOWN_MAX)
      terminal.detail('more rows are undelivered; `cio-bulk failures` lists them all');
  };
}

/** A row that did not arrive, or never will, as a line of JSON: names are a contract. */
export function undeliveredFields(
  run: number | null,
  row: Omit<UndeliveredRow, 'persons' | 'payload' | 'single' | 'record'>,
) {
  const { line, state, code, reason, column, field } = row;
  return { type: 'undelivered', run, row: row.row, line, state, code, reason, column, field };
}

/** `users.csv:17:3`, as compilers write it. */
export function where(name: string, row: Pick<UndeliveredRow, 'line' | 'column' | 'row'>): string {
  if (row.line === 0) return `${name}, row ${row.row}`;
  return `${name}:${row.line}${row.column === null ? '' : `:${row.column}`}`;
}
