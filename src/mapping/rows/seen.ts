/** Bounded memories of what was just prepared. They may forget, they never mistake one thing for another. */
import type { PackedOperations } from '../../domain/chunk.ts';
import type { UlidWords } from '../../domain/ulid.ts';

const EVENT_SLOTS = 65_536;
const PERSON_SLOTS = 65_536;
/** Of earlier chunks that an identify can be compared with. */
const HISTORY_BYTES = 4 * 1024 * 1024;

/** Event ids of about the last 65 536 events. */
export interface SeenEvents {
  /** Whether this id is known already; it is from now on. */
  has(ulid: UlidWords): boolean;
}

/** An id is kept in the one slot that its last bits choose; an empty slot holds an id that would belong elsewhere. */
export function createSeenEvents(): SeenEvents {
  const slots = new Uint32Array(EVENT_SLOTS * 4);
  slots[3] = 1; // zeros are no id of any slot but the first
  return {
    has(ulid) {
      const at = ((ulid[3] ?? 0) & (EVENT_SLOTS - 1)) * 4;
      if (slots[at] === ulid[0] && slots[at + 1] === ulid[1] && slots[at + 2] === ulid[2] && slots[at + 3] === ulid[3])
        return true;
      for (let word = 0; word < 4; word++) slots[at + word] = ulid[word] ?? 0;
      return false;
    },
  };
}

/**
 * The last state-changing operation of about the last 65 536 persons: an identify that equals it changes nothing.
 * A person is addressed by hash; what decides is the operation's text, which names the person.
 */
export interface LastChanges {
  /** Whether an identify repeats what was last done under every one of its keys; its time, between two places of the text, does not count. */
  isRepeat(keys: readonly number[], text: string, timeFrom: number, timeTo: number): boolean;
  /** Operation `piece` of this chunk, an identify, is now the last change under its keys. */
  remember(keys: readonly number[], piece: number): void;
  /** Something else was done to this person. */
  forget(key: number): void;
  forgetAll(): void;
  /** The chunk is complete. */
  endChunk(operations: Pick<PackedOperations, 'body' | 'ends'>): void;
}

/** No piece of this chunk. */
const NONE = -1;

/**
 * Where an operation stands, in four numbers: in this chunk that is a piece, else a place in the history with a length (0 = nothing is
 * known). The fourth is not used.
 */
const PLACE_SIZE = 4;
const PIECE = 0;
const START = 1;
const LENGTH = 2;

export function createLastChanges(pieces: readonly string[]): LastChanges {
  // Per slot, a person's hash, and where its operation stands. Apart, since most persons are new: the hashes alone fit into the cache.
  const keys = new Int32Array(PERSON_SLOTS);
  const places = new Float64Array(PLACE_SIZE * PERSON_SLOTS);
  const touched: number[] = [];
  const history = createHistory();
  /** Places before this one are void, and so are pieces of this chunk before that one. */
  let validFrom = 0;
  let validPiece = 0;

  const isLast = (key: number, text: string, timeFrom: number, timeTo: number): boolean => {
    const slot = slotOf(key);
    if (keys[slot] !== key) return false;
    const at = slot * PLACE_SIZE;
    const piece = places[at + PIECE] ?? NONE;
    if (piece !== NONE) return piece >= validPiece && isSame(pieces[piece], text, timeFrom, timeTo);
    const start = places[at + START] ?? 0;
    const length = places[at + LENGTH] ?? 0;
    if (length === 0 || start < validFrom || !history.reaches(start)) return false;
    return (
      text.length <= length && length <= text.length * 3 && isSame(history.text(start, length), text, timeFrom, timeTo)
    );
  };
  const put = (key: number, piece: number): void => {
    const slot = slotOf(key);
    const at = slot * PLACE_SIZE;
    keys[slot] = key;
    places[at + PIECE] = piece;
    if (piece === NONE) places[at + LENGTH] = 0;
    else touched.push(at);
  };
  return {
    isRepeat(keys, text, timeFrom, timeTo) {
      for (const key of keys) if (!isLast(key, text, timeFrom, timeTo)) return false;
      return true;
    },
    remember(keys, piece) {
      for (const key of keys) put(key, piece);
    },
    forget: (key) => put(key, NONE),
    forgetAll() {
      validFrom = history.end();
      validPiece = pieces.length;
    },
    endChunk({ body, ends }) {
      if (touched.length > 0) {
        const bodyStart = history.keep(body);
        for (const at of touched) {
          const piece = places[at + PIECE] ?? NONE;
          if (piece === NONE) continue; // forgotten since, or done already
          const start = piece === 0 ? 0 : (ends[piece - 1] ?? 0) + 1;
          places[at + START] = bodyStart + start;
          places[at + LENGTH] = bodyStart >= 0 && piece >= validPiece ? (ends[piece] ?? 0) - start : 0;
          places[at + PIECE] = NONE;
        }
        touched.length = 0;
      }
      validPiece = 0;
    },
  };
}

function slotOf(key: number): number {
  return key & (PERSON_SLOTS - 1);
}

/** The last bytes of all chunks so far, by their place in the stream of them. Not texts, which the collector would copy and copy again. */
interface History {
  /** Keeps these bytes in one piece; gives the place of the first, or -1 when they are too many. */
  keep(body: Uint8Array): number;
  /** Whether this place has not been written over yet. */
  reaches(place: number): boolean;
  text(place: number, length: number): string;
  /** The place behind the last byte. */
  end(): number;
}

/** Byte n lies at n modulo the size. */
function createHistory(): History {
  const bytes = Buffer.alloc(HISTORY_BYTES);
  let written = 0;
  return {
    keep(body) {
      if (body.length > HISTORY_BYTES) return -1;
      const left = HISTORY_BYTES - (written % HISTORY_BYTES);
      if (body.length > left) written += left;
      bytes.set(body, written % HISTORY_BYTES);
      written += body.length;
      return written - body.length;
    },
    reaches: (place) => place >= written - HISTORY_BYTES,
    text(place, length) {
      const from = place % HISTORY_BYTES;
      return bytes.toString('utf8', from, from + length);
    },
    end: () => written,
  };
}

/** Whether two texts are equal but for what stands between two places: a time, which has as many digits in both. */
function isSame(known: string | undefined, text: string, from: number, to: number): boolean {
  if (from === to || known === undefined) return known === text;
  return known.length === text.length && known.startsWith(text.slice(0, from)) && known.endsWith(text.slice(to));
}
