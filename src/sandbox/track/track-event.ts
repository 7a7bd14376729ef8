import { isObject, toJson, toName, type JsonObject } from '../store/json.ts';
import type { NewActivity } from '../store/activities.ts';
import type { PersonKey } from '../store/people.ts';
import type { Effect } from '../store/records.ts';
import type { Workspace } from '../store/workspace.ts';
import { note, toSeconds } from './identify.ts';

export interface TrackedEvent {
  readonly type: 'event' | 'page' | 'screen';
  readonly name: string;
  /** Dedupe key (docs/customerio.md 4); events without one are never duplicates. */
  readonly uid: string | undefined;
  /** Unix seconds; undefined = now. */
  readonly timestamp: number | undefined;
  readonly data: JsonObject;
}

/** Reads an event from a v1 body (`data`) or a v2 operation (`attributes`), both already validated. */
export function toTrackedEvent(body: JsonObject, type: unknown, data: unknown): TrackedEvent {
  return {
    type: type === 'page' || type === 'screen' ? type : 'event',
    name: (toName(body['name']) ?? '').trim(),
    uid: toName(body['id']) || undefined,
    timestamp: toSeconds(body['timestamp']),
    data: isObject(data) ? data : {},
  };
}

/** An event of a person, who is created if the identifier is unknown (docs/customerio.md 2.7). */
export function trackEvent(workspace: Workspace, key: PersonKey, event: TrackedEvent): Effect {
  const { activities } = workspace;
  if (event.uid !== undefined && activities.isKnown(event.uid)) return 'duplicate';
  const pid = eventOwner(workspace, key);
  if (pid === undefined) return 'ignored';
  return activities.add(toActivity(workspace, event, pid, null)) ? 'applied' : 'duplicate';
}

/** The person an event belongs to. Undefined if there is none, which is recorded as an activity. */
export function eventOwner(workspace: Workspace, key: PersonKey): number | undefined {
  const { people, suppression } = workspace;
  if (suppression.isUsed() && suppression.has(key)) {
    note(workspace, 'skipped_update', null, { suppressed: true });
    return undefined;
  }
  const pid = people.findPid(key);
  if (pid !== undefined) return pid;
  if (key.kind === 'cio_id') {
    note(workspace, 'failed_event', null, { reason: 'unknown cio_id' });
    return undefined;
  }
  const nobody = { id: null, email: null, phone: null, attributes: '{}', stamp: null };
  return people.create({ ...nobody, [key.kind]: key.value });
}

/** An event of an unknown person, or of the one who has claimed the anonymous id. */
export function trackAnonymous(workspace: Workspace, anonymousId: string | undefined, event: TrackedEvent): Effect {
  const pid = anonymousId === undefined ? undefined : workspace.possessions.claimant(anonymousId);
  const activity = toActivity(workspace, event, pid ?? null, anonymousId ?? null);
  return workspace.activities.add(activity) ? 'applied' : 'duplicate';
}

export function toActivity(
  workspace: Workspace,
  event: TrackedEvent,
  pid: number | null,
  anonymousId: string | null,
): NewActivity {
  return {
    type: event.type,
    uid: event.uid ?? null,
    pid,
    anonymousId,
    name: event.name,
    at: event.timestamp ?? Math.floor(workspace.now() / 1000),
    body: toJson(event.data),
  };
}
