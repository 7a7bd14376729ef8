/** One cell of a column whose value steps may make something else than a text of it: true, a number, a list. */
import type { ColumnPlan, Kind, Plan } from '../../domain/plan.ts';
import { consentShape } from '../values/consent.ts';
import { isAttributeOverLimits } from './json-limits.ts';
import { jsonText } from '../values/json-text.ts';
import type { Packer } from './packer.ts';
import type { TypedCell } from './typed-cell.ts';

/** JSON text; '' when it is left out; null when the row is invalid (and settled as such). */
export type MadeCell = (column: ColumnPlan, zone: string | null, cells: readonly string[]) => string | null;

/** How a column's cells are read after its steps: what is no list in a column of lists is no JSON either. Consent stays what it is. */
export function madeColumn(kind: Kind, column: ColumnPlan): ColumnPlan {
  return column.steps?.split === undefined || isConsent(kind, column)
    ? column
    : { ...column, type: 'string', strict: false };
}

function isConsent(kind: Kind, { path }: ColumnPlan): boolean {
  return kind === 'people' && consentShape(path) !== null;
}

/** What was made is sent as it is, unless somebody has said which type the column (or all of them) has: then its text must be of that type. */
export function createMadeCell(
  { kind, typesDefault }: Pick<Plan, 'kind' | 'typesDefault'>,
  packer: Packer,
  typedCell: TypedCell,
): MadeCell {
  const isEvents = kind === 'events';
  const isTextOnly = typesDefault === 'string';
  return (column, zone, cells) => {
    const made = packer.made[column.index];
    if (typeof made === 'object') {
      if (isConsent(kind, column)) return typedCell(jsonText(made), column, zone);
      const isOver = !isEvents && isAttributeOverLimits(column.path.at(-1) ?? '', made, packer);
      return isOver ? null : jsonText(made);
    }
    const isTyped = column.strict || isTextOnly || column.type === 'timestamp';
    if (made !== undefined && !isTyped) return jsonText(made);
    const cell = cells[column.index] ?? '';
    if (cell !== '') return typedCell(cell, column, zone);
    return column.empty === 'omit' ? '' : column.empty === 'null' ? 'null' : '""';
  };
}
