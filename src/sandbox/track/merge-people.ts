import { isObject, parseJson, toJson } from '../store/json.ts';
import { cioIdOf, type PersonKey } from '../store/people.ts';
import type { Effect } from '../store/records.ts';
import type { Workspace } from '../store/workspace.ts';

/** Merges the secondary into the primary (docs/customerio.md 2.8). If either does not exist, nothing happens. */
export function mergePeople(workspace: Workspace, primaryKey: PersonKey, secondaryKey: PersonKey): Effect {
  const { people, possessions, activities } = workspace;
  const primary = people.find(primaryKey);
  const secondary = people.find(secondaryKey);
  if (primary === undefined || secondary === undefined || primary.pid === secondary.pid) return 'ignored';
  possessions.move(secondary.pid, primary.pid);
  activities.move(secondary.pid, primary.pid);
  people.remove(secondary.pid);
  people.save({
    ...primary,
    id: primary.id ?? secondary.id,
    email: primary.email ?? secondary.email,
    phone: primary.phone ?? secondary.phone,
    attributes: mergedAttributes(primary.attributes, secondary.attributes),
  });
  activities.add({
    type: 'profile_merge',
    uid: null,
    pid: primary.pid,
    anonymousId: null,
    name: null,
    at: Math.floor(workspace.now() / 1000),
    body: toJson({ primary: cioIdOf(primary.pid), secondary: cioIdOf(secondary.pid) }),
  });
  return 'applied';
}

function mergedAttributes(primary: string, secondary: string): string {
  const kept = parseJson(primary);
  const gained = parseJson(secondary);
  return toJson({ ...(isObject(gained) ? gained : {}), ...(isObject(kept) ? kept : {}) });
}
