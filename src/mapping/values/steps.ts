/**
 * The value steps of the mapping file in the order in which they are taken: the one table that its checks, its schema and the
 * functions of the columns come from.
 */
import type { ColumnPlan, ColumnSteps, ColumnType, TimeFormats } from '../../domain/plan.ts';
import { NAMING } from '../../domain/roles.ts';
import {
  anyText,
  listOf,
  listSplit,
  oneOf,
  scalar,
  scalarByText,
  text,
  textsByColumn,
  timeFormats,
  yesOrNo,
  type Shape,
} from '../plan/shapes.ts';
import * as step from './step-functions.ts';
import type { Step, StepContext } from './step-functions.ts';

type Role = ColumnPlan['role'];
/** `format` is how a column's type reads a text: it has its place in the order, and its own in a plan. */
type Settings = ColumnSteps & { readonly format?: TimeFormats };
export type StepKey = keyof Settings;
interface StepRule<K extends StepKey> {
  readonly shape: Shape<
    NonNullable<Settings[K]> | (K extends 'trim' | 'not' ? false : K extends 'too_long' ? 'invalid' : never)
  >;
  /** What may be said, and asks for nothing. */
  readonly off?: false | 'invalid';
  /** The type of a column whose values this step makes; it can have no other (but a list of hashes is a list). */
  readonly gives?: ColumnType;
  /** Keys that make no sense beside this one. */
  readonly notWith?: readonly StepKey[];
  /** Roles that a column with this step cannot have, and why. */
  readonly notFor?: readonly [roles: readonly Role[], why: string];
  /** null where nothing can be to do. Absent: done for several columns at once (join, first_of, unless), with another step, or by the column's type. */
  readonly compile?: (setting: NonNullable<Settings[K]>, context: StepContext) => Step | null;
}

const ALL: readonly Role[] = [...NAMING, 'device_platform', 'object_type_id', 'event', 'timestamp'];

/** Their order is the contract. */
export const STEPS: { readonly [K in StepKey]: StepRule<K> } = {
  join: { shape: listOf(text, 'column names') },
  separator: { shape: anyText },
  first_of: { shape: listOf(text, 'column names'), notWith: ['join'] },
  unescape: { shape: oneOf(['postgres']), compile: step.unescaped },
  null_values: { shape: listOf(anyText, 'texts'), compile: step.emptied },
  trim: { shape: yesOrNo, off: false, compile: step.trimmed },
  strip_prefix: { shape: text, compile: step.withoutPrefix },
  values: { shape: scalarByText, compile: step.replaced },
  not: {
    shape: yesOrNo,
    off: false,
    gives: 'boolean',
    notWith: ['split', 'hash'],
    notFor: [ALL, 'is no yes or no'],
    compile: step.inverted,
  },
  split: { shape: listSplit, gives: 'json', notFor: [ALL, 'is one value, and no list'], compile: step.divided },
  unless: { shape: textsByColumn },
  default: { shape: scalar, notFor: [NAMING, 'would be the same for many'], compile: step.filled },
  format: { shape: timeFormats },
  too_long: {
    shape: oneOf(['invalid', 'cut', 'omit']),
    off: 'invalid',
    notFor: [[...NAMING, 'timestamp'], 'would be another one'],
    compile: step.shortened,
  },
  hash: {
    shape: oneOf(['sha256']),
    gives: 'string',
    notWith: ['format'],
    notFor: [['timestamp'], 'would be no time'],
    compile: step.hashed,
  },
};

export const STEP_KEYS = Object.keys(STEPS) as readonly StepKey[];

/** The type that a column has by its steps, or undefined. */
export function typeOfSteps(steps: ColumnSteps): ColumnType | undefined {
  return keysOf(steps)
    .map((key) => STEPS[key].gives)
    .find((type) => type !== undefined);
}

/** What a column with such a role cannot have, and why; null when all of it is fine. */
export function misplacedStep(steps: ColumnSteps, role: Role): { readonly key: StepKey; readonly why: string } | null {
  for (const key of keysOf(steps)) {
    const { notFor } = STEPS[key];
    if (notFor?.[0].includes(role) === true) return { key, why: notFor[1] };
  }
  const isSame =
    NAMING.includes(role) &&
    Object.entries(steps.values ?? {}).some(([key, value]) => step.isPrefix(key) && value !== null);
  return isSame ? { key: 'values', why: 'would be the same for many (a key that ends in * may give null only)' } : null;
}

/** The columns whose values a step puts in the place of the column's own, and the step's key; null when there is none. */
export function gatheredBy({ join, first_of: firstOf }: ColumnSteps): {
  readonly key: 'join' | 'first_of';
  readonly names: readonly string[];
} | null {
  if (join !== undefined) return { key: 'join', names: join };
  return firstOf === undefined ? null : { key: 'first_of', names: firstOf };
}

/** All columns that the steps look at beside the column's own. */
export function lookedAtBy(steps: ColumnSteps): readonly string[] {
  return [...(gatheredBy(steps)?.names ?? []), ...Object.keys(steps.unless ?? {})];
}

/** The steps that are taken, in their order. */
export function keysOf(steps: Settings): readonly StepKey[] {
  return STEP_KEYS.filter((key) => steps[key] !== undefined);
}

export interface CompiledSteps {
  /** Those whose results other columns gather; none where the column gathers itself. */
  readonly before: Step | null;
  readonly after: Step | null;
}

export function compileSteps(steps: ColumnSteps, context: StepContext): CompiledSteps {
  const compiled = STEP_KEYS.map((key) => compileStep(steps, key, context));
  const cut = gatheredBy(steps) === null ? STEP_KEYS.indexOf('default') : 0;
  return { before: inTurn(compiled.slice(0, cut)), after: inTurn(compiled.slice(cut)) };
}

function compileStep<K extends StepKey>(steps: Pick<Settings, K>, key: K, context: StepContext): Step | null {
  const setting: Settings[K] = steps[key];
  const rule: StepRule<K> = STEPS[key];
  return setting === undefined ? null : (rule.compile?.(setting, context) ?? null);
}

function inTurn(steps: readonly (Step | null)[]): Step | null {
  const own = steps.filter((step) => step !== null);
  if (own.length === 0) return null;
  return (given) => {
    let value = given;
    for (const step of own) {
      const next = step(value);
      if (next === null) return null;
      value = next;
    }
    return value;
  };
}

/** Whether a value of the column may be something else than a text. */
export function makesValues({ values = {}, not, split, default: other = '' }: ColumnSteps): boolean {
  return (
    not === true ||
    split !== undefined ||
    [...Object.values(values), other].some((one) => one !== null && typeof one !== 'string')
  );
}

/** Texts that the steps bring in: they are not in the file. */
export function ownTexts({ values = {}, separator = '', default: other = '' }: ColumnSteps): readonly string[] {
  return [...Object.values(values), separator, other].filter((one) => typeof one === 'string');
}
