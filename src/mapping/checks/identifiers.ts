/** Who a row is about: the one place that decides whether a text can be somebody's identifier. */
import { bytesOver, EMAIL_BYTES_MAX, ID_BYTES_MAX } from '../../domain/limits.ts';
import type { PersonKind } from '../../domain/person.ts';
import type { Plan } from '../../domain/plan.ts';
import { scalarText } from '../values/json-values.ts';
import { isNullMarker, MARKER_CHARS_MAX } from '../values/nulls.ts';
import type { Packer } from '../rows/packer.ts';
import { isBlank } from '../values/values.ts';

/** What can name a person, or something of theirs. */
export type NameKind = PersonKind | 'device_token' | 'device_platform' | 'object_type_id' | 'object_id';

export interface Identifiers {
  /** Whether a text that is not empty is unusable; then the row is settled as invalid. `column` counts from 1 (CSV). */
  isBad(kind: NameKind, text: string, field: string, column?: number): boolean;
  /** The identifier in a JSON value, '' when there is none, null when it is unusable (and the row settled as invalid). */
  of(value: unknown, kind: NameKind, field: string, column?: number): string | null;
}

/** Texts up to here have at most 150 bytes, whatever their characters. */
const SURELY_SHORT = ID_BYTES_MAX / 3;

/** Whether a text can be seen at a glance to be usable, as nearly all can: nothing blank and no marker ends with a digit, or is that long and ends with ASCII. */
function isPlain(text: string): boolean {
  if (text.length > SURELY_SHORT) return false;
  const last = text.charCodeAt(text.length - 1);
  return (last >= 0x30 && last <= 0x39) || (text.length > MARKER_CHARS_MAX && last > 0x20 && last < 0x7f);
}

/** Of kinds that have a limit of their own; a token is as long as its maker likes. */
const BYTES_MAX: Partial<Readonly<Record<NameKind, number>>> = {
  email: EMAIL_BYTES_MAX,
  device_token: Number.POSITIVE_INFINITY,
};

const LONE_SURROGATE = /\p{Surrogate}/u;
export function createIdentifiers({ nulls }: Pick<Plan, 'nulls'>, packer: Packer): Identifiers {
  const areMarkersNames = nulls?.length === 0; // --null ''

  function isBad(kind: NameKind, text: string, field: string, column?: number): boolean {
    if (isPlain(text)) return false;
    const bytesMax = BYTES_MAX[kind] ?? ID_BYTES_MAX;
    const bytes = bytesOver(text, bytesMax);
    if (bytes === 0 && !isBlank(text) && (areMarkersNames || !isNullMarker(text))) return false;
    const what = column === undefined ? `"${field}"` : `the ${kind}`;
    if (bytes > 0) packer.invalid('too_long', `${what} has ${bytes} bytes; the limit is ${bytesMax}`, column, field);
    else if (isBlank(text)) packer.invalid('bad_identifier', `${what} is only blanks`, column, field);
    else
      packer.invalid(
        'no_identifier',
        `${what} is a marker for "nothing" (as NULL or N/A are): say which are empty cells with --null, or that they are names with --null ''`,
        column,
        field,
      );
    return true;
  }

  return {
    isBad,
    of(value, kind, field, column) {
      if (value === undefined || value === null || value === '') return '';
      const text = scalarText(value);
      if (text === null || typeof value === 'boolean')
        packer.invalid('bad_identifier', `"${field}" must be a text or a number`, column, field);
      else if (isBad(kind, text, field, column)) return null;
      else if (LONE_SURROGATE.test(text))
        packer.invalid('bad_identifier', `"${field}" holds half a character`, column, field);
      else return kind === 'cio_id' && text.startsWith('cio_') ? text.slice(4) : text;
      return null;
    },
  };
}
