/** What the lines of a JSON sample are. */
import type { RawRow } from '../../domain/block.ts';
import { safeText } from './column-names.ts';
import { hasTypedLines, jsonForm } from '../rows/json-form.ts';

export interface LineCounts {
  readonly total: number;
  readonly flat: number;
  /** Lines of events, pages and screens. */
  readonly events: number;
  readonly hasTyped: boolean;
  /** Field names of the flat rows. */
  readonly fields: readonly string[];
  /** The most frequent first; empty where all rows are flat. */
  readonly byType: readonly LineCount[];
}

export interface LineCount {
  /** `track`, `person identify`, `row` for a flat one; safe to show on a terminal. */
  readonly type: string;
  readonly count: number;
}

/** Types shown at most: a file may have as many as lines. */
const TYPES_MAX = 20;
/** Fields that the plan knows by name, of a row and in all: one row with a hundred thousand must not make a plan of as many columns. */
const ROW_FIELDS_MAX = 1_000;
const FIELDS_MAX = 5_000;
const EVENTS: ReadonlySet<unknown> = new Set(['track', 'page', 'screen']);

export function countLines(sample: readonly RawRow[]): LineCounts {
  const lines = sample.flatMap((row) => (!Array.isArray(row) && 'json' in row ? [row.json] : []));
  const hasTyped = hasTypedLines(lines);
  const byType = new Map<string, number>();
  const fields = new Set<string>();
  let flat = 0;
  let events = 0;
  for (const json of lines) {
    const form = jsonForm(json, hasTyped);
    const { type, action } = json;
    if (form === 'flat') {
      flat += 1;
      for (const name of Object.keys(json).slice(0, ROW_FIELDS_MAX)) if (fields.size < FIELDS_MAX) fields.add(name);
    }
    if ((form === 'typed' && EVENTS.has(type)) || (form === 'operation' && action === 'event')) events += 1;
    const label =
      form === 'flat'
        ? 'row'
        : safeText(
            form === 'typed' ? String(type) : `${typeof type === 'string' ? type : 'person'} ${String(action)}`,
            40,
          );
    byType.set(label, (byType.get(label) ?? 0) + 1);
  }
  const sorted = [...byType].toSorted(([, one], [, other]) => other - one).map(([type, count]) => ({ type, count }));
  return {
    total: lines.length,
    flat,
    events,
    hasTyped,
    fields: [...fields],
    byType: flat === lines.length ? [] : sorted.slice(0, TYPES_MAX),
  };
}
