/** What a JSON line is: an operation of Track v2, a line such as Segment writes, or a flat row like one of a CSV file. */
import { isRecord } from '../values/json-values.ts';
import type { JsonRecord } from '../values/json-values.ts';

export type JsonForm = 'operation' | 'typed' | 'flat';

const has = (json: JsonRecord, ...names: readonly string[]): boolean =>
  names.some((name) => json[name] !== undefined && json[name] !== null);

/**
 * `isAmongTyped`: the file has typed lines. A line with a type that nobody knows is one of them then, and no flat row with a column
 * called "type", unless it has an identifier that only flat rows have.
 */
export function jsonForm(json: JsonRecord, isAmongTyped: boolean): JsonForm {
  const type = json['type'];
  const isV2Type = type === 'person' || type === 'object' || type === 'delivery';
  if (isV2Type && (typeof json['action'] === 'string' || 'identifiers' in json)) return 'operation';
  if (json['action'] === 'merge' && 'primary' in json && 'secondary' in json) return 'operation';
  if (type === 'identify' || type === 'track') return 'typed';
  if (typeof type !== 'string') return 'flat';
  if (has(json, 'userId', 'anonymousId', 'previousId', 'groupId')) return 'typed';
  if (type === 'group' || type === 'alias') return has(json, 'group_id', 'previous_id') ? 'typed' : 'flat';
  const isAboutSomebody = has(json, 'user_id', 'anonymous_id');
  if (
    isAboutSomebody &&
    (type === 'page' || type === 'screen' || [json['properties'], json['traits'], json['context']].some(isRecord))
  )
    return 'typed';
  return isAmongTyped && !has(json, 'id', 'customer_id', 'email', 'cio_id') ? 'typed' : 'flat';
}

/** What `jsonForm` needs to know of a file, by its first lines. */
export function hasTypedLines(lines: readonly JsonRecord[]): boolean {
  return lines.some((json) => jsonForm(json, false) === 'typed');
}

/** The object that a typed line is about: what is known of the person, or what happened. */
export function traitsOf(json: JsonRecord): unknown {
  const context = json['context'];
  return json['type'] === 'identify' && isRecord(context) && isRecord(context['traits'])
    ? context['traits']
    : undefined;
}
