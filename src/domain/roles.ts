/** What the roles of columns have in common. */
import type { ColumnPlan, Kind } from './plan.ts';

export type Role = Exclude<ColumnPlan['role'], 'attribute' | 'drop'>;

/** Whose values say whom or what a row is about: a marker for "nothing" in one of them would make many rows about the same. */
export const IDENTIFYING: readonly ColumnPlan['role'][] = [
  'id',
  'email',
  'cio_id',
  'anonymous_id',
  'device_token',
  'object_id',
];
/** Whose values name something: any other value would name another. */
export const NAMING: readonly ColumnPlan['role'][] = [...IDENTIFYING, 'event_id'];

const OF_PERSONS: readonly Kind[] = ['people', 'events', 'devices', 'relationships'];
const OF_OBJECTS: readonly Kind[] = ['objects', 'relationships'];

/** The kinds of rows that can have a role. */
export const KINDS_OF: Readonly<Record<Role, readonly Kind[]>> = {
  id: OF_PERSONS,
  email: OF_PERSONS,
  cio_id: OF_PERSONS,
  anonymous_id: ['events'],
  event: ['events'],
  timestamp: ['events'],
  event_id: ['events'],
  device_token: ['devices'],
  device_platform: ['devices'],
  object_type_id: OF_OBJECTS,
  object_id: OF_OBJECTS,
};

/** Rows that are neither a person nor an event, but something that a person has or belongs to. */
export type ComposedKind = Exclude<Kind, 'people' | 'events'>;

export function isComposed(kind: Kind): kind is ComposedKind {
  return kind !== 'people' && kind !== 'events';
}

/** The role of which a constant may say for all rows what no column says. */
export const BESIDE = {
  devices: 'device_platform',
  objects: 'object_type_id',
  relationships: 'object_type_id',
} as const satisfies Readonly<Record<ComposedKind, Role>>;

/** The attribute that is a time, whatever its column says. */
export const MOMENTS: Partial<Readonly<Record<Kind, string>>> = { people: 'created_at', devices: 'last_used' };
