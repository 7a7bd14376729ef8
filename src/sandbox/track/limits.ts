import { toJson, type JsonObject } from '../store/json.ts';

/** Why one operation cannot be accepted: an entry of a v2 `errors` list (docs/customerio.md 3.4). */
export interface Problem {
  readonly reason: 'required' | 'invalid';
  readonly field: string;
  readonly message: string;
}

/** Size limits in UTF-8 bytes of what was sent, and counts (docs/customerio.md 5.1, strict decimal reading). */
export const LIMITS = {
  identifierBytes: 150,
  attributeNameBytes: 150,
  attributeValueBytes: 1000,
  attributes: 300,
  objectAttributesBytes: 100_000,
  eventNameBytes: 100,
  eventDataBytes: 100_000,
  itemBytes: 32_000,
  batchBytes: 500_000,
  segmentIds: 1000,
} as const;

/** UTF-8 bytes that one character of a JavaScript string (a UTF-16 unit) takes at most. */
const MAX_BYTES_PER_CHAR = 3;

/** Whether the text takes more UTF-8 bytes than this. */
export function isLongerThan(text: string, bytes: number): boolean {
  if (text.length * MAX_BYTES_PER_CHAR <= bytes) return false;
  return text.length > bytes || Buffer.byteLength(text) > bytes;
}

/** Checks names, values and count of person or object attributes. A nested value counts as its JSON. */
export function attributeProblems(attributes: JsonObject): Problem[] {
  const problems: Problem[] = [];
  let count = 0;
  for (const name in attributes) {
    count += 1;
    const value = attributes[name];
    if (isLongerThan(name, LIMITS.attributeNameBytes)) {
      problems.push(invalid('attributes', `property name cannot be longer than ${LIMITS.attributeNameBytes} bytes`));
    }
    if (typeof value === 'number' || typeof value === 'boolean' || value === null) continue;
    if (name === 'cio_relationships' || name === 'cio_subscription_preferences') continue;
    const text = typeof value === 'string' ? value : toJson(value);
    if (isLongerThan(text, LIMITS.attributeValueBytes)) {
      problems.push(
        invalid(`attributes.${name}`, `property value cannot be longer than ${LIMITS.attributeValueBytes} bytes`),
      );
    }
  }
  if (count > LIMITS.attributes) {
    problems.push(invalid('attributes', `cannot have more than ${LIMITS.attributes} properties`));
  }
  return problems;
}

export function invalid(field: string, message: string): Problem {
  return { reason: 'invalid', field, message };
}

export function required(field: string): Problem {
  return { reason: 'required', field, message: `${field} is required` };
}
