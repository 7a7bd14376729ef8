import { withoutEmpty } from './identify.ts';
import { isObject, parseJson, toJson, toName, type JsonObject } from '../store/json.ts';
import type { ObjectKey, StoredObject } from '../store/objects.ts';
import type { PersonKey } from '../store/people.ts';
import type { Effect } from '../store/records.ts';
import type { Workspace } from '../store/workspace.ts';
import { eventOwner } from './track-event.ts';

/** Creates or updates an object; null and "" remove an attribute (docs/customerio.md 5.3). */
export function identifyObject(workspace: Workspace, key: ObjectKey, attributes: JsonObject): StoredObject | undefined {
  const object = findOrCreate(workspace, key);
  if (object === undefined) return undefined;
  workspace.objects.save(object.oid, merge(object.attributes, attributes));
  return object;
}

export function deleteObject(workspace: Workspace, key: ObjectKey): Effect {
  const object = workspace.objects.find(key);
  if (object !== undefined) workspace.objects.remove(object.oid);
  return 'applied';
}

export type RelationshipAction = 'add_relationships' | 'delete_relationships';

/** Relates a person to objects. `list` is the validated `cio_relationships` array. */
export function relatePerson(
  workspace: Workspace,
  key: PersonKey,
  action: RelationshipAction,
  list: readonly unknown[],
): Effect {
  const pid = action === 'add_relationships' ? eventOwner(workspace, key) : workspace.people.findPid(key);
  if (pid === undefined) return 'ignored';
  for (const entry of list.filter(isObject)) {
    const objectKey = toObjectKey(entry['identifiers']);
    if (objectKey !== undefined)
      relate(workspace, pid, objectKey, { action, attributes: entry['relationship_attributes'] });
  }
  return 'applied';
}

/** Relates an object to people; the same from the other side. */
export function relateObject(
  workspace: Workspace,
  key: ObjectKey,
  action: RelationshipAction,
  list: readonly unknown[],
): Effect {
  for (const entry of list.filter(isObject)) {
    const personKey = toPersonKey(entry['identifiers']);
    const pid = personKey === undefined ? undefined : eventOwner(workspace, personKey);
    if (pid !== undefined) relate(workspace, pid, key, { action, attributes: entry['relationship_attributes'] });
  }
  return 'applied';
}

interface Relationship {
  readonly action: RelationshipAction;
  readonly attributes: unknown;
}

function relate(workspace: Workspace, pid: number, key: ObjectKey, { action, attributes }: Relationship): void {
  const { objects } = workspace;
  const object = action === 'add_relationships' ? findOrCreate(workspace, key) : objects.find(key);
  if (object === undefined) return;
  if (action === 'delete_relationships') objects.unrelate(pid, object.oid);
  else
    objects.relate(
      pid,
      object.oid,
      merge(objects.relationship(pid, object.oid) ?? '{}', isObject(attributes) ? attributes : {}),
    );
}

function findOrCreate({ objects }: Workspace, key: ObjectKey): StoredObject | undefined {
  return objects.find(key) ?? ('object_id' in key ? objects.create(key.object_type_id, key.object_id) : undefined);
}

function merge(stored: string, attributes: JsonObject): string {
  const before = parseJson(stored);
  return toJson(withoutEmpty({ ...(isObject(before) ? before : {}), ...attributes }));
}

export function toObjectKey(identifiers: unknown): ObjectKey | undefined {
  if (!isObject(identifiers)) return undefined;
  const cioObjectId = toName(identifiers['cio_object_id']);
  if (cioObjectId !== undefined) return { cio_object_id: cioObjectId };
  const objectTypeId = toName(identifiers['object_type_id']);
  const objectId = toName(identifiers['object_id']);
  if (!objectTypeId || !objectId) return undefined;
  return { object_type_id: objectTypeId, object_id: objectId };
}

/** The one identifier of a person in v2; undefined if there is none, or more than one. */
export function toPersonKey(identifiers: unknown): PersonKey | undefined {
  if (!isObject(identifiers)) return undefined;
  let found: PersonKey | undefined;
  for (const kind of ['id', 'email', 'phone', 'cio_id'] as const) {
    const value = toName(identifiers[kind]);
    if (!value) continue;
    if (found !== undefined) return undefined;
    found = { kind, value };
  }
  return found;
}
