import type { Call, Route } from '../http/call.ts';
import { identify, toProfileChange } from './identify.ts';
import { invalid, LIMITS, required } from './limits.ts';
import { mergePeople } from './merge-people.ts';
import { toPersonKey } from './relate.ts';
import { isObject, toName, type JsonObject } from '../store/json.ts';
import { apply, withBody } from './v1-request.ts';
import { personIdentifierProblems } from './validate-fields.ts';
import { ACCEPTED, json, metaError, metaErrors, NO_CONTENT, type Answer } from '../http/wire.ts';

function mergeCustomers(call: Call, body: JsonObject): Answer {
  const problems = (['primary', 'secondary'] as const).flatMap((side) => personIdentifierProblems(body[side], side));
  const primary = toPersonKey(body['primary']);
  const secondary = toPersonKey(body['secondary']);
  const first = problems[0];
  if (first !== undefined) return metaError(400, `${first.field}: ${first.message}`);
  if (primary === undefined || secondary === undefined) return metaError(400, 'primary and secondary are required');
  apply(call, primary, { action: 'merge', ...body }, () => mergePeople(call.workspace, primary, secondary));
  return ACCEPTED;
}

/** Manual segments: ids of the wrong kind and unknown people are ignored (docs/customerio.md 2.1). */
function changeSegment(change: 'join' | 'leave'): (call: Call, body: JsonObject) => Answer {
  return (call, body) => {
    const ids = body['ids'];
    const kind = call.query.get('id_type') ?? 'id';
    const segment = call.workspace.possessions.segment(Number(call.params['segment']));
    if (!Array.isArray(ids)) return metaErrors([required('ids')]);
    if (ids.length < 1 || ids.length > LIMITS.segmentIds)
      return metaErrors([invalid('ids', `must hold 1 to ${LIMITS.segmentIds} ids`)]);
    if (kind !== 'id' && kind !== 'email' && kind !== 'cio_id')
      return metaErrors([invalid('id_type', 'must be one of id, email, cio_id')]);
    if (segment === undefined) return metaErrors([invalid('segment', 'must be a manual segment of this workspace')]);
    call.workspace.transaction.begin();
    call.count(1);
    for (const id of ids) {
      const pid = typeof id === 'string' ? call.workspace.people.findPid({ kind, value: id }) : undefined;
      if (pid !== undefined) call.workspace.possessions[change](segment.sid, pid);
    }
    return ACCEPTED;
  };
}

/** A form submission identifies its sender by exactly one of id and email. */
function submitForm(call: Call, body: JsonObject): Answer {
  const { data } = body;
  if (!isObject(data)) return metaErrors([required('data')]);
  const { id, email, ...fields } = data;
  const identifiers = { ...(id === undefined ? {} : { id }), ...(email === undefined ? {} : { email }) };
  const problems = personIdentifierProblems(identifiers, 'data');
  const key = toPersonKey(identifiers);
  if (problems.length > 0 || key === undefined) return metaErrors(problems.length > 0 ? problems : [required('data')]);
  apply(call, key, { action: 'form', data }, () => identify(call.workspace, key, toProfileChange(fields)));
  return NO_CONTENT;
}

function reportMetric(call: Call, body: JsonObject): Answer {
  const deliveryId = toName(body['delivery_id']);
  const metric = toName(body['metric'] ?? body['event']);
  if (!deliveryId) return metaErrors([required('delivery_id')]);
  if (!metric) return metaErrors([required('metric')]);
  call.workspace.transaction.begin();
  call.workspace.records.delivery(deliveryId, metric, body);
  call.count(1);
  return ACCEPTED;
}

/** Deliveries are unknown here, so nobody is unsubscribed. The call is recorded. */
function unsubscribe(call: Call, body: JsonObject): Answer {
  if (typeof body['unsubscribe'] !== 'boolean') return metaErrors([invalid('unsubscribe', 'must be true or false')]);
  call.workspace.transaction.begin();
  call.workspace.records.delivery(
    call.params['delivery'] ?? '',
    body['unsubscribe'] ? 'unsubscribed' : 'resubscribed',
    body,
  );
  call.count(1);
  return ACCEPTED;
}

/** Confirms the credentials and names the workspace. Never hit by faults, so that a preflight has only one meaning. */
function region(call: Call): Answer {
  return json(200, { url: call.url, region: call.region, environment_id: call.environmentId });
}

const SEGMENT = '/api/v1/segments/:segment';

export const V1_OTHER_ROUTES: readonly Route[] = [
  { method: 'GET', path: '/api/v1/accounts/region', auth: 'track', faults: false, answer: region },
  { method: 'POST', path: '/api/v1/merge_customers', auth: 'track', faults: true, answer: withBody(mergeCustomers) },
  {
    method: 'POST',
    path: `${SEGMENT}/add_customers`,
    auth: 'track',
    faults: true,
    answer: withBody(changeSegment('join')),
  },
  {
    method: 'POST',
    path: `${SEGMENT}/remove_customers`,
    auth: 'track',
    faults: true,
    answer: withBody(changeSegment('leave')),
  },
  { method: 'POST', path: '/api/v1/forms/:form/submit', auth: 'track', faults: true, answer: withBody(submitForm) },
  { method: 'POST', path: '/api/v1/metrics', auth: 'none', faults: true, answer: withBody(reportMetric) },
  { method: 'POST', path: '/api/v1/push/events', auth: 'none', faults: true, answer: withBody(reportMetric) },
  { method: 'POST', path: '/unsubscribe/:delivery', auth: 'none', faults: true, answer: withBody(unsubscribe) },
];
