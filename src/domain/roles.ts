/** What the roles of columns have in common. */
import type { ColumnPlan } from './plan.ts';

type Role = ColumnPlan['role'];

/** Whose values say whom or what a row is about: a marker for "nothing" in one of them would make many rows about the same. */
export const IDENTIFYING: readonly Role[] = ['id', 'email', 'cio_id', 'anonymous_id'];
/** Whose values name something: any other value would name another. */
export const NAMING: readonly Role[] = [...IDENTIFYING, 'event_id'];
