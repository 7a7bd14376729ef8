/** Who a row is about: the one place that decides whether a text can be somebody's identifier. */
import { bytesOver, EMAIL_BYTES_MAX, ID_BYTES_MAX } from '../../domain/limits.ts';
import type { PersonKind } from '../../domain/person.ts';
import type { Plan } from '../../domain/plan.ts';
import { scalarText } from '../values/json-values.ts';
import { isNullMarker } from '../values/nulls.ts';
import type { Packer } from '../rows/packer.ts';
import { isBlank } from '../values/values.ts';

export interface Identifiers {
  /** Whether a text that is not empty is unusable; then the row is settled as invalid. `column` counts from 1 (CSV). */
  isBad(kind: PersonKind, text: string, field: string, column?: number): boolean;
  /** The identifier in a JSON value, '' when there is none, null when it is unusable (and the row settled as invalid). */
  of(value: unknown, kind: PersonKind, field: string): string | null;
}

const LONE_SURROGATE = /\p{Surrogate}/u;
export function createIdentifiers({ nulls }: Pick<Plan, 'nulls'>, packer: Packer): Identifiers {
  const areMarkersNames = nulls?.length === 0; // --null ''

  function isBad(kind: PersonKind, text: string, field: string, column?: number): boolean {
    const what = column === undefined ? `"${field}"` : `the ${kind}`;
    const bytesMax = kind === 'email' ? EMAIL_BYTES_MAX : ID_BYTES_MAX;
    const bytes = bytesOver(text, bytesMax);
    if (bytes > 0) packer.invalid('too_long', `${what} has ${bytes} bytes; the limit is ${bytesMax}`, column, field);
    else if (isBlank(text)) packer.invalid('bad_identifier', `${what} is only blanks`, column, field);
    else if (!areMarkersNames && isNullMarker(text))
      packer.invalid(
        'no_identifier',
        `${what} is a marker for "nothing" (as NULL or N/A are): say which are empty cells with --null, or that they are names with --null ''`,
        column,
        field,
      );
    else return false;
    return true;
  }

  return {
    isBad,
    of(value, kind, field) {
      if (value === undefined || value === null || value === '') return '';
      const text = scalarText(value);
      if (text === null || typeof value === 'boolean')
        packer.invalid('bad_identifier', `"${field}" must be a text or a number`, undefined, field);
      else if (isBad(kind, text, field)) return null;
      else if (LONE_SURROGATE.test(text))
        packer.invalid('bad_identifier', `"${field}" holds half a character`, undefined, field);
      else return kind === 'cio_id' && text.startsWith('cio_') ? text.slice(4) : text;
      return null;
    },
  };
}
