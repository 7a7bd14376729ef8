/** The attributes of a CSV row as a record, for rows that are not written field by field: devices, objects, relationships. */
import type { Plan } from '../../domain/plan.ts';
import { RawJson } from '../../domain/raw-number.ts';
import type { JsonRecord } from '../values/json-values.ts';
import { createMadeCell, madeColumn } from './made-cell.ts';
import { emptyRecord, mergeConstants, putAt } from './nested-record.ts';
import type { Packer } from './packer.ts';
import { createTypedCell } from './typed-cell.ts';

/** null when the row is invalid (and settled as such). */
export function createCellAttributes(plan: Plan, packer: Packer): (cells: readonly string[]) => JsonRecord | null {
  const jsonOf = createMadeCell(plan, packer, createTypedCell(packer, false));
  const columns = plan.columns
    .filter(({ role }) => role === 'attribute')
    .map((column) => madeColumn(plan.kind, column));
  return (cells) => {
    const attributes = emptyRecord();
    for (const column of columns) {
      const text = jsonOf(column, column.timezone ?? plan.timezone, cells);
      if (text === null) return null;
      if (text !== '') putAt(attributes, column.path, valueOf(text));
    }
    mergeConstants(attributes, plan.constants);
    return attributes;
  };
}

/** What is no text is written again as it stands: its digits are those of the cell. */
function valueOf(json: string): unknown {
  return json.startsWith('"') || json === 'null' ? (JSON.parse(json) as unknown) : new RawJson(json);
}
