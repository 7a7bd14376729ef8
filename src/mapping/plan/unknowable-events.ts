/** Events of the sample with neither a time nor a key: nothing in them says in another run that they were sent before. */
import type { RawRow } from '../../domain/block.ts';
import type { Plan } from '../../domain/plan.ts';
import { jsonForm } from '../rows/json-form.ts';
import type { JsonRecord } from '../values/json-values.ts';
import { TIMES } from '../rows/typed-line.ts';

const EVENTS: ReadonlySet<unknown> = new Set(['track', 'page', 'screen']);

export function unknowableEvents(plan: Plan, sample: readonly RawRow[]): string[] {
  const columns = plan.columns.filter(
    ({ role, name }) =>
      role === 'timestamp' || (plan.dedupeKey === null ? role === 'event_id' : plan.dedupeKey.includes(name)),
  );
  let events = 0;
  let unknowable = 0;
  for (const row of sample) {
    const marks = marksOf(row, plan, columns);
    if (marks === null) continue;
    events++;
    if (marks.every((mark) => mark === undefined || mark === null || mark === '')) unknowable++;
  }
  if (unknowable === 0) return [];
  return [
    `${unknowable} of the first ${events} events have neither a time nor an id: sent by another run they are counted again; --dedupe-key names columns that tell them apart`,
  ];
}

/** What could tell an event of this row from others; null when the row is no event. */
function marksOf(row: RawRow, plan: Plan, columns: Plan['columns']): readonly unknown[] | null {
  if (Array.isArray(row)) return plan.kind === 'events' ? columns.map(({ index }) => row[index]) : null;
  if (!('json' in row)) return null;
  const json: JsonRecord = row.json;
  const form = jsonForm(json, plan.hasTypedLines === true);
  if (form === 'typed')
    return EVENTS.has(json['type'])
      ? [...TIMES.map((name) => json[name]), json['messageId'], json['message_id']]
      : null;
  if (form === 'operation')
    return json['type'] === 'person' && ['event', 'page', 'screen'].includes(String(json['action']))
      ? [json['timestamp'], json['id']]
      : null;
  return plan.kind === 'events'
    ? columns.map(({ name }) => (Object.hasOwn(json, name) ? json[name] : undefined))
    : null;
}
