/** What reading yields and mapping consumes: some hundred rows at once, with their source text. */
import type { InvalidCode, Position } from './chunk.ts';

/** A row as read: the cells of a CSV or TSV record, a JSON object, or a record that could not be read. */
export type RawRow =
  | string[]
  | { readonly json: Record<string, unknown> }
  | { readonly fault: InvalidCode; readonly message: string; readonly column?: number };

export interface RowBlock {
  readonly start: Position;
  readonly end: Position;
  /** The source text of these rows, `start.offset` to `end.offset`. */
  readonly raw: Uint8Array;
  readonly rows: readonly RawRow[];
  readonly isLast: boolean;
  /** No cell has a character that JSON escapes. Absent where nobody has looked. */
  readonly isPlain?: boolean;
  /** Set when the last row has no line end, though the source has ended: the place before that row. It may be half a row. */
  readonly unended?: Position;
  /** A last line that nobody can read yet, in a file that somebody has just written to, was left out. */
  readonly isHeldBack?: true;
}
