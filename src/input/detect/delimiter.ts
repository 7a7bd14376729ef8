import { USUAL_DELIMITERS } from '../../domain/dialect.ts';
import type { Dialect } from '../../domain/plan.ts';
import { parseRecord } from '../records/cells.ts';
import { SHAPE } from '../records/extents.ts';
import { LIMITS } from '../records/limits.ts';
import { createCsvSplitter } from '../records/split-csv.ts';

const SAMPLE_ROWS = 100;

/**
 * The delimiter by which most sample rows have as many cells as the header. Between two that agree as often the one that
 * gives more columns wins: decimal commas are consistent too.
 */
export function detectDelimiter(text: Buffer, byName: string | undefined, others: Omit<Dialect, 'delimiter'>): string {
  const taken = [others.quote, others.escape, others.comment];
  const candidates = USUAL_DELIMITERS.filter((delimiter) => !taken.includes(delimiter));
  let best = byName ?? candidates[0] ?? ',';
  let bestScore = 0;
  for (const delimiter of candidates) {
    const score = scoreOf(text, { ...others, delimiter });
    if (score > bestScore) {
      best = delimiter;
      bestScore = score;
    }
  }
  // A .tsv file whose rows do have tabs needs no vote.
  return byName !== undefined && scoreOf(text, { ...others, delimiter: byName }) > 0 ? byName : best;
}

function scoreOf(text: Buffer, dialect: Dialect): number {
  const found = createCsvSplitter(dialect, { ...LIMITS, rowsMax: SAMPLE_ROWS })(text, true);
  let columns = 0;
  let agreeing = 0;
  for (let i = 0; i < found.count; i += 1) {
    const isBroken = (found.shapes[i] ?? 0) > SHAPE.escaped;
    const cells = isBroken
      ? 0
      : (parseRecord(text.toString('utf8', found.starts[i], found.ends[i]), dialect)?.length ?? 0);
    if (i === 0) columns = cells;
    if (cells === columns) agreeing += 1;
  }
  return columns < 2 ? 0 : (agreeing / found.count) * (1 - 1 / columns);
}
