import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isUlid, newUlidWords, parseUlid, setUlid, ulidText } from '../../../src/domain/ulid.ts';

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const DIGITS = ALPHABET.split('');

describe('ULIDs', () => {
  it('are the time and the hash as one number of 26 digits', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 48 - 1 }), fc.string(), (timeMs, seed) => {
        const digest = createHash('sha256').update(seed).digest();
        const words = newUlidWords();
        setUlid(words, timeMs, digest.toString('latin1'));
        let number = (BigInt(timeMs) << 80n) | BigInt(`0x${digest.subarray(0, 10).toString('hex')}`);
        let digits = '';
        for (let digit = 0; digit < 26; digit++, number >>= 5n) digits = ALPHABET.charAt(Number(number & 31n)) + digits;
        expect(ulidText(words)).toBe(digits);
        expect(isUlid(digits)).toBe(true);
      }),
    );
  });

  it('are the same number in either case', () => {
    const digit = fc.constantFrom(...DIGITS);
    fc.assert(
      fc.property(
        fc.constantFrom(...DIGITS.slice(0, 8)),
        fc.array(digit, { minLength: 25, maxLength: 25 }),
        (first, rest) => {
          const text = first + rest.join('');
          const [words, lower] = [newUlidWords(), newUlidWords()];
          parseUlid(words, text);
          parseUlid(lower, text.toLowerCase());
          expect(ulidText(words)).toBe(text);
          expect(lower).toEqual(words);
        },
      ),
    );
  });

  it('of a time before 1970 begin with zeros', () => {
    const words = newUlidWords();
    setUlid(words, -1, 'x'.repeat(10));
    expect(ulidText(words)).toMatch(/^0{10}/);
  });
});
