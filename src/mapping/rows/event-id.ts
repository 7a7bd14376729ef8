/**
 * The id of an event: the same event always gets the same one, whatever the file's order of rows, columns or keys, so
 * that the service ignores a repeat. 48 bits of time, 80 bits of a SHA-256 over length-prefixed parts. The service does not look
 * at the time part: an event with a key and no time takes it from the hash too, and nothing of the run is in its id.
 */
import { hash } from 'node:crypto';
import { newUlidWords, setUlid, type UlidWords } from '../../domain/ulid.ts';
import type { RunIdentity } from '../../domain/plan.ts';
import type { Event } from './writer.ts';

export interface EventIds {
  /**
   * The id of an event of row `row` that has no ULID of its own. `person` and `name` are JSON texts: those of the event may
   * differ in ways that make no other event. The next call overwrites the result.
   */
  idOf(person: string, name: string, event: Pick<Event, 'action' | 'timeMs' | 'data' | 'key'>, row: number): UlidWords;
}

export function createEventIds({ target, dataset, clockMs }: RunIdentity): EventIds {
  const start = part(target);
  const rowStart = `r${part(dataset)}`;
  const words = newUlidWords();
  return {
    idOf(person, name, { action, timeMs, data, key }, row) {
      const hasTime = !Number.isNaN(timeMs);
      const subject = start + part(person) + part(name) + (action === 'event' ? '' : `a${part(action)}`);
      const rest =
        key !== null
          ? `k${key}`
          : hasTime
            ? `t${part(millisecondsText(timeMs))}${part(data)}`
            : `${rowStart}${part(String(row))}${part(data)}`;
      const digest = hash('sha256', subject + rest, 'binary');
      setUlid(words, hasTime ? timeMs : key === null ? clockMs : timeOfHash(digest), digest);
      return words;
    },
  };
}

/** 48 bits behind the 80 that are in the id already. */
function timeOfHash(digest: string): number {
  let bits = 0;
  for (let at = 10; at < 16; at++) bits = bits * 256 + digest.charCodeAt(at);
  return bits;
}

/** `String(timeMs)`, by way of the seconds, which are quicker to write: they fit into a small integer. */
function millisecondsText(timeMs: number): string {
  const rest = timeMs % 1000;
  return rest === 0 && timeMs > 0 ? `${timeMs / 1000}000` : String(timeMs);
}

/** A part of a hash input: with its length before it, two different lists of parts never join to the same text. */
export function part(text: string): string {
  return `${text.length}:${text}`;
}
