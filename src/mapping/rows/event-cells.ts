/** CSV and TSV rows of an events file, once it is known whom they are about. */
import type { ColumnPlan, Plan } from '../../domain/plan.ts';
import type { PersonKind } from '../../domain/person.ts';
import { isUlid } from '../../domain/ulid.ts';
import { quote } from '../values/json-text.ts';
import { parseTime, timeFault, timeNote } from '../values/times.ts';
import { isBlank } from '../values/values.ts';
import { compileAttributes } from './attribute-fields.ts';
import { part } from './event-id.ts';
import type { Packer } from './packer.ts';
import type { Emitter } from './writer.ts';

const ABSENT = -1;

export function createEventCells(
  plan: Plan,
  packer: Packer,
  emitter: Emitter,
): (kind: PersonKind, value: string, cells: readonly string[]) => void {
  const indexOf = (role: ColumnPlan['role']): number =>
    plan.columns.find((column) => column.role === role)?.index ?? ABSENT;
  const nameIndex = indexOf('event');
  const idIndex = indexOf('event_id');
  const timeOf = createCellTime(plan, packer);
  const dedupeKeyOf = createDedupeKey(plan);
  const attributes = compileAttributes(plan, true, packer);

  return (kind, value, cells) => {
    const name = nameIndex === ABSENT ? (plan.eventName ?? '') : (cells[nameIndex] ?? '') || (plan.eventName ?? '');
    if (isBlank(name))
      return packer.invalid('no_event_name', 'the event has no name', nameIndex === ABSENT ? undefined : nameIndex + 1);
    const timeMs = timeOf(cells);
    if (timeMs === null) return;
    const data = attributes(cells, '');
    if (data === null) return;
    const ownId = idIndex === ABSENT ? '' : (cells[idIndex] ?? '');
    const id = plan.dedupeKey === null && isUlid(ownId) ? ownId : '';
    const key = plan.dedupeKey !== null ? dedupeKeyOf(cells) : ownId === '' ? null : part(quote(ownId));
    emitter.event({ kind, value, action: 'event', name, timeMs, data, id, key });
  };
}

/** When a row's event happened, in milliseconds: NaN = it does not say, null = unusable (and the row settled as invalid). */
function createCellTime(plan: Plan, packer: Packer): (cells: readonly string[]) => number | null {
  const column = plan.columns.find(({ role }) => role === 'timestamp');
  if (column === undefined) return () => Number.NaN;
  const { index, name, format } = column;
  const zone = column.timezone ?? plan.timezone;
  return (cells) => {
    const cell = cells[index] ?? '';
    if (cell === '') return Number.NaN;
    const timeMs = parseTime(cell, format, zone);
    if (Number.isNaN(timeMs)) {
      packer.invalid('bad_timestamp', `the value ${timeFault(cell, format, zone)}`, index + 1, name);
      return null;
    }
    const note = timeNote(cell, format, zone);
    if (note !== null) packer.warn(note, name);
    return timeMs;
  };
}

/** What the columns of --dedupe-key say of a row; null when all of them are empty. */
function createDedupeKey(plan: Plan): (cells: readonly string[]) => string | null {
  const columns = (plan.dedupeKey ?? []).toSorted().map((name) => ({
    tag: `c${part(name)}`,
    index: plan.columns.find((column) => column.name === name)?.index ?? ABSENT,
  }));
  return (cells) => {
    let key = '';
    let isEmpty = true;
    for (const { tag, index } of columns) {
      const cell = cells[index] ?? '';
      if (cell !== '') isEmpty = false;
      key += tag + part(quote(cell));
    }
    return isEmpty ? null : key;
  };
}
