/** Writes operations: from an identifier and finished JSON texts to the text that is sent, with its route and its keys. */
import type { SingleRequest } from '../../domain/chunk.ts';
import { addressMask, aliasMask, kindsOfMask, kindsOfSubjects, maskOfKinds } from '../../domain/kinds.ts';
import { hashIdentifier, hashPerson, nameText, type Subject } from '../../domain/person.ts';
import type { PersonKind } from '../../domain/person.ts';
import { bytesOver, EVENT_DATA_BYTES_MAX, EVENT_NAME_BYTES_MAX } from '../../domain/limits.ts';
import { createRowLookup } from '../../domain/row-ranges.ts';
import { isUlid, newUlidWords, parseUlid, ulidText } from '../../domain/ulid.ts';
import type { PrepareSpec } from '../../domain/plan.ts';
import { createEventIds } from './event-id.ts';
import { quote } from '../values/json-text.ts';
import type { Packer } from './packer.ts';
import { createLastChanges, createSeenEvents } from './seen.ts';
import type { LastChanges } from './seen.ts';
import type { WriteTimes } from './write-times.ts';
import { v1Action, v1Event, v1Fault, v1Identify } from './v1.ts';

const START: Readonly<Record<PersonKind, string>> = {
  id: '{"type":"person","identifiers":{"id":',
  email: '{"type":"person","identifiers":{"email":',
  cio_id: '{"type":"person","identifiers":{"cio_id":',
  phone: '{"type":"person","identifiers":{"phone":',
  anonymous_id: '{"type":"person","identifiers":{"anonymous_id":',
};

/** What an identify sets besides its address: texts and numbers under the names of identifiers are identifiers. `_timestamp` is the row's own time. */
export type Names = Readonly<Partial<Record<PersonKind | '_timestamp', unknown>>>;

/** As a mask of kinds.ts. */
const ALL_KINDS = 15;

export type EventAction = 'event' | 'page' | 'screen';

export interface Emitter {
  readonly changes: LastChanges;
  /** Operations so far that are events, pages or screens. */
  eventCount(): number;
  /** `names`: further identifiers that the attributes set. `extra` goes after the attributes, with a leading comma. */
  identify(kind: PersonKind, value: string, attributes: string, names: Names, extra: string): void;
  act(kind: PersonKind, value: string, action: 'delete' | 'suppress' | 'unsuppress'): void;
  /** `id` is the file's own id ('' = none), `key` as in `EventIds` (null = none), `timeMs` NaN = none, `data` canonical. */
  event(kind: PersonKind, value: string, action: EventAction, name: string, timeMs: number, data: string, id: string, key: string | null): void;
  /** `timestamp` for an identify of these persons that is written elsewhere; undefined = it carries none. */
  timeOf(subjects: readonly Subject[]): number | undefined;
  /** Any other v2 operation, about these persons and objects; a merge makes two persons one, so nothing before it counts. */
  other(text: string, subjects: readonly Subject[], isMerge: boolean, v1: V1Request | null): void;
}

/** What an operation looks like through v1. */
export interface V1Request {
  readonly single: { readonly method: 'PUT' | 'POST' | 'DELETE'; readonly path: string };
  readonly body: string;
}

export function createEmitter(spec: Pick<PrepareSpec, 'plan' | 'identity' | 'recent'>, packer: Packer, times: WriteTimes | null = null): Emitter {
  const { api, itemBytesMax } = spec.plan;
  const { policy, sinceSeconds, exceptRows = [] } = spec.recent;
  const mayHaveBeenSent = createRowLookup(exceptRows);
  const ids = createEventIds(spec.identity);
  const seen = createSeenEvents();
  const ownWords = newUlidWords();
  const changes = createLastChanges(packer.pieces);
  const isV1 = api === 'v1';
  /** Kinds of identifiers that all remembered operations name. What names another kind may be about anybody remembered. */
  let rememberedMask = ALL_KINDS;
  let events = 0;
  // Of the operation at work: its keys, as signed numbers, which are no objects, and the kinds of names of its person.
  const keys: number[] = [];
  let mask = 0;

  const nameOne = (kind: PersonKind, value: string): void => {
    keys.length = 1;
    keys[0] = hashIdentifier(kind, value) | 0;
    mask = addressMask(kind);
  };
  const nameAlso = (kind: PersonKind, name: unknown): void => {
    const text = name === undefined || name === '' ? '' : nameText(name);
    if (text === '') return;
    const key = hashIdentifier(kind, text) | 0;
    if (!keys.includes(key)) keys.push(key);
    mask |= aliasMask(kind);
  };
  const nameAll = (kind: PersonKind, value: string, names: Names): void => {
    nameOne(kind, value);
    nameAlso('id', names.id);
    nameAlso('email', names.email);
    nameAlso('cio_id', names.cio_id);
    nameAlso('phone', names.phone);
    nameAlso('anonymous_id', names.anonymous_id);
  };
  const forgetStrangers = (changed: number): void => {
    if ((changed & ~rememberedMask) === 0) return;
    changes.forgetAll();
    rememberedMask = ALL_KINDS;
  };

  const isTooLong = (text: string): boolean => {
    const bytes = bytesOver(text, itemBytesMax);
    if (bytes > 0) packer.invalid('too_long', `this operation has ${bytes} bytes as JSON; one operation may have ${itemBytesMax}`);
    return bytes > 0;
  };
  const isUnaddressable = (kind: PersonKind, value: string): boolean => {
    const fault = v1Fault(kind, value);
    if (fault !== null) packer.invalid('bad_identifier', fault, undefined, kind);
    return fault !== null;
  };

  const emitEvent = (text: string, single: SingleRequest | null, isGuarded: boolean): void => {
    events++;
    packer.operation(text, keys, kindsOfMask(mask), single, isGuarded);
  };

  return {
    changes,
    eventCount: () => events,

    identify(kind, value, attributes, names, extra) {
      nameAll(kind, value, names);
      const hasTime = times === null || extra !== '' || (names._timestamp !== undefined && names._timestamp !== '');
      if (isV1) {
        if (isUnaddressable(kind, value)) return;
        const stamp = hasTime ? '' : `{"_timestamp":${times?.next(keys)}`;
        const body = hasTime ? attributes : attributes === '{}' ? `${stamp}}` : `${stamp},${attributes.slice(1)}`;
        return packer.operation(body, keys, kindsOfMask(mask), v1Identify(kind, value), false);
      }
      const head = `${START[kind] + quote(value)}},"action":"identify",`;
      const stamp = hasTime ? '' : `"timestamp":${times?.next(keys)},`;
      const text = `${head}${stamp}"attributes":${attributes}${extra}}`;
      if (text.length * 3 > itemBytesMax && isTooLong(text)) return;
      forgetStrangers(mask);
      if (changes.isRepeat(keys, text, head.length, head.length + stamp.length)) return packer.skip('unchanged');
      changes.remember(keys, packer.pieces.length);
      rememberedMask &= mask;
      packer.operation(text, keys, kindsOfMask(mask), null, false);
    },

    act(kind, value, action) {
      nameOne(kind, value);
      if (isV1) {
        if (isUnaddressable(kind, value)) return;
        return packer.operation(action === 'delete' ? '' : '{}', keys, kindsOfMask(mask), v1Action(action, kind, value), false);
      }
      forgetStrangers(mask);
      for (const key of keys) changes.forget(key);
      packer.operation(`${START[kind] + quote(value)}},"action":"${action}"}`, keys, kindsOfMask(mask), null, false);
    },

    event(kind, value, action, name, timeMs, data, id, key) {
      const nameBytes = bytesOver(name, EVENT_NAME_BYTES_MAX);
      if (nameBytes > 0) return packer.invalid('too_long', `the event name has ${nameBytes} bytes; the limit is ${EVENT_NAME_BYTES_MAX}`);
      const isRecent = Number.isNaN(timeMs) || timeMs > sinceSeconds * 1000;
      if (isRecent && policy === 'skip' && !mayHaveBeenSent(packer.row)) return packer.skip('recent');
      const nameText = quote(name);
      const person = quote(value);
      const isOwn = isUlid(id);
      if (isOwn) parseUlid(ownWords, id);
      const words = isOwn ? ownWords : ids.idOf(kind === 'email' ? quote(value.toLowerCase()) : person, nameText, action, timeMs, data, key, packer.row);
      const ulid = isOwn ? id : ulidText(words);
      const stamp = Number.isNaN(timeMs) ? `"id":"${ulid}"` : `"id":"${ulid}","timestamp":${Math.floor(timeMs / 1000)}`;
      const isGuarded = isRecent && (policy === 'guard' || policy === 'only');
      nameOne(kind, value);
      if (!isV1 && kind !== 'anonymous_id') {
        const text = `${START[kind] + person}},"action":"${action}","name":${nameText},${stamp},"attributes":${data}}`;
        if (text.length * 3 <= itemBytesMax || bytesOver(text, itemBytesMax) === 0) {
          return seen.has(words) ? packer.skip('duplicate_event') : emitEvent(text, null, isGuarded);
        }
      }
      const dataBytes = bytesOver(data, EVENT_DATA_BYTES_MAX);
      if (dataBytes > 0) return packer.invalid('too_long', `the event's data has ${dataBytes} bytes as JSON; the limit is ${EVENT_DATA_BYTES_MAX}`);
      const fault = v1Fault(kind, value);
      if (fault !== null) {
        return packer.invalid(isV1 ? 'bad_identifier' : 'too_long', isV1 ? fault : `over ${itemBytesMax} bytes an event has to go through v1, but ${fault}`, undefined, isV1 ? kind : undefined);
      }
      // Only now: an event that cannot be sent must not make a later one a duplicate.
      if (seen.has(words)) return packer.skip('duplicate_event');
      const type = action === 'event' ? '' : `"type":"${action}",`;
      const anonymous = kind === 'anonymous_id' ? `"anonymous_id":${person},` : '';
      emitEvent(`{${type}${anonymous}"name":${nameText},${stamp},"data":${data}}`, v1Event(kind, value), isGuarded);
    },

    timeOf: (subjects) => times?.next((subjects[0] ?? []).map(hashPerson)),

    other(text, subjects, isMerge, v1) {
      const all = [...new Set(subjects.flat().map(hashPerson))];
      const kinds = kindsOfSubjects(subjects);
      if (v1 !== null) return packer.operation(v1.body, all, kinds, v1.single, false);
      if (isTooLong(text)) return;
      for (const key of all) changes.forget(key);
      if (isMerge) changes.forgetAll();
      else forgetStrangers(maskOfKinds(kinds));
      packer.operation(text, all, kinds, null, false);
    },
  };
}
