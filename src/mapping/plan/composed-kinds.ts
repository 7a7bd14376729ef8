/** Files of devices, objects and relationships: their rows are told by two columns that belong together. */
import { CioBulkError } from '../../domain/errors.ts';
import type { Kind, Plan } from '../../domain/plan.ts';
import { BESIDE, isComposed, type ComposedKind, type Role } from '../../domain/roles.ts';
import { safeText, type Columns } from './column-names.ts';
import { constantPlaces, parseConstants } from './constants.ts';
import { ABOUT_PEOPLE, askedKind, EVENT_NAMES, type KindDecision } from './kind.ts';
import type { PlanOptions } from './plan-options.ts';

export type ComposedRole = 'device_token' | 'device_platform' | 'object_type_id' | 'object_id';

interface RoleNames {
  readonly role: ComposedRole;
  /** Lower case; those of a later list count where there is none of an earlier one. */
  readonly names: readonly (readonly string[])[];
  readonly what: string;
  readonly flag: string;
}

const TOKEN: RoleNames = {
  role: 'device_token',
  names: [['device_token', 'devicetoken']],
  what: 'the token of the device',
  flag: '--device-token-column',
};
const PLATFORM: RoleNames = {
  role: 'device_platform',
  names: [['device_platform', 'deviceplatform'], ['platform']],
  what: 'the platform of the device',
  flag: '--device-platform-column',
};
const OBJECT: RoleNames = {
  role: 'object_id',
  names: [['object_id', 'objectid']],
  what: 'the id of the object',
  flag: '--object-id-column',
};
const OBJECT_TYPE: RoleNames = {
  role: 'object_type_id',
  names: [['object_type_id', 'objecttypeid']],
  what: 'the type of the object',
  flag: '--object-type-id-column',
};

/** `beside` is there as a column or as a constant. */
interface Pair {
  readonly kind: 'devices' | 'objects';
  readonly own: RoleNames;
  readonly beside: RoleNames;
}

const PAIRS: readonly Pair[] = [
  { kind: 'devices', own: TOKEN, beside: PLATFORM },
  { kind: 'objects', own: OBJECT, beside: OBJECT_TYPE },
];

export function rolesOfComposed(kind: ComposedKind): readonly RoleNames[] {
  return kind === 'devices' ? [TOKEN, PLATFORM] : [OBJECT, OBJECT_TYPE];
}

/** What is known of a file's roles before any is looked for. */
export interface Known {
  /** The user has named a column for it. */
  has(role: Role): boolean;
  /** The user has said something about it, if only that there is none. */
  isSettled(role: Role): boolean;
  isTaken(index: number): boolean;
}

/** `objects` may turn out to be relationships. null: the rows are people or events. @throws CioBulkError `usage` where two kinds are as likely */
export function decideComposed(columns: Columns, options: PlanOptions, known: Known): KindDecision | null {
  const asked = askedKind(options);
  if (asked !== undefined) return isComposed(asked) ? { kind: asked, note: null } : null;
  const columnOf = (names: readonly string[]): string | undefined =>
    columns.names.find((name, index) => names.includes(name.toLowerCase()) && !known.isTaken(index));
  const isEvents =
    (options.eventName ?? options.map?.eventName) !== undefined ||
    known.has('event') ||
    columnOf([...EVENT_NAMES.first, ...EVENT_NAMES.second]) !== undefined;
  if (isEvents) return null;
  const constants = parseConstants(
    options.set ?? [],
    options.map?.constants ?? {},
    'string',
    constantPlaces(options.map),
  );
  const isThere = ({ role, names }: RoleNames): boolean =>
    known.has(role) || (!known.isSettled(role) && columnOf(names.flat()) !== undefined);
  const [found, other] = PAIRS.filter(
    ({ own, beside }) =>
      known.has(own.role) || (isThere(own) && (isThere(beside) || constants[beside.role] !== undefined)),
  );
  if (other !== undefined) throw undecided('devices', 'objects', 'there are columns of both');
  if (found === undefined) {
    // To remove a device, its token is enough; and whoever means that must not lose the people.
    if ((options.action ?? options.map?.action) === 'delete' && isThere(TOKEN))
      throw undecided('people', 'devices', 'there is a column with the token of a device');
    return null;
  }
  const aboutPeople = columns.names.find((name) => ABOUT_PEOPLE.test(name));
  if (found.kind === 'objects' || known.has('device_token') || aboutPeople === undefined)
    return { kind: found.kind, note: null };
  const note = `taken for devices, since their token and platform are there, although "${safeText(aboutPeople, 60)}" is about people; if the rows are people, say --kind people`;
  return { kind: found.kind, note };
}

function undecided(one: Kind, other: Kind, why: string): CioBulkError {
  return new CioBulkError('usage', `the rows could be ${one} or ${other}: ${why}`, {
    hint: `say which with --kind ${one} or --kind ${other}`,
  });
}

/** Throws `usage` where every row would lack something. */
export function assertComposable(plan: Plan, has: (role: Role) => boolean, hint: string): void {
  if (!isComposed(plan.kind)) return;
  if (plan.api === 'v1' && plan.kind !== 'devices')
    throw new CioBulkError('usage', `there are no ${plan.kind} in v1 of the API`, { hint: 'leave out --api v1' });
  for (const { role, what, flag } of rolesOfComposed(plan.kind)) {
    const isNeeded = role !== 'device_platform' || plan.action !== 'delete';
    if (!isNeeded || has(role) || (role === BESIDE[plan.kind] && plan.constants[role] !== undefined)) continue;
    const orConstant = role === BESIDE[plan.kind] ? `, or say --set ${role}=<value>` : '';
    throw new CioBulkError('usage', `no column tells ${what} (${role})`, {
      hint: `name one with ${flag}${orConstant}; ${hint}`,
    });
  }
}
