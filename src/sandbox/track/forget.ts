import type { Person, PersonKey } from '../store/people.ts';
import type { Effect } from '../store/records.ts';
import type { Workspace } from '../store/workspace.ts';
import { cioIdOf } from '../store/people.ts';
import { toJson } from '../store/json.ts';

/** Deletes a person (docs/customerio.md 2.8); deleting an unknown person is fine. Later traffic may create the person again. */
export function deletePerson(workspace: Workspace, key: PersonKey): Effect {
  const person = workspace.people.find(key);
  if (person !== undefined) removePerson(workspace, person);
  return 'applied';
}

/** Deletes the person and blocks every identifier they have, and the one named. */
export function suppressPerson(workspace: Workspace, key: PersonKey): Effect {
  const person = workspace.people.find(key);
  if (person === undefined && key.kind === 'cio_id') return 'ignored';
  const keys: PersonKey[] = key.kind === 'cio_id' ? [] : [key];
  for (const kind of ['id', 'email', 'phone'] as const) {
    const value = person?.[kind];
    if (value) keys.push({ kind, value });
  }
  workspace.suppression.add(keys);
  if (person !== undefined) removePerson(workspace, person);
  return 'applied';
}

/** Frees the identifiers. The profile does not come back. */
export function unsuppressPerson(workspace: Workspace, key: PersonKey): Effect {
  workspace.suppression.remove(key);
  return 'applied';
}

function removePerson(workspace: Workspace, person: Person): void {
  workspace.possessions.removeAllOf(person.pid);
  workspace.people.remove(person.pid);
  workspace.activities.add({
    type: 'profile_delete',
    uid: null,
    pid: person.pid,
    anonymousId: null,
    name: null,
    at: Math.floor(workspace.now() / 1000),
    body: toJson({ id: person.id, email: person.email, cio_id: cioIdOf(person.pid) }),
  });
}
