/** Events, through either version of the API: v2 takes the most, v1 what is too long for v2 or has no known person yet. */
import type { SingleRequest } from '../../domain/chunk.ts';
import { bytesOver, EVENT_DATA_BYTES_MAX, EVENT_NAME_BYTES_MAX } from '../../domain/limits.ts';
import type { PrepareSpec } from '../../domain/plan.ts';
import { createRowLookup } from '../../domain/row-ranges.ts';
import { isUlid, newUlidWords, parseUlid, ulidText, type UlidWords } from '../../domain/ulid.ts';
import { quote } from '../values/json-text.ts';
import { address, createPerson } from './addressed.ts';
import { createEventIds } from './event-id.ts';
import type { Packer } from './packer.ts';
import { createSeenEvents } from './seen.ts';
import { v1Event, v1Fault } from './v1.ts';
import { START } from './write-v2.ts';
import type { Emitter, Event } from './writer.ts';

export function createEventWriter(
  { plan, identity, recent }: Pick<PrepareSpec, 'plan' | 'identity' | 'recent'>,
  packer: Packer,
): Pick<Emitter, 'event' | 'eventCount'> {
  const { itemBytesMax } = plan;
  const isV1 = plan.api === 'v1';
  const { policy, sinceSeconds, exceptRows = [] } = recent;
  const mayHaveBeenSent = createRowLookup(exceptRows);
  const ids = createEventIds(identity);
  const seen = createSeenEvents();
  const ownWords = newUlidWords();
  const person = createPerson();
  let count = 0;

  /** Only now is it looked for among earlier ones: an event that cannot be sent must not make a later one a duplicate. */
  const take = (text: string, words: UlidWords, single: SingleRequest | null, isGuarded: boolean): void => {
    if (seen.has(words)) return packer.skip('duplicate_event');
    count++;
    packer.operation(text, person, single, isGuarded);
  };

  const event = (given: Event): void => {
    const { kind, value, action, name, timeMs, data, id } = given;
    const nameBytes = bytesOver(name, EVENT_NAME_BYTES_MAX);
    if (nameBytes > 0)
      return packer.invalid('too_long', `the event name has ${nameBytes} bytes; the limit is ${EVENT_NAME_BYTES_MAX}`);
    const isRecent = Number.isNaN(timeMs) || timeMs > sinceSeconds * 1000;
    if (isRecent && policy === 'skip' && !mayHaveBeenSent(packer.row)) return packer.skip('recent');
    const isGuarded = isRecent && (policy === 'guard' || policy === 'only');
    const nameText = quote(name);
    const valueText = quote(value);
    const isOwn = isUlid(id);
    if (isOwn) parseUlid(ownWords, id);
    const words = isOwn
      ? ownWords
      : ids.idOf(kind === 'email' ? quote(value.toLowerCase()) : valueText, nameText, given, packer.row);
    const ulid = isOwn ? id : ulidText(words);
    const stamp = Number.isNaN(timeMs) ? `"id":"${ulid}"` : `"id":"${ulid}","timestamp":${Math.floor(timeMs / 1000)}`;
    address(person, kind, value);
    if (!isV1 && kind !== 'anonymous_id') {
      const text = `${START[kind] + valueText}},"action":"${action}","name":${nameText},${stamp},"attributes":${data}}`;
      if (text.length * 3 <= itemBytesMax || bytesOver(text, itemBytesMax) === 0)
        return take(text, words, null, isGuarded);
    }
    if (isInvalidForV1(given, plan, packer)) return;
    const type = action === 'event' ? '' : `"type":"${action}",`;
    const anonymous = kind === 'anonymous_id' ? `"anonymous_id":${valueText},` : '';
    take(`{${type}${anonymous}"name":${nameText},${stamp},"data":${data}}`, words, v1Event(kind, value), isGuarded);
  };

  return { event, eventCount: () => count };
}

/** An event that is too long for v2, or has to go through v1, and that v1 does not take either: its row is settled as invalid. */
function isInvalidForV1(
  { kind, value, data }: Event,
  { api, itemBytesMax }: PrepareSpec['plan'],
  packer: Packer,
): boolean {
  const dataBytes = bytesOver(data, EVENT_DATA_BYTES_MAX);
  const fault = dataBytes > 0 ? null : v1Fault(kind, value);
  if (dataBytes > 0)
    packer.invalid('too_long', `the event's data has ${dataBytes} bytes as JSON; the limit is ${EVENT_DATA_BYTES_MAX}`);
  else if (fault !== null && api === 'v1') packer.invalid('bad_identifier', `${fault}: use --api v2`, undefined, kind);
  else if (fault !== null)
    packer.invalid('too_long', `an event over ${itemBytesMax} bytes has to go through v1, but ${fault}`);
  return dataBytes > 0 || fault !== null;
}
