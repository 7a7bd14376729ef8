import { isObject, parseJson, toJson, toName, type JsonObject } from '../store/json.ts';
import type { NewPerson, Person, PersonKey } from '../store/people.ts';
import type { Effect } from '../store/records.ts';
import type { Workspace } from '../store/workspace.ts';

/** An attribute change, split into identifiers, settings of the call, and attributes to store. */
export interface ProfileChange {
  readonly id: string | undefined;
  readonly email: string | undefined;
  readonly anonymousId: string | undefined;
  /** Never create (`_update`). */
  readonly isUpdateOnly: boolean;
  /** When the change happened, unix seconds; orders rapid updates. */
  readonly timestamp: number | undefined;
  readonly attributes: JsonObject;
}

/** Anonymous events older than this are not claimed (docs/customerio.md 2.5). */
const CLAIM_DAYS = 30;
const SECONDS_PER_DAY = 86_400;

/** Splits identify attributes by the reserved names of docs/customerio.md 2.5. `timestamp` is v2's top-level field. */
export function toProfileChange(body: JsonObject, timestamp?: unknown): ProfileChange {
  const {
    id,
    email,
    cio_id: _immutable,
    anonymous_id: anonymousId,
    _timestamp,
    _update,
    cio_relationships: _related,
    ...attributes
  } = body;
  return {
    id: toIdentifier(id),
    email: toIdentifier(email),
    anonymousId: toIdentifier(anonymousId),
    isUpdateOnly: _update === true,
    timestamp: toSeconds(timestamp) ?? toSeconds(_timestamp),
    attributes,
  };
}

function toIdentifier(value: unknown): string | undefined {
  return toName(value) || undefined;
}

export function toSeconds(value: unknown): number | undefined {
  const number = typeof value === 'string' && value !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? Math.floor(number) : undefined;
}

/** Creates or updates a person by the identity rules of docs/customerio.md 2.6. Never fails: a change that is impossible becomes an activity. */
export function identify(workspace: Workspace, key: PersonKey, change: ProfileChange): Effect {
  const { people } = workspace;
  if (isSuppressed(workspace, key, change)) return note(workspace, 'skipped_update', null, { suppressed: true });
  let person = people.find(key);
  if (person === undefined && key.kind === 'cio_id') {
    return note(workspace, 'skipped_update', null, { reason: 'unknown cio_id' });
  }
  person ??= findByBody(workspace, change);
  if (person === undefined) {
    if (change.isUpdateOnly)
      return note(workspace, 'failed_attribute_change', null, { reason: '_update of an unknown person' });
    const pid = people.create(toNewPerson(key, change));
    claimAnonymous(workspace, pid, change.anonymousId);
    return 'applied';
  }
  update(workspace, person, key, change);
  claimAnonymous(workspace, person.pid, change.anonymousId);
  return 'applied';
}

export function toNewPerson(key: PersonKey, change: ProfileChange): NewPerson {
  return {
    id: key.kind === 'id' ? key.value : (change.id ?? null),
    email: key.kind === 'email' ? key.value : (change.email ?? null),
    phone: key.kind === 'phone' ? key.value : null,
    attributes: toJson(withoutEmpty(change.attributes)),
    stamp: change.timestamp ?? null,
  };
}

function isSuppressed({ suppression }: Workspace, key: PersonKey, change: ProfileChange): boolean {
  if (!suppression.isUsed()) return false;
  if (suppression.has(key)) return true;
  if (change.id !== undefined && suppression.has({ kind: 'id', value: change.id })) return true;
  return change.email !== undefined && suppression.has({ kind: 'email', value: change.email });
}

function findByBody({ people }: Workspace, change: ProfileChange): Person | undefined {
  const byId = change.id === undefined ? undefined : people.find({ kind: 'id', value: change.id });
  return byId ?? (change.email === undefined ? undefined : people.find({ kind: 'email', value: change.email }));
}

function update(workspace: Workspace, person: Person, key: PersonKey, change: ProfileChange): void {
  const wanted = {
    id: key.kind === 'id' ? key.value : change.id,
    email: key.kind === 'email' ? key.value : change.email,
    phone: key.kind === 'phone' ? key.value : undefined,
  };
  const isFree = key.kind === 'cio_id';
  const id = settleIdentifier(workspace, person, { kind: 'id', wanted: wanted.id, isFree });
  const email = settleIdentifier(workspace, person, { kind: 'email', wanted: wanted.email, isFree });
  const phone = settleIdentifier(workspace, person, { kind: 'phone', wanted: wanted.phone, isFree });
  const attributes = mergeAttributes(person, change);
  const stamp = change.timestamp === undefined ? person.stamp : Math.max(person.stamp ?? 0, change.timestamp);
  const isSame =
    id === person.id &&
    email === person.email &&
    phone === person.phone &&
    stamp === person.stamp &&
    attributes === person.attributes;
  if (!isSame) workspace.people.save({ ...person, id, email, phone, attributes, stamp });
}

interface IdentifierChange {
  readonly kind: 'id' | 'email' | 'phone';
  readonly wanted: string | undefined;
  /** Whether an identifier that is set may change: only in calls that name the person by `cio_id`. */
  readonly isFree: boolean;
}

/** The identifier that a person has afterwards. One that belongs to another person stays there. */
function settleIdentifier(
  workspace: Workspace,
  person: Person,
  { kind, wanted, isFree }: IdentifierChange,
): string | null {
  const current = person[kind];
  if (wanted === undefined || wanted === current) return current;
  const owner = workspace.people.findPid({ kind, value: wanted });
  if (owner === person.pid) return isFree ? wanted : current;
  if (owner === undefined && (current === null || isFree)) return wanted;
  const reason = owner === undefined ? `${kind} is already set` : `${kind} belongs to another person`;
  note(workspace, 'failed_attribute_change', person.pid, { field: kind, reason });
  return current;
}

/** New values win, unless they are older than what the person has; null and "" remove (documented for objects only). */
function mergeAttributes(person: Person, change: ProfileChange): string {
  const stored = parseJson(person.attributes);
  const before = isObject(stored) ? stored : {};
  const isStale = change.timestamp !== undefined && person.stamp !== null && change.timestamp < person.stamp;
  const merged = isStale ? { ...withoutEmpty(change.attributes), ...before } : { ...before, ...change.attributes };
  return toJson(isStale ? merged : withoutEmpty(merged));
}

export function withoutEmpty(attributes: JsonObject): JsonObject {
  let kept: Record<string, unknown> | undefined;
  for (const name in attributes) {
    const value = attributes[name];
    if (value !== null && value !== '') continue;
    kept ??= { ...attributes };
    delete kept[name];
  }
  return kept ?? attributes;
}

function claimAnonymous(workspace: Workspace, pid: number, anonymousId: string | undefined): void {
  if (anonymousId === undefined || workspace.possessions.claimant(anonymousId) !== undefined) return;
  const since = Math.floor(workspace.now() / 1000) - CLAIM_DAYS * SECONDS_PER_DAY;
  workspace.possessions.claim(anonymousId, pid);
  workspace.activities.claim(anonymousId, pid, since);
}

/** Records something that HTTP does not show (docs/customerio.md 2.6) and says that the call had no effect. */
export function note(
  workspace: Workspace,
  type: 'skipped_update' | 'failed_attribute_change' | 'failed_event',
  pid: number | null,
  body: JsonObject,
): Effect {
  workspace.activities.add({
    type,
    uid: null,
    pid,
    anonymousId: null,
    name: null,
    at: Math.floor(workspace.now() / 1000),
    body: toJson(body),
  });
  return 'ignored';
}
