import { applyOperation } from './apply-operation.ts';
import { toNewPerson, toProfileChange } from './identify.ts';
import { toPersonKey } from './relate.ts';
import { isObject, type JsonObject } from '../store/json.ts';
import type { NewActivity } from '../store/activities.ts';
import { ROWS_PER_INSERT, type NewPerson } from '../store/people.ts';
import type { Workspace } from '../store/workspace.ts';
import { eventOwner, toActivity, toTrackedEvent } from './track-event.ts';

export interface BatchEffects {
  readonly duplicates: number;
}

/**
 * Applies the valid operations of a batch in order. Runs of operations of one simple kind (identify, event) are tried many at a time.
 * If one of them meets something that exists already, that run is applied again one by one, by the full rules.
 */
export function applyBatch(workspace: Workspace, operations: readonly JsonObject[]): BatchEffects {
  const { records } = workspace;
  let duplicates = 0;
  let at = 0;
  while (at < operations.length) {
    const run = operations.slice(at, at + ROWS_PER_INSERT);
    at += run.length;
    const isPlain = run.length === ROWS_PER_INSERT && !records.isLogged && !workspace.suppression.isUsed();
    if (isPlain && (createPeople(workspace, run) || addEvents(workspace, run))) continue;
    for (const operation of run) {
      const effect = applyOperation(workspace, operation);
      records.operation(personOf(operation), effect, operation);
      if (effect === 'duplicate') duplicates += 1;
    }
  }
  return { duplicates };
}

/** Stores a run of simple identifies of new people. False, and nothing stored, if it contains anything else. */
function createPeople(workspace: Workspace, run: readonly JsonObject[]): boolean {
  const people: NewPerson[] = [];
  for (const operation of run) {
    const { attributes, timestamp } = operation;
    if (
      operation['action'] !== 'identify' ||
      operation['type'] !== 'person' ||
      operation['cio_relationships'] !== undefined
    )
      return false;
    const key = toPersonKey(operation['identifiers']);
    if (key === undefined || key.kind === 'cio_id') return false;
    if (people.length === 0 && workspace.people.findPid(key) !== undefined) return false;
    const change = toProfileChange(isObject(attributes) ? attributes : {}, timestamp);
    if (change.isUpdateOnly || change.anonymousId !== undefined) return false;
    people.push(toNewPerson(key, change));
  }
  return workspace.people.createAll(people);
}

/** Stores a run of events with new ids. False, and nothing stored, if it contains anything else. */
function addEvents(workspace: Workspace, run: readonly JsonObject[]): boolean {
  if (!run.every((operation) => operation['action'] === 'event' && operation['type'] === 'person')) return false;
  const activities: NewActivity[] = [];
  const created: number[] = [];
  for (const operation of run) {
    const key = toPersonKey(operation['identifiers']);
    const event = toTrackedEvent(operation, 'event', operation['attributes']);
    const isKnown = activities.length === 0 && event.uid !== undefined && workspace.activities.isKnown(event.uid);
    const known = key === undefined ? undefined : workspace.people.findPid(key);
    const pid = known ?? (key === undefined || isKnown ? undefined : eventOwner(workspace, key));
    if (pid === undefined || isKnown) return undo(workspace, created);
    if (known === undefined) created.push(pid);
    activities.push(toActivity(workspace, event, pid, null));
  }
  return workspace.activities.addAll(activities) || undo(workspace, created);
}

/** A repeated event does not create a person. */
function undo(workspace: Workspace, created: readonly number[]): false {
  for (const pid of created) workspace.people.remove(pid);
  return false;
}

/** The person an operation names, for the operation log: `id:7`, `email:a@b.example`; empty for objects and deliveries. */
export function personOf(operation: JsonObject): string {
  const key = toPersonKey(operation['action'] === 'merge' ? operation['primary'] : operation['identifiers']);
  return key === undefined ? '' : `${key.kind}:${key.value}`;
}
