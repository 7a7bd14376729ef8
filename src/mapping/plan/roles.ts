/** Which columns identify the person, name the event, tell its time: by flag, by mapping file, by their usual names. */
import { CioBulkError } from '../../domain/errors.ts';
import type { ColumnPlan, Format, Kind } from '../../domain/plan.ts';
import type { Columns } from './column-names.ts';
import { decideKind, EVENT_NAMES, TIMES } from './kind.ts';
import type { PlanOptions } from './plan-options.ts';

export type Role = Exclude<ColumnPlan['role'], 'attribute' | 'drop'>;

/** Lower case. */
export const USUAL_IDENTIFIERS: readonly string[] = [
  'id',
  'customer_id',
  'user_id',
  'userid',
  'email',
  'cio_id',
  'anonymous_id',
  'anonymousid',
];
/** Roles that rows of one kind alone have. */
const KIND_OF: Partial<Readonly<Record<Role, Kind>>> = { timestamp: 'events', anonymous_id: 'events' };

export interface Roles {
  readonly kind: Kind;
  readonly byColumn: ReadonlyMap<number, Role>;
  /** Roles whose column the user named although the sample does not have it (NDJSON with a mapping file). */
  readonly unseen: ReadonlyMap<string, Role>;
  /** Roles that the mapping file says nobody has. */
  readonly absent: ReadonlySet<Role>;
  /** Columns that have a usual name and are left out all the same, with the reason. */
  readonly leftOut: ReadonlyMap<number, string>;
  /** What the kind was decided on, where another decision was near; null when it was not. */
  readonly kindNote: string | null;
}

interface RoleSource {
  readonly role: Role;
  readonly flag: string;
  readonly fromFlag: string | undefined;
  readonly key: string;
  readonly fromFile: string | null | undefined;
}

export function findRoles(columns: Columns, format: Format, options: PlanOptions): Roles {
  const map = options.map ?? null;
  const { byColumn, unseen, absent, given } = givenRoles(columns, format, options);
  const isTaken = (index: number): boolean => byColumn.has(index) || isDroppedByName(columns.names[index] ?? '', map);
  const look = (role: Role, candidates: readonly string[], what: string, flag: string): void => {
    if (given.has(role)) return;
    const index = columns.usual(candidates, what, flag, isTaken);
    if (index >= 0) byColumn.set(index, role);
  };
  /** A name that often means something else counts only when there is nothing better. */
  const lookInTurn = (role: Role, candidates: readonly (readonly string[])[], what: string, flag: string): void => {
    for (const names of candidates) if (!byColumnHas(byColumn, role)) look(role, names, what, flag);
  };
  const { kind, note: kindNote } = decideKind(columns, options, (role) => byColumnHas(byColumn, role), isTaken);
  assertOfKind(kind, byColumn, options);
  if (kind === 'events') {
    if (options.eventName === undefined && map?.eventName === undefined) {
      lookInTurn('event', [EVENT_NAMES.first, EVENT_NAMES.second, ['name']], 'the event name', '--event-column');
    }
    lookInTurn(
      'timestamp',
      [[...TIMES.first, 'created_at'], TIMES.second],
      'the time of the event',
      '--timestamp-column',
    );
  }
  // In an events file with `user_id`, a column `id` is the event's.
  const personIds =
    columns.usual(['customer_id', 'user_id', 'userid'], "the person's id", '--id-column', isTaken) >= 0 &&
    kind === 'events'
      ? ['customer_id', 'user_id', 'userid']
      : ['id', 'customer_id', 'user_id', 'userid'];
  look('id', personIds, "the person's id", '--id-column');
  look('email', ['email'], 'the e-mail', '--email-column');
  const leftOut = new Map<number, string>();
  const own = (['id', 'email'] as const).find(
    (role) => byColumnHas(byColumn, role) || [...unseen.values()].includes(role),
  );
  if (own === undefined) look('cio_id', ['cio_id'], 'the cio_id', '--cio-id-column');
  else if (!given.has('cio_id')) {
    const index = columns.usual(['cio_id'], 'the cio_id', '--cio-id-column', isTaken);
    const name = columns.names[index] ?? '';
    if (index >= 0)
      leftOut.set(
        index,
        `"${name}" is left out: a cio_id is known to one workspace only, and the rows have ${own === 'id' ? 'an id' : 'an e-mail'} to go by; if it is this workspace's, say --cio-id-column ${name}`,
      );
  }
  if (kind === 'events')
    look('anonymous_id', ['anonymous_id', 'anonymousid'], 'the anonymous id', '--anonymous-id-column');
  const hasDedupeKey = (options.dedupeKey ?? map?.dedupeKey) !== undefined;
  if (kind === 'events' && !hasDedupeKey)
    look('event_id', ['id', 'event_id', 'message_id'], "the event's id", '--dedupe-key');
  return { kind, byColumn, unseen, absent, leftOut, kindNote };
}

/** A column with a role that the rows cannot have was named for another kind of file. */
function assertOfKind(kind: Kind, byColumn: ReadonlyMap<number, Role>, options: PlanOptions): void {
  for (const { role, flag } of roleSources(options)) {
    const needed = KIND_OF[role];
    if (needed === undefined || needed === kind || !byColumnHas(byColumn, role)) continue;
    throw new CioBulkError('usage', `${flag} is for ${needed}, and this file holds ${kind}`, {
      hint: `leave it out, or add --kind ${needed}`,
    });
  }
}

interface GivenRoles extends Pick<Roles, 'unseen' | 'absent'> {
  readonly byColumn: Map<number, Role>;
  /** Roles that the user has said anything about. */
  readonly given: ReadonlySet<Role>;
}

/** The roles that flags and the mapping file give. */
function givenRoles(columns: Columns, format: Format, options: PlanOptions): GivenRoles {
  const byColumn = new Map<number, Role>();
  const unseen = new Map<string, Role>();
  const absent = new Set<Role>();
  const given = new Set<Role>();
  for (const { role, flag, fromFlag, key, fromFile } of roleSources(options)) {
    const name = fromFlag ?? fromFile;
    if (name === undefined) continue;
    given.add(role);
    if (name === null) {
      absent.add(role);
      continue;
    }
    const isUnseen = format === 'ndjson' && fromFlag === undefined && !columns.names.includes(name);
    if (isUnseen) {
      unseen.set(name, role);
      continue;
    }
    const index =
      fromFlag === undefined
        ? columns.named(name, options.map?.where(`/${key}`) ?? key, 'mapping')
        : columns.named(name, flag, 'usage');
    const other = byColumn.get(index);
    if (other !== undefined) {
      throw new CioBulkError('usage', `column "${columns.names[index]}" is named both as ${other} and as ${role}`, {
        hint: `${flag} must name another column`,
      });
    }
    byColumn.set(index, role);
  }
  return { byColumn, unseen, absent, given };
}

/** Where the user may say which column has a role: a flag, and a key of the mapping file. */
function roleSources(options: PlanOptions): readonly RoleSource[] {
  const map = options.map ?? undefined;
  return [
    roleSource('id', ['--id-column', options.idColumn], ['id_column', map?.idColumn]),
    roleSource('email', ['--email-column', options.emailColumn], ['email_column', map?.emailColumn]),
    roleSource('cio_id', ['--cio-id-column', options.cioIdColumn], ['cio_id_column', map?.cioIdColumn]),
    roleSource(
      'anonymous_id',
      ['--anonymous-id-column', options.anonymousIdColumn],
      ['anonymous_id_column', map?.anonymousIdColumn],
    ),
    roleSource('event', ['--event-column', options.eventColumn], ['event_column', map?.eventColumn]),
    roleSource(
      'timestamp',
      ['--timestamp-column', options.timestampColumn],
      ['timestamp_column', map?.timestampColumn],
    ),
    roleSource('event_id', ['--dedupe-key', undefined], ['event_id_column', map?.eventIdColumn]),
  ];
}

function roleSource(
  role: Role,
  [flag, fromFlag]: readonly [string, string | undefined],
  [key, fromFile]: readonly [string, string | null | undefined],
): RoleSource {
  return { role, flag, fromFlag, key, fromFile };
}

export function isDropped(name: string, map: PlanOptions['map']): boolean {
  return isDroppedByName(name, map) || map?.leftOver?.includes(name) === true;
}

/** Left out in so many words: no usual name gives such a column a role. */
function isDroppedByName(name: string, map: PlanOptions['map']): boolean {
  const keepOnly = map?.keepOnly;
  return (
    name === '' ||
    name.startsWith('cio_bulk_') ||
    map?.drop.includes(name) === true ||
    (keepOnly !== undefined && !keepOnly.includes(name))
  );
}

function byColumnHas(byColumn: ReadonlyMap<number, Role>, role: Role): boolean {
  for (const found of byColumn.values()) if (found === role) return true;
  return false;
}
