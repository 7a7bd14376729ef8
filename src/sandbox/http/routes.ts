import { APP_ROUTES } from '../app/app.ts';
import type { Route } from './call.ts';
import { V1_ROUTES } from '../track/v1.ts';
import { V2_ROUTES } from '../track/v2.ts';

/** Everything the sandbox answers besides `/_sandbox`; the busiest first. */
export const ROUTES: readonly Route[] = [...V2_ROUTES, ...V1_ROUTES, ...APP_ROUTES];
