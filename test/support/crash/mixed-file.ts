import { writeFileSync } from 'node:fs';
import { createRandom } from '../random.ts';

/** A row of a mixed file, and what the service must know of it afterwards. */
export interface MixedRow {
  /** Row number, 1 for the first; written into what is sent, so that it is found again. */
  readonly n: number;
  readonly kind: 'identify' | 'event' | 'merge';
  /** The person that the row is addressed to (for a merge: the primary). */
  readonly id: string;
  /** Every person text: rows that share one must arrive in the order of the file. */
  readonly persons: readonly string[];
  readonly line: string;
}

export interface MixedOptions {
  readonly rows: number;
  readonly seed: number;
  /** Distinct people; a tenth of the rows belongs to the first three of them. */
  readonly people: number;
  /** Goes into every id, so that several files may share a workspace. */
  readonly prefix?: string;
}

/** Identifies, events and merges as Track v2 operations, with many rows a person, a few hot persons, and ids beside e-mails. */
export function mixedRows({ rows, seed, people, prefix = 'p' }: MixedOptions): MixedRow[] {
  const random = createRandom(seed);
  return Array.from({ length: rows }, (_, i): MixedRow => {
    const n = i + 1;
    const isHot = random() < 0.1;
    const id = `${prefix}${Math.floor(random() * (isHot ? Math.min(3, people) : people))}`;
    const email = `${id}@example.com`;
    const draw = random();
    if (draw < 0.01) {
      const secondary = `${prefix}-merged-${n}`;
      return toRow(
        { n, kind: 'merge', id, persons: [`id:${id}`, `id:${secondary}`] },
        { primary: { id }, secondary: { id: secondary } },
      );
    }
    if (draw < 0.5) {
      const alias = random() < 0.3;
      const attributes = { n, [`k${n % 5}`]: `v${n}`, ...(alias ? { email } : {}) };
      return toRow(
        { n, kind: 'identify', id, persons: alias ? [`id:${id}`, `email:${email}`] : [`id:${id}`] },
        { identifiers: { id }, attributes },
      );
    }
    return toRow(
      { n, kind: 'event', id, persons: [`id:${id}`] },
      { name: 'thing_done', identifiers: { id }, timestamp: 1_600_000_000 + n, attributes: { n } },
    );
  });
}

export function writeMixedFile(path: string, rows: readonly MixedRow[]): void {
  writeFileSync(path, rows.map(({ line }) => `${line}\n`).join(''));
}

function toRow(row: Omit<MixedRow, 'line'>, rest: object): MixedRow {
  return { ...row, line: JSON.stringify({ type: 'person', action: row.kind, ...rest }) };
}
