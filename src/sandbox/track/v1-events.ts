import type { Call, Route } from '../http/call.ts';
import { invalid, LIMITS, type Problem } from './limits.ts';
import { isObject, toJson, toName, type JsonObject } from '../store/json.ts';
import { toTrackedEvent, trackAnonymous, trackEvent } from './track-event.ts';
import { apply, withBody, withPerson } from './v1-request.ts';
import { eventNameProblems, timestampProblems } from './validate-fields.ts';
import { ACCEPTED, metaErrors, type Answer } from '../http/wire.ts';

const TYPES: readonly unknown[] = ['event', 'page', 'screen'];

/** Everything wrong with a v1 event (docs/customerio.md 2.7, 5.1). Pages and screens may have any name: a page's is its URL. */
function eventProblems(body: JsonObject): Problem[] {
  const { type, data, id } = body;
  const problems = eventNameProblems(body['name']);
  if (type !== undefined && !TYPES.includes(type)) problems.push(invalid('type', `must be one of ${TYPES.join(', ')}`));
  if (id !== undefined && id !== null && typeof id !== 'string') problems.push(invalid('id', 'must be a ULID'));
  problems.push(...timestampProblems(body['timestamp'], 'timestamp'));
  if (data === undefined || data === null) return problems;
  if (!isObject(data)) return [...problems, invalid('data', 'must be an object')];
  if (Buffer.byteLength(toJson(data)) > LIMITS.eventDataBytes) {
    problems.push(invalid('data', `cannot be longer than ${LIMITS.eventDataBytes} bytes`));
  }
  return problems;
}

function postAnonymousEvent(call: Call, body: JsonObject): Answer {
  const problems = eventProblems(body);
  if (problems.length > 0) return metaErrors(problems);
  const anonymousId = toName(body['anonymous_id']) || undefined;
  const event = toTrackedEvent(body, body['type'], body['data']);
  apply(call, undefined, { action: event.type, ...body }, () => trackAnonymous(call.workspace, anonymousId, event));
  return ACCEPTED;
}

const postEvent = withPerson((call, key) =>
  withBody((_call, body) => {
    const problems = eventProblems(body);
    if (problems.length > 0) return metaErrors(problems);
    const event = toTrackedEvent(body, body['type'], body['data']);
    apply(call, key, { action: event.type, ...body }, () => trackEvent(call.workspace, key, event));
    return ACCEPTED;
  })(call),
);

export const V1_EVENT_ROUTES: readonly Route[] = [
  { method: 'POST', path: '/api/v1/customers/:identifier/events', auth: 'track', faults: true, answer: postEvent },
  { method: 'POST', path: '/api/v1/events', auth: 'track', faults: true, answer: withBody(postAnonymousEvent) },
];
