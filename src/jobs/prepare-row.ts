import type { Preparer } from '../mapping/rows/prepare.ts';
import type { FixedRow } from './corrected-file.ts';
import { eventIdIn } from './event-id-text.ts';

/** The operation of a row. */
export interface PreparedRow {
  readonly payload: Uint8Array;
  readonly single: string | null;
  readonly request: { readonly method: 'PUT' | 'POST' | 'DELETE'; readonly path: string } | undefined;
  readonly isGuarded: boolean;
  readonly isEvent: boolean;
}

/** Why there is none. */
export interface RowFault {
  readonly code: string;
  readonly reason: string;
  readonly column: number | null;
  readonly field: string | null;
}

/** Prepares rows one by one. An equal row is not skipped as a repeat here: rows between the two may have been delivered already. */
export function createRowPreparer(newPreparer: () => Preparer): (fixed: FixedRow) => PreparedRow | RowFault {
  let preparer = newPreparer();
  const attempt = ({ row, content }: FixedRow) => {
    const position = { row: row - 1, line: 0, offset: 0, hash: '' };
    return preparer.prepare({ start: position, end: position, raw: new Uint8Array(), rows: [content], isLast: false });
  };
  return (fixed) => {
    let chunk = attempt(fixed);
    if (Object.keys(chunk.skipped).length > 0) {
      preparer = newPreparer(); // which remembers nothing
      chunk = attempt(fixed);
    }
    const { operations, invalid } = chunk;
    if (operations.count === 0) {
      const fault = invalid[0];
      return {
        code: fault?.code ?? 'skipped',
        reason: fault?.message ?? 'the row was left out',
        column: fault?.column ?? null,
        field: fault?.field ?? null,
      };
    }
    const request = operations.singles.get(0);
    const payload = operations.body;
    return {
      payload,
      request,
      single: request ? `${request.method} ${request.path}` : null,
      isGuarded: operations.guarded.has(0),
      isEvent: eventIdIn(Buffer.from(payload).toString()) !== undefined,
    };
  };
}
