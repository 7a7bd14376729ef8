/** ULIDs: 48 bits of time, then 80 bits that here come from a hash, so that the same event always has the same id. */

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
/** Two characters for every 10 bits: an id is 13 look-ups instead of 26. */
const PAIRS: readonly string[] = Array.from({ length: 1024 }, (_, bits) => ALPHABET.charAt(bits >>> 5) + ALPHABET.charAt(bits & 31));
const TIME_MAX_MS = 2 ** 48 - 1;
const VALID = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/i;

/** The ULID of a time and of the first 80 bits of a hash (lower-case hex). Times before 1970 count as 1970. */
export function ulidOf(timeMs: number, hashHex: string): string {
  const time = timeMs < 0 ? 0 : timeMs > TIME_MAX_MS ? TIME_MAX_MS : Math.floor(timeMs);
  const high = Math.floor(time / 0x100000);
  return (
    pair(high >>> 20) +
    twenty(high & 0xfffff) +
    twenty(time % 0x100000) +
    twenty(bitsAt(hashHex, 0)) +
    twenty(bitsAt(hashHex, 5)) +
    twenty(bitsAt(hashHex, 10)) +
    twenty(bitsAt(hashHex, 15))
  );
}

/** Whether a text is a ULID that Customer.io accepts as an event's id (case does not matter). */
export function isUlid(text: string): boolean {
  return text.length === 26 && VALID.test(text);
}

function bitsAt(hex: string, index: number): number {
  return Number.parseInt(hex.slice(index, index + 5), 16);
}

function twenty(bits: number): string {
  return pair(bits >>> 10) + pair(bits & 1023);
}

function pair(bits: number): string {
  return PAIRS[bits] ?? '';
}
