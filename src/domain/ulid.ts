/**
 * ULIDs: 48 bits of time, then 80 bits that here come from a hash, so that the same event always has the same id. As numbers
 * they are four words of 32 bits, the highest first: quicker to compare and to keep than their 26 digits.
 */

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const DIGITS = 26;
const TIME_MAX_MS = 2 ** 48 - 1;
const VALID = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/i;

/** The two digits of 10 bits, as the two bytes of a number that is stored in this machine's byte order. */
const PAIRS = new Uint16Array(1024);
const pairBytes = new Uint8Array(PAIRS.buffer);
for (let bits = 0; bits < 1024; bits++) {
  pairBytes[2 * bits] = ALPHABET.charCodeAt(bits >>> 5);
  pairBytes[2 * bits + 1] = ALPHABET.charCodeAt(bits & 31);
}

const VALUES = new Uint8Array(128);
for (const [value, character] of ALPHABET.split('').entries()) {
  VALUES[character.charCodeAt(0)] = value;
  VALUES[character.toLowerCase().charCodeAt(0)] = value;
}

export type UlidWords = Uint32Array;

export function newUlidWords(): UlidWords {
  return new Uint32Array(4);
}

/** Sets `words` to a time and the first 80 bits of a hash (a character for each byte, as in latin1). Times before 1970 count as 1970. */
export function setUlid(words: UlidWords, timeMs: number, hash: string): void {
  const time = timeMs < 0 ? 0 : timeMs > TIME_MAX_MS ? TIME_MAX_MS : Math.floor(timeMs);
  words[0] = time / 0x10000;
  words[1] = ((time % 0x10000) << 16) | (hash.charCodeAt(0) << 8) | hash.charCodeAt(1);
  words[2] = fourBytes(hash, 2);
  words[3] = fourBytes(hash, 6);
}

/** Sets `words` to a valid ULID. */
export function parseUlid(words: UlidWords, text: string): void {
  words.fill(0);
  // 26 digits of 5 bits are 130 bits: the first digit has only three that count, which leaves 128.
  for (let digit = 0; digit < DIGITS; digit++) {
    const value = VALUES[text.charCodeAt(digit) & 127] ?? 0;
    const bit = digit * 5 - 2; // where its highest bit stands, from the left
    const word = Math.max(0, bit) >>> 5;
    const shift = 27 - (bit - 32 * word);
    if (shift >= 0) words[word] = (words[word] ?? 0) | (value << shift);
    else {
      words[word] = (words[word] ?? 0) | (value >>> -shift);
      words[word + 1] = (words[word + 1] ?? 0) | (value << (32 + shift));
    }
  }
}

const scratchPairs = new Uint16Array(DIGITS / 2);
const scratch = Buffer.from(scratchPairs.buffer);

/** The 26 digits, in capitals. */
export function ulidText(words: UlidWords): string {
  const w0 = words[0] ?? 0;
  const w1 = words[1] ?? 0;
  const w2 = words[2] ?? 0;
  const w3 = words[3] ?? 0;
  scratchPairs[0] = pair(w0 >>> 24);
  scratchPairs[1] = pair((w0 >>> 14) & 1023);
  scratchPairs[2] = pair((w0 >>> 4) & 1023);
  scratchPairs[3] = pair(((w0 & 15) << 6) | (w1 >>> 26));
  scratchPairs[4] = pair((w1 >>> 16) & 1023);
  scratchPairs[5] = pair((w1 >>> 6) & 1023);
  scratchPairs[6] = pair(((w1 & 63) << 4) | (w2 >>> 28));
  scratchPairs[7] = pair((w2 >>> 18) & 1023);
  scratchPairs[8] = pair((w2 >>> 8) & 1023);
  scratchPairs[9] = pair(((w2 & 255) << 2) | (w3 >>> 30));
  scratchPairs[10] = pair((w3 >>> 20) & 1023);
  scratchPairs[11] = pair((w3 >>> 10) & 1023);
  scratchPairs[12] = pair(w3 & 1023);
  return scratch.toString('latin1');
}

/** Whether a text is a ULID that Customer.io accepts as an event's id (case does not matter). */
export function isUlid(text: string): boolean {
  return text.length === DIGITS && VALID.test(text);
}

function fourBytes(text: string, from: number): number {
  return (
    (text.charCodeAt(from) << 24) |
    (text.charCodeAt(from + 1) << 16) |
    (text.charCodeAt(from + 2) << 8) |
    text.charCodeAt(from + 3)
  );
}

function pair(bits: number): number {
  return PAIRS[bits] ?? 0;
}
