import { keyInPath, pageOf, toNext } from './request.ts';
import type { Call } from '../http/call.ts';
import { parseJson, type JsonObject } from '../store/json.ts';
import type { Activity } from '../store/activities.ts';
import { cioIdOf, pidOf, type Person } from '../store/people.ts';
import { appError, json, type Answer } from '../http/wire.ts';

const LIMIT_DEFAULT = 10;
const LIMIT_MAX = 100;
const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** GET /v1/customers/{id}/activities, newest first. */
export function customerActivities(call: Call): Answer {
  const key = keyInPath(call);
  if (key === undefined) return appError(400, 'id_type must be one of id, email, phone, cio_id');
  const pid = call.workspace.people.findPid(key);
  return pid === undefined ? appError(404, 'not found') : list(call, pid, false);
}

/** GET /v1/activities: of all people, or of `customer_id`; of deleted people only with `deleted=true`. */
export function workspaceActivities(call: Call): Answer {
  const { query, workspace } = call;
  const id = query.get('customer_id');
  const isDeletedToo = query.get('deleted') === 'true';
  if (id === null) return list(call, undefined, isDeletedToo);
  const pid =
    workspace.people.findPid({ kind: query.get('id_type') === 'cio_id' ? 'cio_id' : 'id', value: id }) ?? pidOf(id);
  return pid === undefined ? json(200, { activities: [], next: '' }) : list(call, pid, isDeletedToo);
}

type ActivityRow = Activity & Pick<Person, 'id' | 'email'>;

function list(call: Call, pid: number | undefined, isDeletedToo: boolean): Answer {
  const { db, activities } = call.workspace;
  const { after, limit } = pageOf(call, LIMIT_DEFAULT, LIMIT_MAX);
  if (pid !== undefined) activities.indexByPerson();
  const conditions: string[] = [];
  const values: Record<string, string | number> = { limit: limit + 1 };
  const restrict = (sql: string, name: string, value: string | number | null): void => {
    if (value === null) return;
    conditions.push(sql);
    values[name] = value;
  };
  restrict('a.pid = @pid', 'pid', pid ?? null);
  restrict('a.type = @type', 'type', call.query.get('type'));
  restrict('a.name = @name', 'name', call.query.get('name'));
  restrict('a.seq < @before', 'before', after === 0 ? null : after);
  if (!isDeletedToo) conditions.push('(a.pid IS NULL OR p.pid IS NOT NULL)');
  const rows = db
    .prepare<[typeof values], ActivityRow>(
      `SELECT a.*, p.id, p.email FROM activities a LEFT JOIN people p ON p.pid = a.pid
     ${conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`} ORDER BY a.seq DESC LIMIT @limit`,
    )
    .all(values);
  const page = rows.slice(0, limit);
  return json(200, { activities: page.map(toActivity), next: toNext(page.at(-1)?.seq, rows.length > limit) });
}

/** A page activity comes back without a name (docs/customerio.md 2.7). */
function toActivity(row: ActivityRow): JsonObject {
  return {
    id: activityId(row),
    type: row.type,
    ...(row.type === 'page' || row.name === null ? {} : { name: row.name }),
    timestamp: row.at,
    customer_id: row.id ?? '',
    customer_identifiers:
      row.pid === null ? null : { id: row.id ?? '', email: row.email ?? '', cio_id: cioIdOf(row.pid) },
    data: parseJson(row.body),
  };
}

/** ULID-shaped, as in the reference's example: time of receipt and the activity's number, not the id that was sent. */
function activityId({ received_ms: receivedMs, seq }: Activity): string {
  return crockford(receivedMs, 10) + crockford(seq, 16);
}

function crockford(value: number, length: number): string {
  let text = '';
  for (let rest = value; text.length < length; rest = Math.floor(rest / 32))
    text = (CROCKFORD[rest % 32] ?? '0') + text;
  return text;
}
