import { customerActivities, workspaceActivities } from './activities.ts';
import { attributesOfMany, attributesOfOne, findByEmail, search } from './customers.ts';
import { createSegment, customerCount, listSegments, membership } from './segments.ts';
import type { Call, Route } from '../http/call.ts';
import { json, type Answer } from '../http/wire.ts';

function workspaces(call: Call): Answer {
  return json(200, { workspaces: [{ id: call.environmentId, name: 'Sandbox' }] });
}

const APP = { auth: 'app', faults: false } as const;

/** The part of the App API that verification and clean-up need (docs/customerio.md 7.1). Faults never hit it. */
export const APP_ROUTES: readonly Route[] = [
  { method: 'GET', path: '/v1/customers', ...APP, answer: findByEmail },
  { method: 'POST', path: '/v1/customers', ...APP, answer: search },
  { method: 'POST', path: '/v1/customers/attributes', ...APP, answer: attributesOfMany },
  { method: 'GET', path: '/v1/customers/:identifier/attributes', ...APP, answer: attributesOfOne },
  { method: 'GET', path: '/v1/customers/:identifier/activities', ...APP, answer: customerActivities },
  { method: 'GET', path: '/v1/activities', ...APP, answer: workspaceActivities },
  { method: 'GET', path: '/v1/segments', ...APP, answer: listSegments },
  { method: 'POST', path: '/v1/segments', ...APP, answer: createSegment },
  { method: 'GET', path: '/v1/segments/:segment/membership', ...APP, answer: membership },
  { method: 'GET', path: '/v1/segments/:segment/customer_count', ...APP, answer: customerCount },
  { method: 'GET', path: '/v1/workspaces', ...APP, answer: workspaces },
];
