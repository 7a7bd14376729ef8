import type { Call, Route } from '../http/call.ts';
import { V1_CUSTOMER_ROUTES } from './v1-customers.ts';
import { V1_EVENT_ROUTES } from './v1-events.ts';
import { V1_OTHER_ROUTES } from './v1-others.ts';
import { json, type Answer } from '../http/wire.ts';

/** Proof of credentials and of the workspace. Never hit by faults, so that a preflight tells one thing only. */
function region(call: Call): Answer {
  return json(200, { url: call.url, region: call.region, environment_id: call.environmentId });
}

/** Track API v1 (docs/customerio.md 2.1). */
export const V1_ROUTES: readonly Route[] = [
  { method: 'GET', path: '/api/v1/accounts/region', auth: 'track', faults: false, answer: region },
  ...V1_CUSTOMER_ROUTES,
  ...V1_EVENT_ROUTES,
  ...V1_OTHER_ROUTES,
];
