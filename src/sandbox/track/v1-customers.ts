import type { Call, Handler, Route } from '../http/call.ts';
import { addDevice, removeDevice, tokenOf } from './devices.ts';
import { deletePerson, suppressPerson, unsuppressPerson } from './forget.ts';
import { identify, toProfileChange } from './identify.ts';
import { attributeProblems } from './limits.ts';
import { relatePerson } from './relate.ts';
import { isObject, type JsonObject } from '../store/json.ts';
import type { PersonKey } from '../store/people.ts';
import type { Effect } from '../store/records.ts';
import type { Workspace } from '../store/workspace.ts';
import { apply, withBody, withPerson } from './v1-request.ts';
import { deviceProblems, timestampProblems } from './validate-fields.ts';
import { ACCEPTED, metaErrors, type Answer } from '../http/wire.ts';

function putCustomer(key: PersonKey): (call: Call, body: JsonObject) => Answer {
  return (call, body) => {
    const problems = [...attributeProblems(body), ...timestampProblems(body['_timestamp'], '_timestamp')];
    if (problems.length > 0) return metaErrors(problems);
    apply(call, key, { action: 'identify', attributes: body }, () => {
      const effect = identify(call.workspace, key, toProfileChange(body));
      const related = body['cio_relationships'];
      if (effect === 'applied' && isObject(related)) relate(call.workspace, key, related);
      return effect;
    });
    return ACCEPTED;
  };
}

/** v1 wraps relationships: `{action, relationships}` (docs/customerio.md 2.5). */
function relate(workspace: Workspace, key: PersonKey, wrapped: JsonObject): void {
  const { action, relationships } = wrapped;
  const isKnown = action === 'add_relationships' || action === 'delete_relationships';
  if (isKnown && Array.isArray(relationships)) relatePerson(workspace, key, action, relationships);
}

function putDevice(key: PersonKey): (call: Call, body: JsonObject) => Answer {
  return (call, body) => {
    const problems = deviceProblems(body, 'id', true);
    if (problems.length > 0) return metaErrors(problems);
    apply(call, key, { action: 'add_device', ...body }, () => addDevice(call.workspace, key, body['device'], 'id'));
    return ACCEPTED;
  };
}

function deleteDevice(call: Call, key: PersonKey): Answer {
  const device = { id: call.params['device'] };
  apply(call, key, { action: 'delete_device', device }, () => removeDevice(call.workspace, key, tokenOf(device, 'id')));
  return ACCEPTED;
}

/** Delete, suppress, unsuppress: the body is ignored. */
function bodiless(action: string, effect: (workspace: Workspace, key: PersonKey) => Effect): Handler {
  return withPerson((call, key) => {
    apply(call, key, { action }, () => effect(call.workspace, key));
    return ACCEPTED;
  });
}

const CUSTOMER = '/api/v1/customers/:identifier';
const OPEN_TO_FAULTS = { auth: 'track', faults: true } as const;

export const V1_CUSTOMER_ROUTES: readonly Route[] = [
  {
    method: 'PUT',
    path: CUSTOMER,
    ...OPEN_TO_FAULTS,
    answer: withPerson((call, key) => withBody(putCustomer(key))(call)),
  },
  { method: 'DELETE', path: CUSTOMER, ...OPEN_TO_FAULTS, answer: bodiless('delete', deletePerson) },
  { method: 'POST', path: `${CUSTOMER}/suppress`, ...OPEN_TO_FAULTS, answer: bodiless('suppress', suppressPerson) },
  {
    method: 'POST',
    path: `${CUSTOMER}/unsuppress`,
    ...OPEN_TO_FAULTS,
    answer: bodiless('unsuppress', unsuppressPerson),
  },
  {
    method: 'PUT',
    path: `${CUSTOMER}/devices`,
    ...OPEN_TO_FAULTS,
    answer: withPerson((call, key) => withBody(putDevice(key))(call)),
  },
  { method: 'DELETE', path: `${CUSTOMER}/devices/:device`, ...OPEN_TO_FAULTS, answer: withPerson(deleteDevice) },
];
