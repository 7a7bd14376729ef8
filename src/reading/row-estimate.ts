import type { PreparedChunk } from '../domain/chunk.ts';

/** How many rows a source has, as long as nobody has read it to its end: what was read of it is taken for typical. */
export interface RowEstimate {
  /** The same chunks; they are counted as they pass. */
  counted(chunks: AsyncIterable<PreparedChunk>): AsyncIterable<PreparedChunk>;
  /** Rows of the source, those before the start of this reading included; null = unknown. */
  rowsTotal(): number | null;
}

/** `bytesTotal`: of the source, 0 = unknown. `rowsMax`: rows that this reading may take, null = all. */
export function createRowEstimate({
  bytesTotal,
  rowsMax,
}: {
  readonly bytesTotal: number;
  readonly rowsMax: number | null;
}): RowEstimate {
  let first: { readonly row: number; readonly offset: number } | undefined;
  let last: { readonly row: number; readonly offset: number } | undefined;
  let isAll = false;

  function see({ start, end }: PreparedChunk): void {
    first ??= start;
    last = end;
  }

  return {
    counted: (chunks) => ({
      [Symbol.asyncIterator]() {
        const iterator = chunks[Symbol.asyncIterator]();
        return {
          async next() {
            const read = await iterator.next();
            if (read.done === true) isAll = true;
            else see(read.value);
            return read;
          },
          return: (value?: unknown) =>
            iterator.return?.(value) ?? Promise.resolve({ done: true as const, value: undefined }),
        };
      },
    }),
    rowsTotal() {
      if (!first || !last) return null;
      if (isAll) return last.row;
      const most = rowsMax === null ? Infinity : first.row + rowsMax;
      const bytesRead = last.offset - first.offset;
      const rows =
        bytesTotal <= 0 || bytesRead <= 0
          ? Infinity
          : last.row + ((last.row - first.row) * Math.max(0, bytesTotal - last.offset)) / bytesRead;
      const total = Math.min(most, rows);
      return total === Infinity ? null : total;
    },
  };
}
