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

/**
 * The traits of a typed line. Those of an identify may also be in its context, as the browser libraries of RudderStack have them:
 * where both have a key, the line's own counts. Beside `data` or `attributes`, which say the same in another way, the context does not.
 */
export function traitsOf(json: JsonRecord): unknown {
  const { traits, context } = json;
  if (json['type'] !== 'identify' || !isRecord(context) || !isRecord(context['traits'])) return traits;
  if (has(json, 'data', 'attributes')) return traits;
  return isRecord(traits) ? { ...context['traits'], ...traits } : (traits ?? context['traits']);
}
