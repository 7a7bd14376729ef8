/** Bounded memories of what was just prepared. They may forget, they never mistake one thing for another. */

const EVENT_SLOTS = 65_536;
const PERSON_SLOTS = 65_536;
/** Text of earlier chunks that an identify can be compared with. */
const HISTORY_CHARS_MAX = 4_000_000;

/** Event ids of about the last 65 536 events. */
export interface SeenEvents {
  /** Whether this id is known already; it is from now on. */
  has(ulid: string): boolean;
}

const ULID_CHARS = 26;

/** An id is kept as its digits, in the one slot that the last of them choose. */
export function createSeenEvents(): SeenEvents {
  const digits = new Uint8Array(EVENT_SLOTS * ULID_CHARS);
  return {
    has(ulid) {
      const slot = ((digit(ulid, 22) << 15) | (digit(ulid, 23) << 10) | (digit(ulid, 24) << 5) | digit(ulid, 25)) & (EVENT_SLOTS - 1);
      let at = slot * ULID_CHARS;
      let isSame = true;
      for (let index = 0; index < ULID_CHARS; index++, at++) {
        const value = digit(ulid, index) + 1; // + 1: an empty slot is no id of zeros
        if (digits[at] !== value) isSame = false;
        digits[at] = value;
      }
      return isSame;
    },
  };
}

/** 5 bits of a Crockford digit, either case: distinct for all 32 digits. */
function digit(ulid: string, index: number): number {
  return DIGITS[ulid.charCodeAt(index) & 127] ?? 0;
}

const DIGITS = new Uint8Array(128);
for (const [value, character] of '0123456789ABCDEFGHJKMNPQRSTVWXYZ'.split('').entries()) {
  DIGITS[character.charCodeAt(0)] = value;
  DIGITS[character.toLowerCase().charCodeAt(0)] = value;
}

/**
 * The last state-changing operation of about the last 65 536 persons: an identify that equals it changes nothing.
 * A person is addressed by hash; what decides is the operation's text, which names the person.
 */
export interface LastChanges {
  /** Whether an identify repeats what was last done to this person (and to its second identity). */
  isRepeat(key: number, second: number, text: string): boolean;
  /** Operation `piece` of this chunk, an identify, is now the last change of its persons. */
  remember(key: number, second: number, piece: number): void;
  /** Something else was done to this person. */
  forget(key: number): void;
  forgetAll(): void;
  /** The chunk is complete: `text` is its operations, joined by one character. */
  endChunk(text: string, lengths: readonly number[]): void;
}

export function createLastChanges(pieces: readonly string[]): LastChanges {
  const keys = new Int32Array(PERSON_SLOTS);
  const chunks = new Int32Array(PERSON_SLOTS);
  const indexes = new Int32Array(PERSON_SLOTS);
  const history = new Map<number, { text: string; ends: Uint32Array }>();
  let historyChars = 0;
  let chunk = 1;
  /** Slots of chunks before this one are void. */
  let validFrom = 1;
  let voidPieces = 0;

  const isLast = (key: number, text: string): boolean => {
    const slot = key & (PERSON_SLOTS - 1);
    if (keys[slot] !== (key | 0)) return false;
    const at = chunks[slot] ?? 0;
    const index = indexes[slot] ?? 0;
    if (at === chunk) return index >= voidPieces && pieces[index] === text;
    const past = at < validFrom ? undefined : history.get(at);
    if (past === undefined) return false;
    const start = index === 0 ? 0 : (past.ends[index - 1] ?? 0) + 1;
    return (past.ends[index] ?? 0) - start === text.length && past.text.startsWith(text, start);
  };
  const put = (key: number, at: number, piece: number): void => {
    const slot = key & (PERSON_SLOTS - 1);
    keys[slot] = key;
    chunks[slot] = at;
    indexes[slot] = piece;
  };

  return {
    isRepeat: (key, second, text) => isLast(key, text) && (second === 0 || isLast(second, text)),
    remember(key, second, piece) {
      put(key, chunk, piece);
      if (second !== 0) put(second, chunk, piece);
    },
    forget: (key) => put(key, 0, 0),
    forgetAll() {
      validFrom = chunk;
      voidPieces = pieces.length;
    },
    endChunk(text, lengths) {
      const ends = new Uint32Array(lengths.length);
      let end = -1;
      for (let index = 0; index < lengths.length; index++) ends[index] = end += 1 + (lengths[index] ?? 0);
      if (voidPieces > 0) validFrom = chunk + 1;
      voidPieces = 0;
      history.set(chunk++, { text, ends });
      historyChars += text.length;
      for (const [oldest, { text: old }] of history) {
        if (historyChars <= HISTORY_CHARS_MAX) break;
        history.delete(oldest);
        historyChars -= old.length;
      }
    },
  };
}
