import type { Person } from '../store/people.ts';
import type { Workspace } from '../store/workspace.ts';
import type { Activity } from '../store/activities.ts';
import { cioIdOf } from '../store/people.ts';

/** Everything stored, as NDJSON lines in the order of creation, page by page: `after` is the last `seq` seen. */

const PAGE_DEFAULT = 1000;
const PAGE_MAX = 100_000;

interface Page {
  readonly after: number;
  readonly limit: number;
}

function pageOf(query: URLSearchParams): Page {
  const limit = Number(query.get('limit') ?? PAGE_DEFAULT) || PAGE_DEFAULT;
  return { after: Number(query.get('after') ?? 0) || 0, limit: Math.min(limit, PAGE_MAX) };
}

/** `{seq, id, email, phone, cio_id, timestamp, attributes}`; attributes with the digits and types that were sent. */
export function readPeople({ db }: Workspace, query: URLSearchParams): string[] {
  const { after, limit } = pageOf(query);
  const people = db
    .prepare<[number, number], Person>('SELECT * FROM people WHERE pid > ? ORDER BY pid LIMIT ?')
    .all(after, limit);
  return people.map((p) =>
    line(
      { seq: p.pid, id: p.id, email: p.email, phone: p.phone, cio_id: cioIdOf(p.pid), timestamp: p.stamp },
      'attributes',
      p.attributes,
    ),
  );
}

interface EventRow extends Activity {
  readonly person_id: string | null;
  readonly person_email: string | null;
}

/**
 * `{seq, id, type, name, timestamp, person_id, person_email, anonymous_id, data}`. `type=` picks one type of activity,
 * such as failed_attribute_change; the default is events, pages and screens.
 */
export function readEvents({ db }: Workspace, query: URLSearchParams): string[] {
  const { after, limit } = pageOf(query);
  const type = query.get('type');
  const types = type === null ? "IN ('event', 'page', 'screen')" : '= @type';
  const rows = db
    .prepare<[Readonly<Record<string, unknown>>], EventRow>(
      `SELECT a.*, p.id AS person_id, p.email AS person_email FROM activities a LEFT JOIN people p ON p.pid = a.pid
     WHERE a.seq > @after AND a.type ${types} ORDER BY a.seq LIMIT @limit`,
    )
    .all({ after, limit, ...(type === null ? {} : { type }) });
  return rows.map((a) =>
    line(
      {
        seq: a.seq,
        id: a.uid,
        type: a.type,
        name: a.name,
        timestamp: a.at,
        person_id: a.person_id,
        person_email: a.person_email,
        anonymous_id: a.anonymous_id,
      },
      'data',
      a.body,
    ),
  );
}

/** What people have, and objects: queries with a `seq` and `attributes`. */
const THINGS = {
  devices: `SELECT row_number() OVER (ORDER BY pid, token) AS seq, people.id AS person_id, people.email AS person_email,
    token, platform, last_used, devices.attributes FROM devices JOIN people USING (pid)`,
  objects: 'SELECT oid AS seq, object_type_id, object_id, attributes FROM objects',
  relationships: `SELECT row_number() OVER (ORDER BY pid, oid) AS seq, people.id AS person_id, people.email AS person_email,
    object_type_id, object_id, relationships.attributes FROM relationships JOIN people USING (pid) JOIN objects USING (oid)`,
} as const;

/** The columns of the query; attributes as they were sent. */
export function readThings({ db }: Workspace, what: keyof typeof THINGS, query: URLSearchParams): string[] {
  const { after, limit } = pageOf(query);
  const things = db
    .prepare<[number, number], { readonly attributes: string }>(
      `SELECT * FROM (${THINGS[what]}) WHERE seq > ? ORDER BY seq LIMIT ?`,
    )
    .all(after, limit);
  return things.map(({ attributes, ...rest }) => line(rest, 'attributes', attributes));
}

interface LogRow {
  readonly seq: number;
  readonly person: string;
  readonly received_ms: number;
  readonly effect: string;
  readonly operation: string;
}

/** `{seq, person, received_ms, effect, operation}` in the order received; `person=id:7` picks one person. */
export function readLog({ db }: Workspace, query: URLSearchParams): string[] {
  const { after, limit } = pageOf(query);
  const person = query.get('person');
  const rows = db
    .prepare<[Readonly<Record<string, unknown>>], LogRow>(
      `SELECT * FROM operation_log WHERE seq > @after ${person === null ? '' : 'AND person = @person'} ORDER BY seq LIMIT @limit`,
    )
    .all({ after, limit, ...(person === null ? {} : { person }) });
  return rows.map(({ operation, ...rest }) => line(rest, 'operation', operation));
}

/** Inserts stored JSON as it is: parsing it would take time and lose digits of long numbers. */
function line(fields: Readonly<Record<string, unknown>>, name: string, storedJson: string): string {
  return `${JSON.stringify(fields).slice(0, -1)},"${name}":${storedJson}}`;
}
