/** Writes operations: from an identifier and finished JSON texts to the text that is sent, with its route and its keys. */
import type { SingleRequest } from '../domain/chunk.ts';
import { hashIdentifier } from '../domain/person.ts';
import type { PersonKind } from '../domain/person.ts';
import { bytesOver, EVENT_DATA_BYTES_MAX, EVENT_NAME_BYTES_MAX } from '../domain/limits.ts';
import { createRowLookup } from '../domain/row-ranges.ts';
import { isUlid, newUlidWords, parseUlid, ulidText } from '../domain/ulid.ts';
import type { PrepareSpec } from '../domain/plan.ts';
import { createEventIds } from './event-id.ts';
import { quote } from './json-text.ts';
import type { Packer } from './packer.ts';
import { createLastChanges, createSeenEvents } from './seen.ts';
import type { LastChanges } from './seen.ts';
import { v1Action, v1Event, v1Fault, v1Identify } from './v1.ts';

const START: Readonly<Record<PersonKind, string>> = {
  id: '{"type":"person","identifiers":{"id":',
  email: '{"type":"person","identifiers":{"email":',
  cio_id: '{"type":"person","identifiers":{"cio_id":',
  phone: '{"type":"person","identifiers":{"phone":',
  anonymous_id: '{"type":"person","identifiers":{"anonymous_id":',
};

export type EventAction = 'event' | 'page' | 'screen';

export interface Emitter {
  readonly changes: LastChanges;
  /** Operations so far that are events, pages or screens. */
  eventCount(): number;
  /** `aliasKind` and `alias`: a second identifier that the attributes set. `extra` goes after the attributes, with a leading comma. */
  identify(kind: PersonKind, value: string, attributes: string, aliasKind: PersonKind, alias: string, extra: string): void;
  act(kind: PersonKind, value: string, action: 'delete' | 'suppress' | 'unsuppress'): void;
  /** `id` is the file's own id ('' = none), `key` as in `EventIds` (null = none), `timeMs` NaN = none, `data` canonical. */
  event(kind: PersonKind, value: string, action: EventAction, name: string, timeMs: number, data: string, id: string, key: string | null): void;
  /** Any other v2 operation. `keys`: of the persons it is about; a merge makes two persons one, so nothing before it counts. */
  other(text: string, keys: readonly number[], isMerge: boolean, v1: V1Request | null): void;
}

/** What an operation looks like through v1. */
export interface V1Request {
  readonly single: { readonly method: 'PUT' | 'POST' | 'DELETE'; readonly path: string };
  readonly body: string;
}

export function createEmitter(spec: Pick<PrepareSpec, 'plan' | 'identity' | 'recent'>, packer: Packer): Emitter {
  const { api, itemBytesMax } = spec.plan;
  const { policy, sinceSeconds, exceptRows = [] } = spec.recent;
  const mayHaveBeenSent = createRowLookup(exceptRows);
  const ids = createEventIds(spec.identity);
  const seen = createSeenEvents();
  const ownWords = newUlidWords();
  const changes = createLastChanges(packer.pieces);
  const isV1 = api === 'v1';
  /** Identifiers of different kinds can be one person: when the kind changes, what was remembered proves nothing. */
  let lastKind: PersonKind = 'id';
  let events = 0;

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

  const emitEvent = (text: string, key: number, single: SingleRequest | null, isGuarded: boolean): void => {
    events++;
    packer.operation(text, key, 0, single, isGuarded);
  };

  return {
    changes,
    eventCount: () => events,

    identify(kind, value, attributes, aliasKind, alias, extra) {
      const key = hashIdentifier(kind, value);
      const second = alias === '' ? 0 : hashIdentifier(aliasKind, alias);
      if (isV1) {
        if (isUnaddressable(kind, value)) return;
        return packer.operation(attributes, key, second, v1Identify(kind, value), false);
      }
      const text = `${START[kind] + quote(value)}},"action":"identify","attributes":${attributes}${extra}}`;
      if (text.length * 3 > itemBytesMax && isTooLong(text)) return;
      if (kind !== lastKind) {
        changes.forgetAll();
        lastKind = kind;
      } else if (changes.isRepeat(key, second, text)) {
        return packer.skip('unchanged');
      }
      changes.remember(key, second, packer.pieces.length);
      packer.operation(text, key, second, null, false);
    },

    act(kind, value, action) {
      const key = hashIdentifier(kind, value);
      changes.forget(key);
      if (isV1) {
        if (isUnaddressable(kind, value)) return;
        return packer.operation(action === 'delete' ? '' : '{}', key, 0, v1Action(action, kind, value), false);
      }
      if (kind !== lastKind) {
        changes.forgetAll();
        lastKind = kind;
      }
      packer.operation(`${START[kind] + quote(value)}},"action":"${action}"}`, key, 0, null, false);
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
      const personKey = hashIdentifier(kind, value);
      if (!isV1 && kind !== 'anonymous_id') {
        const text = `${START[kind] + person}},"action":"${action}","name":${nameText},${stamp},"attributes":${data}}`;
        if (text.length * 3 <= itemBytesMax || bytesOver(text, itemBytesMax) === 0) {
          return seen.has(words) ? packer.skip('duplicate_event') : emitEvent(text, personKey, null, isGuarded);
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
      emitEvent(`{${type}${anonymous}"name":${nameText},${stamp},"data":${data}}`, personKey, v1Event(kind, value), isGuarded);
    },

    other(text, keys, isMerge, v1) {
      if (isMerge || keys.length > 2) changes.forgetAll();
      for (const key of keys) changes.forget(key);
      const [key = 0, second = 0] = keys;
      if (v1 !== null) return packer.operation(v1.body, key, second, v1.single, false);
      if (isTooLong(text)) return;
      packer.operation(text, key, second, null, false);
    },
  };
}
