import type { InvalidCode, InvalidRow, PreparedChunk, SkipCode } from '../../domain/chunk.ts';
import { createWarningCounts, type WarningCode } from '../../domain/warnings.ts';

/** What a chunk says about rows besides its operations: the invalid ones, how many were left out, and what is worth a warning. */
export interface SetAside {
  /** `index` of the row in its chunk; `column` counts from 1. */
  invalid(index: number, row: Omit<InvalidRow, 'index'>): void;
  skip(index: number, code: SkipCode): void;
  warn(code: WarningCode, column: string | null): void;
  /** All of it; the next chunk begins with nothing. */
  take(): Pick<PreparedChunk, 'invalid' | 'skipped' | 'unchanged' | 'warnings'>;
}

export function createSetAside(): SetAside {
  const warnings = createWarningCounts();
  let invalid: InvalidRow[] = [];
  let skipped: Partial<Record<SkipCode, number>> = {};
  let unchanged: number[] = [];
  return {
    invalid: (index, row) => void invalid.push({ index, ...row }),
    skip(index, code) {
      skipped[code] = (skipped[code] ?? 0) + 1;
      if (code === 'unchanged') unchanged.push(index);
    },
    warn: (code, column) => warnings.add(code, column, 1),
    take() {
      const taken = { invalid, skipped, ...(unchanged.length > 0 ? { unchanged } : {}), warnings: warnings.list() };
      invalid = [];
      skipped = {};
      unchanged = [];
      warnings.clear();
      return taken;
    },
  };
}

/** An invalid row; `column` counts from 1 (CSV), `field` is a column's name or a JSON path. */
export function invalidRow(
  code: InvalidCode,
  message: string,
  column: number | undefined,
  field: string | undefined,
): Omit<InvalidRow, 'index'> {
  return { code, message, ...(column === undefined ? {} : { column }), ...(field === undefined ? {} : { field }) };
}
