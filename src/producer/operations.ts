/** What callers say, as operations of the Track API v2. Time and id are given here, before anything is written: a repeat is the same. */
import { createHash, randomBytes } from 'node:crypto';
import { ITEM_BYTES_MAX, bytesOver } from '../domain/limits.ts';
import { operationSubjects } from '../domain/person.ts';
import { isUlid, newUlidWords, setUlid, ulidText } from '../domain/ulid.ts';
import type { LaneOperation } from '../fleet/lane-writer.ts';
import { isEventAction, operationFault } from '../mapping/checks/operation-rules.ts';
import { ProducerError } from './producer-error.ts';
import type { Attributes, Operation, Person, TrackOptions } from './types.ts';

export function personOperation(action: string, person: Person, rest: Attributes = {}): Operation {
  return { type: 'person', identifiers: typeof person === 'string' ? { id: person } : person, action, ...rest };
}

/** Ready for its lane. Throws ProducerError('invalid'). */
export function toLaneOperation(
  operation: Operation,
  { key, timestamp, id }: TrackOptions,
  nowMs: number,
): LaneOperation {
  const typed: Operation = operation['type'] === undefined ? { type: 'person', ...operation } : operation;
  const fault = operationFault(typed);
  if (fault) throw new ProducerError('invalid', fault.message);
  const names = operationSubjects(typed).flat();
  const orderingKey = key ?? names[0] ?? '';
  if (orderingKey === '') throw new ProducerError('invalid', 'the operation has no identifier');
  const text = textOf(stamped(typed, { timestamp, id, about: names[0] ?? '' }, nowMs));
  const bytes = bytesOver(text, ITEM_BYTES_MAX);
  if (bytes > 0)
    throw new ProducerError('invalid', `the operation has ${bytes} bytes as JSON; it may have ${ITEM_BYTES_MAX}`);
  return { orderingKey, text };
}

interface Stamp {
  readonly timestamp: Date | number | undefined;
  readonly id: string | undefined;
  readonly about: string;
}

/** With a time, so that a late one does not overwrite a newer one; an event also with the id by which its repeats are known. */
function stamped(operation: Operation, { timestamp, id, about }: Stamp, nowMs: number): Operation {
  const isEvent = operation['type'] === 'person' && isEventAction(operation['action']);
  const isIdentify = operation['type'] === 'person' && operation['action'] === 'identify';
  if (!isEvent && !isIdentify) return operation;
  const seconds = secondsOf(timestamp ?? operation['timestamp'] ?? nowMs / 1000);
  const timed = { ...operation, timestamp: seconds };
  if (!isEvent) return timed;
  const given = id ?? operation['id'];
  return {
    ...timed,
    id: eventId(given, [about, String(operation['name'])], given === undefined ? nowMs : seconds * 1000),
  };
}

function eventId(given: unknown, subject: readonly string[], timeMs: number): string {
  if (typeof given === 'string' && isUlid(given)) return given;
  const words = newUlidWords();
  if (given === undefined) setUlid(words, timeMs, randomBytes(10).toString('latin1'));
  else if (typeof given !== 'string' || given === '')
    throw new ProducerError('invalid', 'the id of an event must be a text');
  else {
    const digest = createHash('sha256')
      .update(JSON.stringify([...subject, given]))
      .digest('binary');
    setUlid(words, timeOfHash(digest), digest);
  }
  return ulidText(words);
}

/** The id says when its event happened only where nothing else is known: the same event may be told twice, with two times. */
function timeOfHash(digest: string): number {
  return Buffer.from(digest.slice(10, 16), 'latin1').readUIntBE(0, 6);
}

function secondsOf(time: unknown): number {
  const seconds = time instanceof Date ? time.getTime() / 1000 : time;
  if (typeof seconds !== 'number' || !Number.isFinite(seconds) || seconds < 0 || seconds > 1e11)
    throw new ProducerError('invalid', 'the timestamp must be a Date, or seconds since 1970');
  return Math.floor(seconds);
}

function textOf(operation: Operation): string {
  try {
    return JSON.stringify(operation);
  } catch {
    throw new ProducerError('invalid', 'the operation cannot be written as JSON');
  }
}
