import { filterToSql, type SqlCondition } from './filter.ts';
import { bodyOf, identifiersOf, keyInPath, pageOf, toNext } from './request.ts';
import type { Call } from '../http/call.ts';
import { isObject, parseJson, toName, toText, type JsonObject } from '../store/json.ts';
import { cioIdOf, type Person } from '../store/people.ts';
import { appError, json, type Answer } from '../http/wire.ts';

const SEARCH_LIMIT_DEFAULT = 50;
const SEARCH_LIMIT_MAX = 1000;

/** GET /v1/customers?email= */
export function findByEmail(call: Call): Answer {
  const email = call.query.get('email');
  if (!email) return appError(400, 'email is required');
  const person = call.workspace.people.find({ kind: 'email', value: email });
  return json(200, { results: person === undefined ? [] : [identifiersOf(person)] });
}

/** POST /v1/customers: a page of people who match the filter. */
export function search(call: Call): Answer {
  let condition: SqlCondition;
  try {
    condition = filterToSql(bodyOf(call)?.['filter']);
  } catch (error) {
    return appError(400, error instanceof Error ? error.message : 'bad filter');
  }
  const { after, limit } = pageOf(call, SEARCH_LIMIT_DEFAULT, SEARCH_LIMIT_MAX);
  const people = call.workspace.db
    .prepare<unknown[], Person>(`SELECT * FROM people WHERE pid > ? AND ${condition.sql} ORDER BY pid LIMIT ?`)
    .all(after, ...condition.values, limit + 1);
  const page = people.slice(0, limit);
  return json(200, {
    identifiers: page.map(identifiersOf),
    ids: page.map(({ id }) => id).filter((id) => id !== null),
    next: toNext(page.at(-1)?.pid, people.length > limit),
  });
}

/** GET /v1/customers/{id}/attributes */
export function attributesOfOne(call: Call): Answer {
  const key = keyInPath(call);
  if (key === undefined) return appError(400, 'id_type must be one of id, email, phone, cio_id');
  const person = call.workspace.people.find(key);
  return person === undefined ? appError(404, 'not found') : json(200, { customer: profileOf(call, person) });
}

/** POST /v1/customers/attributes: those of the ids that exist. */
export function attributesOfMany(call: Call): Answer {
  const ids = bodyOf(call)?.['ids'];
  if (!Array.isArray(ids)) return appError(400, 'ids is required');
  const people = ids
    .map((id: unknown) => call.workspace.people.find({ kind: 'id', value: toName(id) ?? '' }))
    .filter((person) => person !== undefined);
  return json(200, { customers: people.map((person) => profileOf(call, person)) });
}

/** Every attribute is shown as a string (docs/customerio.md 5.3), identifiers among them. */
function profileOf(call: Call, person: Person): JsonObject {
  const stored = parseJson(person.attributes);
  const own = isObject(stored) ? stored : {};
  const texts = Object.fromEntries(Object.entries(own).map(([name, value]) => [name, toText(value)]));
  return {
    id: person.id ?? '',
    identifiers: identifiersOf(person),
    attributes: {
      ...texts,
      ...(person.id === null ? {} : { id: person.id }),
      ...(person.email === null ? {} : { email: person.email }),
      cio_id: cioIdOf(person.pid),
      _created_in_customerio_at: String(Math.floor(person.created_ms / 1000)),
    },
    timestamps: { cio_id: Math.floor(person.created_ms / 1000) },
    unsubscribed: isUnsubscribed(own['unsubscribed']),
    devices: call.workspace.possessions
      .devices(person.pid)
      .map(({ token, platform, last_used: lastUsed, attributes }) => ({
        id: token,
        platform,
        last_used: lastUsed,
        attributes: parseJson(attributes),
      })),
  };
}

/** `true` in any case, 1 and "1" mean unsubscribed; anything else means subscribed (docs/customerio.md 2.5). */
function isUnsubscribed(value: unknown): boolean {
  const text = toName(value)?.toLowerCase();
  return value === true || text === 'true' || text === '1';
}
