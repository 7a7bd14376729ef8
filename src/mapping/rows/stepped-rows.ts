/** Rows after the value steps of their columns. Everything behind it (identifiers, types, limits) sees values as if the file had them so. */
import type { RawRow } from '../../domain/block.ts';
import { ATTRIBUTE_VALUE_BYTES_MAX, EVENT_NAME_BYTES_MAX } from '../../domain/limits.ts';
import type { ColumnPlan, ColumnSteps, Plan } from '../../domain/plan.ts';
import { IDENTIFYING } from '../../domain/roles.ts';
import { quote } from '../values/json-text.ts';
import { scalarText } from '../values/json-values.ts';
import { isNullMarker } from '../values/nulls.ts';
import type { JsonRecord } from '../values/json-values.ts';
import type { Step, StepValue } from '../values/step-functions.ts';
import { compileSteps, gatheredBy, ownTexts } from '../values/steps.ts';
import { jsonForm } from './json-form.ts';
import type { Packer } from './packer.ts';
import { textTest } from './skipped-rows.ts';

export type SteppedColumn = Pick<ColumnPlan, 'index' | 'name' | 'role' | 'steps'>;
export type SteppedPlan = Pick<Plan, 'kind' | 'nulls' | 'hasTypedLines'> & {
  readonly columns: readonly SteppedColumn[];
};

export interface SteppedRows {
  /** Whether values may have characters that JSON escapes, though the file has none. */
  readonly isEscaped: boolean;
  /** null: the row is invalid (and settled as such). Values that are no texts are in `packer.made` too, until the next row. */
  cells(cells: readonly string[]): readonly string[] | null;
  /** The same for a flat row of JSON. What is neither text, number nor boolean is left alone. */
  json(json: JsonRecord): JsonRecord | null;
}

/** A column whose value is looked at: for its own steps, or for another one's join. */
interface Source {
  readonly column: SteppedColumn;
  readonly before: Step | null;
  readonly after: Step | null;
  /** Makes a value of the others' values; null where the column has its own. */
  readonly together: ((values: Values) => StepValue) | null;
  /** Whether other columns say that there is nothing here; null where none is asked. */
  readonly isOff: ((read: Read) => boolean) | null;
}

/** What a row has in a column, as the source has it: as `textOf`. */
type Read = (column: Pick<SteppedColumn, 'index' | 'name'>) => string | null;

/** null when no column has steps: then nothing is looked at. */
export function createSteppedRows(
  plan: SteppedPlan,
  packer: Pick<Packer, 'invalid' | 'made'>,
  isOnlyLook = false,
): SteppedRows | null {
  const sources = sourcesOf(plan, packer);
  if (sources.length === 0) return null;
  const { made } = packer;
  const run = createRun(sources, isOnlyLook);

  return {
    // (What `unescape` makes of a cell was a backslash before, so that its block is not taken for plain anyhow.)
    isEscaped: sources.some(({ column }) => ownTexts(column.steps ?? {}).some((text) => quote(text) !== `"${text}"`)),
    cells(given) {
      const values = run(({ index }) => given[index] ?? '');
      if (values === null) return null;
      const cells = given.slice();
      for (const [at, { column }] of sources.entries()) {
        if (column.steps === undefined) continue;
        const value = values[at] ?? '';
        cells[column.index] = typeof value === 'object' ? JSON.stringify(value) : String(value);
        made[column.index] = typeof value === 'string' ? undefined : value;
      }
      return cells;
    },
    json(given) {
      const values = run(({ name }) => (Object.hasOwn(given, name) ? textOf(given[name]) : ''));
      if (values === null) return null;
      const json = Object.assign(Object.create(null) as Record<string, unknown>, given);
      for (const [at, { column }] of sources.entries()) {
        const { name, steps } = column;
        const value = values[at] ?? null;
        if (steps === undefined || value === null || value === textOf(json[name])) continue;
        json[name] = value === '' ? null : value;
      }
      return json;
    },
  };
}

/** For rows that are only looked at. A value that a step would make its row invalid for stays as it is. */
export function createStepping(plan: SteppedPlan): (row: RawRow) => RawRow {
  const stepped = createSteppedRows(plan, { invalid: () => undefined, made: [] }, true);
  if (stepped === null) return (row) => row;
  return (row) => {
    if (Array.isArray(row)) return [...(stepped.cells(row) ?? row)];
    if (!('json' in row) || jsonForm(row.json, plan.hasTypedLines === true) !== 'flat') return row;
    return { json: stepped.json(row.json) ?? row.json };
  };
}

/** What a value of JSON is to the steps: its text, empty where there is none, null where they leave it alone. */
function textOf(value: unknown): string | null {
  return value === undefined || value === null ? '' : scalarText(value);
}

function sourcesOf(plan: SteppedPlan, packer: Pick<Packer, 'invalid'>): readonly Source[] {
  const isJoined = new Set(
    plan.columns.flatMap(({ steps = {}, role }) => (role === 'drop' ? [] : (gatheredBy(steps)?.names ?? []))),
  );
  const columns = plan.columns.filter(
    ({ name, role, steps }) => isJoined.has(name) || (steps !== undefined && role !== 'drop'),
  );
  return columns.map((column) => {
    const keepsMarkers = plan.nulls?.length !== 0 && IDENTIFYING.includes(column.role);
    return {
      column,
      ...compileSteps(column.steps ?? {}, {
        bytesMax: bytesMaxOf(plan, column),
        keepsMarkers,
        refuse(message) {
          packer.invalid('bad_value', `the value ${message}`, column.index + 1 || undefined, column.name);
          return null;
        },
      }),
      together: togetherOf(column, keepsMarkers, (name) => columns.findIndex((other) => other.name === name)),
      isOff: offTestOf(column.steps ?? {}, plan),
    };
  });
}

/** `placeOf`: of a column among the sources. */
function togetherOf(
  { role, steps = {} }: SteppedColumn,
  keepsMarkers: boolean,
  placeOf: (name: string) => number,
): Source['together'] {
  const gathered = gatheredBy(steps);
  if (gathered === null) return null;
  const places = gathered.names.map(placeOf);
  const { separator = ' ' } = steps;
  if (gathered.key === 'first_of') return (values) => firstFilled(places, values);
  if (!IDENTIFYING.includes(role)) return (values) => joined(places, values, separator);
  // Half an identifier may be the whole one of somebody else, and a marker for "nothing" is none.
  return (values) => {
    const parts = places.map((place) => String(values[place] ?? ''));
    const marker = keepsMarkers ? parts.find((part) => isNullMarker(part)) : undefined;
    return marker ?? (parts.includes('') ? '' : parts.join(separator));
  };
}

function offTestOf({ unless }: ColumnSteps, { columns }: SteppedPlan): Source['isOff'] {
  if (unless === undefined) return null;
  const asked = Object.entries(unless).map(([name, texts]) => ({
    column: columns.find((column) => column.name === name) ?? { index: -1, name },
    isOneOf: textTest({ texts }),
  }));
  return (read) =>
    asked.some(({ column, isOneOf }) => {
      const text = read(column);
      return text !== null && isOneOf(text);
    });
}

/** Data of events has a limit as a whole only. */
function bytesMaxOf({ kind }: SteppedPlan, { role }: SteppedColumn): number {
  if (role === 'event') return EVENT_NAME_BYTES_MAX;
  return kind === 'events' ? Number.POSITIVE_INFINITY : ATTRIBUTE_VALUE_BYTES_MAX;
}

type Values = readonly (StepValue | null | undefined)[];

/** The values of all sources, null where one is left alone; null altogether when the row is invalid. One array serves all rows. */
function createRun(sources: readonly Source[], isOnlyLook: boolean): (read: Read) => Values | null {
  const first: (StepValue | null)[] = [];
  const last: (StepValue | null)[] = [];
  return (read) => {
    for (let at = 0; at < sources.length; at++) {
      const source = sources[at];
      if (source === undefined) break;
      const text = read(source.column);
      const value = text === null || source.before === null ? text : source.before(text);
      if (value === null && text !== null && !isOnlyLook) return null;
      first[at] = value ?? text;
    }
    for (let at = 0; at < sources.length; at++) {
      const source = sources[at];
      if (source === undefined) break;
      const own = source.together === null ? (first[at] ?? null) : source.together(first);
      const value = source.isOff?.(read) === true ? '' : own;
      const next = value === null || source.after === null ? value : source.after(value);
      if (next === null && value !== null && !isOnlyLook) return null;
      last[at] = next ?? value;
    }
    return last;
  };
}

function joined(places: readonly number[], values: Values, separator: string): string {
  return places
    .flatMap((place) => values[place] ?? '')
    .map(String)
    .filter((text) => text !== '')
    .join(separator);
}

function firstFilled(places: readonly number[], values: Values): StepValue {
  for (const place of places) {
    const value = values[place] ?? '';
    if (value !== '' && !(typeof value === 'object' && value.length === 0)) return value;
  }
  return '';
}
