/** The value steps of a mapping file: how they are read, and which column of a source takes which. */
import type { RawRow } from '../../domain/block.ts';
import { CioBulkError } from '../../domain/errors.ts';
import type { ColumnSteps, ColumnType, Plan, TimeFormats } from '../../domain/plan.ts';
import { createStepping } from '../rows/stepped-rows.ts';
import type { JsonRecord } from '../values/json-values.ts';
import { gatheredBy, lookedAtBy, misplacedStep, STEP_KEYS, STEPS, typeOfSteps, type StepKey } from '../values/steps.ts';
import type { Columns } from './column-names.ts';
import type { JsonChecks } from './json-checks.ts';
import type { MappingColumn, MappingFile } from './plan-options.ts';
import type { Role } from '../../domain/roles.ts';
import type { Roles } from './roles.ts';

/** The steps of a column's entry; undefined when there are none. @throws CioBulkError `mapping` */
export function stepsOf(check: JsonChecks, entry: JsonRecord, pointer: string): ColumnSteps | undefined {
  const given = STEP_KEYS.filter((key) => entry[key] !== undefined).map(
    (key) => [key, STEPS[key].shape.read(entry[key], `${pointer}/${key}`, check)] as const,
  );
  const asked = given.filter(([key, setting]) => key !== 'format' && setting !== STEPS[key].off);
  if (asked.length === 0) return undefined;
  const steps: ColumnSteps = Object.fromEntries(asked);
  if (steps.separator !== undefined && steps.join === undefined)
    check.fail(`${pointer}/separator`, 'is for "join", which is not there');
  for (const [key] of asked) {
    const other = STEPS[key].notWith?.find((one) => entry[one] !== undefined);
    if (other !== undefined) check.fail(`${pointer}/${other}`, `cannot stand beside "${key}"`);
  }
  const type = typeOfSteps(steps);
  if (type !== undefined && entry['type'] !== undefined && entry['type'] !== type)
    check.fail(`${pointer}/type`, `must be ${type}, which is what the value steps make, or be left out`);
  return steps;
}

/** The one step that the type of a column takes. */
export function formatOf(check: JsonChecks, entry: JsonRecord, pointer: string): TimeFormats | undefined {
  const format = entry['format'];
  return format === undefined ? undefined : STEPS.format.shape.read(format, `${pointer}/format`, check);
}

/** The type that is said of a column, in so many words or by what is done with its values; undefined where it is to be inferred. */
export function typeSaid(
  { steps, format }: Partial<MappingColumn>,
  demanded: ColumnType | undefined,
): ColumnType | undefined {
  const made = steps === undefined ? undefined : typeOfSteps(steps);
  return made ?? demanded ?? (format === undefined || format === 'auto' ? undefined : 'timestamp');
}

/** Names of columns that a file does not have: the mapping file makes them of others. */
export function joinedNames(names: readonly string[], map: MappingFile | null): readonly string[] {
  return [...(map?.columns ?? [])].flatMap(([name, { steps }]) =>
    gatheredBy(steps ?? {}) === null || names.includes(name) ? [] : [name],
  );
}

/** The steps of a column, whose role is known by now; the columns that it is made of by their names in the file. */
export function settledSteps(
  {
    columns,
    map,
    isNdjson,
  }: { readonly columns: Columns; readonly map: MappingFile | null; readonly isNdjson: boolean },
  name: string,
  role: Role | undefined,
): ColumnSteps | undefined {
  const entry = map?.columns.get(name);
  const said = entry?.steps;
  const steps = said !== undefined && entry?.isByPattern === true ? fittingSteps(said, role) : said;
  if (steps === undefined) return undefined;
  const where = (key: StepKey): string => map?.where(`${entry?.pointer}/${key}`) ?? '';
  const misplaced = misplacedStep(steps, role ?? 'attribute');
  if (misplaced !== null)
    throw new CioBulkError('mapping', `${where(misplaced.key)}: this column is the ${role}, which ${misplaced.why}`, {
      hint: 'leave the key out',
    });
  const gathered = gatheredBy(steps);
  const { unless } = steps;
  if (isNdjson || lookedAtBy(steps).length === 0) return steps;
  const inFile = (other: string, key: StepKey): string =>
    columns.names[columns.named(other, where(key), 'mapping')] ?? other;
  return {
    ...steps,
    ...(gathered === null ? {} : { [gathered.key]: gathered.names.map((other) => inFile(other, gathered.key)) }),
    ...(unless === undefined
      ? {}
      : {
          unless: Object.fromEntries(Object.entries(unless).map(([other, texts]) => [inFile(other, 'unless'), texts])),
        }),
  };
}

/** Of the steps of a pattern, those that a column with such a role can have. */
function fittingSteps(steps: ColumnSteps, role: Role | undefined): ColumnSteps | undefined {
  const misplaced = misplacedStep(steps, role ?? 'attribute');
  if (misplaced === null) return Object.keys(steps).length === 0 ? undefined : steps;
  const { [misplaced.key as keyof ColumnSteps]: _, ...others } = steps;
  return fittingSteps(others, role);
}

/** The sample as its columns' steps leave it: types are inferred from that, and it is what people are shown. */
export function sampleAfterSteps(
  {
    columns,
    map,
    roles,
    isNdjson,
  }: {
    readonly columns: Columns;
    readonly map: MappingFile | null;
    readonly roles: Roles;
    readonly isNdjson: boolean;
  },
  sample: readonly RawRow[],
  plan: Pick<Plan, 'nulls' | 'hasTypedLines'>,
): readonly RawRow[] {
  const stepped = columns.names.map((name, index) => {
    const role = roles.byColumn.get(index);
    const steps = settledSteps({ columns, map, isNdjson }, name, role);
    return { index, name, role: role ?? ('attribute' as const), ...(steps === undefined ? {} : { steps }) };
  });
  return sample.map(createStepping({ ...plan, kind: roles.kind, columns: stepped }));
}
