/** ULIDs: 48 bits of time, then 80 bits that here come from a hash, so that the same event always has the same id. */

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
/** Two characters for every 10 bits: an id is 13 look-ups instead of 26. */
const PAIRS: readonly string[] = Array.from({ length: 1024 }, (_, bits) => ALPHABET.charAt(bits >>> 5) + ALPHABET.charAt(bits & 31));
const TIME_MAX_MS = 2 ** 48 - 1;
const VALID = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/i;

/** The ULID of a time and of the first 80 bits of a hash (a character for each byte, as in latin1). Times before 1970 count as 1970. */
export function ulidOf(timeMs: number, hash: string): string {
  const time = timeMs < 0 ? 0 : timeMs > TIME_MAX_MS ? TIME_MAX_MS : Math.floor(timeMs);
  const high = Math.floor(time / 0x100000);
  const low = time % 0x100000;
  return pair(high >>> 20) + pair((high >>> 10) & 1023) + pair(high & 1023) + pair(low >>> 10) + pair(low & 1023) + eightDigits(hash, 0) + eightDigits(hash, 5);
}

/** Whether a text is a ULID that Customer.io accepts as an event's id (case does not matter). */
export function isUlid(text: string): boolean {
  return text.length === 26 && VALID.test(text);
}

/** Five bytes are eight digits. */
function eightDigits(hash: string, from: number): string {
  const first = hash.charCodeAt(from);
  const second = hash.charCodeAt(from + 1);
  const third = hash.charCodeAt(from + 2);
  const fourth = hash.charCodeAt(from + 3);
  const fifth = hash.charCodeAt(from + 4);
  return pair((first << 2) | (second >>> 6)) + pair(((second & 63) << 4) | (third >>> 4)) + pair(((third & 15) << 6) | (fourth >>> 2)) + pair(((fourth & 3) << 8) | fifth);
}

function pair(bits: number): string {
  return PAIRS[bits] ?? '';
}
