/** Whether a file holds people or events, by the names of its columns. What else it may hold: composed-kinds.ts. */
import { CioBulkError } from '../../domain/errors.ts';
import type { Kind } from '../../domain/plan.ts';
import type { Columns } from './column-names.ts';
import type { PlanOptions } from './plan-options.ts';

/** Names for the name of an event, lower case: the second ones count where none of the first is there. */
export const EVENT_NAMES = { first: ['event', 'event_name'], second: ['event_type'] } as const;
/** Names for its time; `second` are those of Amplitude, GA4 and Segment. */
export const TIMES = {
  first: ['timestamp', 'time', 'occurred_at'],
  second: ['event_time', 'event_timestamp', 'original_timestamp', 'originaltimestamp'],
} as const;

/** What is written down about somebody, and seldom in every one of their events. */
export const ABOUT_PEOPLE =
  /^(?:(?:first|last|full|family|given|middle|sur|nick)[ _-]?name|(?:tele)?phone.*|mobile.*|cell.*|(?:street|postal|home|mailing)?[ _-]?address.*|company.*|organi[sz]ation|job.*|birth.*|gender|salutation|unsubscribed)$/i;

export interface KindDecision {
  readonly kind: Kind;
  readonly note: string | null;
}

/** What the user says that the rows are. @throws CioBulkError `usage` when a flag says something else */
export function askedKind({ kind, map, eventName }: PlanOptions): Kind | undefined {
  const asked = kind === undefined || kind === 'auto' ? undefined : kind;
  if (asked !== undefined && asked !== 'events' && eventName !== undefined)
    throw new CioBulkError('usage', `--event-name names events, and --kind ${asked} says that there are none`);
  return asked ?? map?.kind;
}

/** People or events. @throws CioBulkError `usage` where both are as likely */
export function decideKind(
  columns: Columns,
  options: PlanOptions,
  isNamed: (role: 'event' | 'timestamp') => boolean,
  isTaken: (index: number) => boolean,
): KindDecision {
  const asked = askedKind(options);
  if (asked !== undefined) return { kind: asked, note: null };
  if (options.eventName !== undefined || options.map?.eventName !== undefined || isNamed('event'))
    return { kind: 'events', note: null };
  const find = (names: readonly string[]): string | undefined =>
    columns.names.find((name, index) => names.includes(name.toLowerCase()) && !isTaken(index));
  const time = find([...TIMES.first, ...TIMES.second]) ?? (isNamed('timestamp') ? '--timestamp-column' : undefined);
  const aboutPeople = columns.names.find((name) => ABOUT_PEOPLE.test(name));
  const event = find([...EVENT_NAMES.first, ...EVENT_NAMES.second]);
  if (event !== undefined) {
    if (time === undefined && aboutPeople !== undefined && find(['created_at']) === undefined)
      throw undecided([event], aboutPeople);
    return { kind: 'events', note: null };
  }
  const name = find(['name']);
  if (name === undefined || time === undefined || isNamed('timestamp'))
    return { kind: name !== undefined && isNamed('timestamp') ? 'events' : 'people', note: null };
  // People have names too: with a time beside it, `name` may be an event's or the name of somebody who filled in a form.
  if (aboutPeople !== undefined)
    return {
      kind: 'people',
      note: `taken for people, since there is a column "${aboutPeople}"; if "${name}" names events, say --kind events`,
    };
  const email = find(['email']);
  if (email !== undefined) throw undecided([name, time], email);
  return { kind: 'events', note: null };
}

function undecided(ofEvents: readonly string[], ofPeople: string): CioBulkError {
  const columns = ofEvents.map((name) => `"${name}"`).join(' and ');
  return new CioBulkError(
    'usage',
    `the rows could be people or events: ${columns} ${ofEvents.length > 1 ? 'are' : 'is'} found in events, "${ofPeople}" in people`,
    { hint: 'say which with --kind people or --kind events' },
  );
}
