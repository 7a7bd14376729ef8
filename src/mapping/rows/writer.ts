/** What the mappers of this folder give to the writers, which know the API: finished JSON texts, and whom they are about. */
import type { PackedOperations } from '../../domain/chunk.ts';
import type { PersonKind } from '../../domain/person.ts';
import type { JsonRecord } from '../values/json-values.ts';

/** What an identify sets besides its address: texts and numbers under the names of identifiers are identifiers. `_timestamp` is the row's own time. */
export type Names = Readonly<Partial<Record<PersonKind | '_timestamp', unknown>>>;

export interface Identify {
  readonly kind: PersonKind;
  readonly value: string;
  /** JSON text of an object, from `attributesText` if the row has a time of its own. */
  readonly attributes: string;
  /** Further identifiers that the attributes set. */
  readonly names: Names;
  /** The row's own time; null = it has none, or has it among its attributes. */
  readonly seconds: number | null;
}

export type RemoveAction = 'delete' | 'suppress' | 'unsuppress';
export type EventAction = 'event' | 'page' | 'screen';

export interface Event {
  readonly kind: PersonKind;
  readonly value: string;
  readonly action: EventAction;
  readonly name: string;
  /** NaN = none. */
  readonly timeMs: number;
  /** Canonical JSON text. */
  readonly data: string;
  /** The file's own id, if it is a ULID; '' = none. */
  readonly id: string;
  /** What the file itself says makes it this event; null = the file says nothing. */
  readonly key: string | null;
}

/** Writes changes of people and objects; there is one for each version of the API. */
export interface Writer {
  /** JSON text of attributes, with the row's own time where this version has that among them. */
  attributesText(attributes: JsonRecord, seconds: number | null): string;
  identify(operation: Identify): void;
  act(kind: PersonKind, value: string, action: RemoveAction): void;
  /** Any other operation of v2, which is valid; its persons have been looked at. */
  other(operation: JsonRecord): void;
  /** The chunk is complete. */
  endChunk(operations: Pick<PackedOperations, 'body' | 'ends'>): void;
}

/** Everything that a row can become. */
export interface Emitter extends Writer {
  event(event: Event): void;
  /** Operations so far that are events, pages or screens. */
  eventCount(): number;
}
