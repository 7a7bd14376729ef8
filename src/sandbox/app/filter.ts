import { isObject, toText } from '../store/json.ts';
import { pidOf } from '../store/people.ts';

/** A condition on the table `people`, with its parameters. */
export interface SqlCondition {
  readonly sql: string;
  readonly values: readonly (string | number)[];
}

const DEPTH_MAX = 10;

/** Turns the App API's audience filter (docs/customerio.md 7.1) into SQL. Throws an Error that names the mistake. */
export function filterToSql(filter: unknown, depth = 0): SqlCondition {
  if (depth > DEPTH_MAX) throw new Error('filter is nested too deeply');
  if (!isObject(filter)) throw new Error('filter must be an object');
  const [entry, another] = Object.entries(filter);
  if (entry === undefined || another !== undefined)
    throw new Error('filter must have exactly one of and, or, not, segment, attribute');
  const [name, value] = entry;
  switch (name) {
    case 'and':
    case 'or':
      return combine(name, value, depth);
    case 'not': {
      const inner = filterToSql(value, depth + 1);
      return { sql: `NOT (${inner.sql})`, values: inner.values };
    }
    case 'segment':
      return inSegment(value);
    case 'attribute':
      return attribute(value);
    default:
      throw new Error(`unknown filter "${name}"`);
  }
}

function combine(operator: 'and' | 'or', list: unknown, depth: number): SqlCondition {
  if (!Array.isArray(list) || list.length === 0)
    throw new Error(`${operator} must be an array with at least one filter`);
  const parts = list.map((part: unknown) => filterToSql(part, depth + 1));
  return {
    sql: `(${parts.map(({ sql }) => sql).join(` ${operator.toUpperCase()} `)})`,
    values: parts.flatMap(({ values }) => values),
  };
}

function inSegment(segment: unknown): SqlCondition {
  const id = isObject(segment) ? Number(segment['id']) : Number.NaN;
  if (!Number.isInteger(id)) throw new Error('segment.id must be an integer');
  return { sql: 'pid IN (SELECT pid FROM memberships WHERE sid = ?)', values: [id] };
}

/** Only `eq` and `exists` are documented; any other operator is refused. */
function attribute(leaf: unknown): SqlCondition {
  if (!isObject(leaf) || typeof leaf['field'] !== 'string') throw new Error('attribute.field is required');
  const { field, operator, value } = leaf;
  if (operator === 'exists') return exists(field);
  if (operator !== 'eq') throw new Error('attribute.operator must be one of eq, exists');
  if (value === undefined) throw new Error('attribute.value is required');
  return equals(field, toText(value));
}

function exists(field: string): SqlCondition {
  if (field === 'id' || field === 'email') return { sql: `${field} IS NOT NULL`, values: [] };
  if (field === 'cio_id') return { sql: '1', values: [] };
  return { sql: 'EXISTS (SELECT 1 FROM json_each(people.attributes) WHERE key = ?)', values: [field] };
}

function equals(field: string, text: string): SqlCondition {
  if (field === 'id' || field === 'email') return { sql: `${field} = ?`, values: [text] };
  if (field === 'cio_id') return { sql: 'pid = ?', values: [pidOf(text) ?? 0] };
  return {
    sql: `instr(people.attributes, ?) > 0 AND EXISTS (SELECT 1 FROM json_each(people.attributes) WHERE key = ?
      AND CASE type WHEN 'true' THEN 'true' WHEN 'false' THEN 'false' ELSE CAST(value AS TEXT) END = ?)`,
    values: [JSON.stringify(field), field, text],
  };
}
