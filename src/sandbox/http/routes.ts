import { APP_ROUTES } from '../app/app.ts';
import type { Route } from './call.ts';
import { V1_CUSTOMER_ROUTES } from '../track/v1-customers.ts';
import { V1_EVENT_ROUTES } from '../track/v1-events.ts';
import { V1_OTHER_ROUTES } from '../track/v1-others.ts';
import { V2_ROUTES } from '../track/v2.ts';

/** Everything the sandbox answers besides `/_sandbox` (docs/customerio.md 2.1, 3 and 7.1). The busiest routes come first. */
export const ROUTES: readonly Route[] = [
  ...V2_ROUTES,
  ...V1_CUSTOMER_ROUTES,
  ...V1_EVENT_ROUTES,
  ...V1_OTHER_ROUTES,
  ...APP_ROUTES,
];
