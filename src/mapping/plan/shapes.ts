/** What a value of a JSON file must be: its check, and the same as JSON Schema. One cannot be changed without the other. */
import type { JsonChecks } from './json-checks.ts';
import type { ListSplit, TimeFormat, TimeFormats } from '../../domain/plan.ts';
import { escapePointer } from './json-source.ts';
import { isPattern, PATTERN_SHAPE } from '../values/time-patterns.ts';
import { isRecord } from '../values/json-values.ts';

export interface Shape<T> {
  readonly schema: Readonly<Record<string, unknown>>;
  /** @throws CioBulkError `mapping`, by `check.fail` */
  read(value: unknown, pointer: string, check: Pick<JsonChecks, 'fail'>): T;
}

export const text: Shape<string> = {
  schema: { type: 'string', minLength: 1 },
  read: (value, pointer, { fail }) =>
    typeof value === 'string' && value !== '' ? value : fail(pointer, 'must be a text that is not empty'),
};

export const yesOrNo: Shape<boolean> = {
  schema: { type: 'boolean' },
  read: (value, pointer, { fail }) => (typeof value === 'boolean' ? value : fail(pointer, 'must be true or false')),
};

/** `item` says what each of them is, and may be nothing but a text. */
export function listOf<T extends string>(item: Shape<T>, what: string): Shape<readonly T[]> {
  return {
    schema: { type: 'array', minItems: 1, items: item.schema },
    read(value, pointer, check) {
      if (!Array.isArray(value) || value.length === 0)
        return check.fail(pointer, `must be a list of ${what}, and not an empty one`);
      return (value as unknown[]).map((one, index) => item.read(one, `${pointer}/${index}`, check));
    },
  };
}

const STYLES = ['csv', 'backslash', 'postgres'] as const;
/** What quotes, escapes and braces are made of cannot separate. */
const SEPARATOR = String.raw`^[^"\\{}]+$`;
const separator = new RegExp(SEPARATOR, 'u');

export const listSplit: Shape<string | ListSplit> = {
  schema: {
    anyOf: [
      text.schema,
      {
        type: 'object',
        additionalProperties: false,
        required: ['at', 'as'],
        properties: { at: { type: 'string', pattern: SEPARATOR }, as: { enum: STYLES } },
      },
    ],
  },
  read(value, pointer, check) {
    if (!isRecord(value)) return text.read(value, pointer, check);
    const other = Object.keys(value).find((key) => key !== 'at' && key !== 'as');
    if (other !== undefined)
      return check.fail(`${pointer}/${escapePointer(other)}`, 'is no key of a split: allowed here: at, as');
    const { at } = value;
    if (typeof at !== 'string' || !separator.test(at))
      return check.fail(`${pointer}/at`, 'must be a text without quotes, backslashes and braces, and not an empty one');
    return { at, as: oneOf(STYLES).read(value['as'], `${pointer}/as`, check) };
  },
};

const FORMATS = [
  'auto',
  'iso',
  'unix',
  'unix_ms',
  'unix_us',
  'unix_local',
  'excel',
  'dd/mm/yyyy',
  'mm/dd/yyyy',
] as const;
const PATTERN = new RegExp(PATTERN_SHAPE, 'u');

const timeFormat: Shape<TimeFormat> = {
  schema: { anyOf: [{ enum: FORMATS }, { type: 'string', pattern: PATTERN_SHAPE }] },
  read(value, pointer, { fail }) {
    const known = FORMATS.find((format) => format === value);
    if (known !== undefined) return known;
    if (typeof value === 'string' && isPattern(value))
      return PATTERN.test(value)
        ? value
        : fail(
            pointer,
            'is no pattern of a time',
            'a pattern names the year, month and day (%Y-%m-%d) or the year and its day (%Y %j), and %I goes with %p; docs/mapping.md lists the fields',
          );
    return fail(pointer, `must be one of ${FORMATS.join(', ')}, or a pattern such as %d/%m/%Y %H:%M`);
  },
};

const formatList = listOf(timeFormat, 'formats');

export const timeFormats: Shape<TimeFormats> = {
  schema: { anyOf: [timeFormat.schema, formatList.schema] },
  read: (value, pointer, check) => (Array.isArray(value) ? formatList : timeFormat).read(value, pointer, check),
};

export const anyText: Shape<string> = {
  schema: { type: 'string' },
  read: (value, pointer, { fail }) => (typeof value === 'string' ? value : fail(pointer, 'must be a text')),
};

export function oneOf<const T extends string>(choices: readonly T[]): Shape<T> {
  return {
    schema: { enum: choices },
    read: (value, pointer, { fail }) =>
      choices.find((choice) => choice === value) ?? fail(pointer, `must be one of ${choices.join(', ')}`),
  };
}

const texts = listOf(anyText, 'texts');

/** Rows are told by them. */
export const textsByColumn: Shape<Readonly<Record<string, readonly string[]>>> = {
  schema: { type: 'object', minProperties: 1, additionalProperties: texts.schema },
  read(value, pointer, check) {
    if (!isRecord(value) || Object.keys(value).length === 0)
      return check.fail(pointer, 'must be an object, and not an empty one');
    return Object.fromEntries(
      Object.entries(value).map(([name, list]) => [name, texts.read(list, `${pointer}/${escapePointer(name)}`, check)]),
    );
  },
};

type Scalar = string | number | boolean;

function isScalar(value: unknown): value is Scalar {
  return typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value);
}

/** Something to send: `null` and an empty text are nothing. */
export const scalar: Shape<Scalar> = {
  schema: { type: ['string', 'number', 'boolean'], minLength: 1 },
  read: (value, pointer, { fail }) =>
    isScalar(value) && value !== ''
      ? value
      : fail(pointer, 'must be a text that is not empty, a number, true or false', 'for null there is "empty"'),
};

/** What becomes of texts, none of which is empty. */
export const scalarByText: Shape<Readonly<Record<string, Scalar | null>>> = {
  schema: {
    type: 'object',
    minProperties: 1,
    propertyNames: { minLength: 1 },
    additionalProperties: { type: ['string', 'number', 'boolean', 'null'] },
  },
  read(value, pointer, { fail }) {
    if (!isRecord(value) || Object.keys(value).length === 0)
      return fail(pointer, 'must be an object, and not an empty one');
    for (const [key, one] of Object.entries(value)) {
      const below = `${pointer}/${escapePointer(key)}`;
      if (key === '') fail(below, 'is about empty cells', 'for those there is "default"');
      if (one !== null && !isScalar(one)) fail(below, 'must be a text, a number, true, false or null');
    }
    return value as Readonly<Record<string, Scalar | null>>;
  },
};
