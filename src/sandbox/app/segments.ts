import { bodyOf, identifiersOf, pageOf, toNext } from './request.ts';
import type { Call } from '../http/call.ts';
import { isObject, toName, type JsonObject } from '../store/json.ts';
import type { Person } from '../store/people.ts';
import type { Segment } from '../store/possessions.ts';
import { appError, json, type Answer } from '../http/wire.ts';

const MEMBERSHIP_LIMIT_DEFAULT = 1000;
const MEMBERSHIP_LIMIT_MAX = 30_000;

export function listSegments(call: Call): Answer {
  return json(200, { segments: call.workspace.possessions.segments().map(describe) });
}

/** POST /v1/segments creates a manual segment, the only kind there is here. */
export function createSegment(call: Call): Answer {
  const segment = bodyOf(call)?.['segment'];
  const name = isObject(segment) ? toName(segment['name']) : undefined;
  if (!isObject(segment) || !name) return appError(400, 'segment.name is required');
  call.workspace.transaction.begin();
  const created = call.workspace.possessions.addSegment(name, toName(segment['description']) ?? '');
  return json(200, { segment: describe(created) });
}

export function membership(call: Call): Answer {
  const segment = segmentOf(call);
  if (segment === undefined) return appError(404, 'not found');
  const { after, limit } = pageOf(call, MEMBERSHIP_LIMIT_DEFAULT, MEMBERSHIP_LIMIT_MAX);
  const people = call.workspace.db
    .prepare<[number, number, number], Person>(
      'SELECT p.* FROM memberships m JOIN people p ON p.pid = m.pid WHERE m.sid = ? AND m.pid > ? ORDER BY m.pid LIMIT ?',
    )
    .all(segment.sid, after, limit + 1);
  const page = people.slice(0, limit);
  return json(200, {
    segment_id: segment.sid,
    ids: page.map(({ id }) => id).filter((id) => id !== null),
    identifiers: page.map(identifiersOf),
    next: toNext(page.at(-1)?.pid, people.length > limit),
  });
}

export function customerCount(call: Call): Answer {
  const segment = segmentOf(call);
  if (segment === undefined) return appError(404, 'not found');
  return json(200, { segment_id: segment.sid, count: call.workspace.possessions.memberCount(segment.sid) });
}

function segmentOf(call: Call): Segment | undefined {
  return call.workspace.possessions.segment(Number(call.params['segment']));
}

function describe({ sid, name, description }: Segment): JsonObject {
  return {
    id: sid,
    deduplicate_id: `${sid}:0`,
    name,
    description,
    state: 'finished',
    progress: null,
    type: 'manual',
    tags: null,
  };
}
