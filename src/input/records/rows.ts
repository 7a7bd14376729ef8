import type { SourceLayout } from '../../domain/plan.ts';
import { createCsvRows } from './csv.ts';
import { createJsonRows } from './ndjson.ts';
import type { RowReader } from './row-reader.ts';

/** The reader for a source's format. */
export function createRowReader(layout: SourceLayout): RowReader {
  return layout.format === 'ndjson' ? createJsonRows(layout) : createCsvRows(layout);
}
