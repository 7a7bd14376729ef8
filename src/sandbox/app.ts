import type { Route } from './call.ts';

export const APP_ROUTES: readonly Route[] = [];
