import { describe, expect, it } from 'vitest';
import { packOperations, type PackedOperations } from '../../../../src/domain/chunk.ts';
import { newUlidWords, parseUlid, type UlidWords } from '../../../../src/domain/ulid.ts';
import { createLastChanges, createSeenEvents } from '../../../../src/mapping/rows/seen.ts';

const wordsOf = (text: string): UlidWords => {
  const words = newUlidWords();
  parseUlid(words, text);
  return words;
};

const longText = (n: number): string => `${n}:${'x'.repeat(100_000)}`;

describe('seen events', () => {
  it('know an id from the second time on, and none of the empty slots for one', () => {
    const seen = createSeenEvents();
    for (const digit of '07')
      for (const rest of '0Z') {
        const words = wordsOf(digit + rest.repeat(25));
        expect([seen.has(words), seen.has(words)]).toEqual([false, true]);
      }
  });
});

const packed = (texts: readonly string[]): PackedOperations =>
  packOperations(texts.map((text, row) => ({ row, bytes: Buffer.from(text), keys: [], kinds: 0 })));

function memory(): {
  chunk: (texts: readonly string[], keys: readonly number[]) => void;
  changes: ReturnType<typeof createLastChanges>;
  pieces: string[];
} {
  const pieces: string[] = [];
  const changes = createLastChanges(pieces);
  return {
    pieces,
    changes,
    chunk(texts, keys) {
      for (const [index, text] of texts.entries()) {
        changes.remember([keys[index] ?? 0], index);
        pieces.push(text);
      }
      changes.endChunk(packed(texts));
      pieces.length = 0;
    },
  };
}

describe('last changes', () => {
  it('compare texts, over chunks too, in UTF-8', () => {
    const { chunk, changes } = memory();
    chunk(['é', 'plain', 'Ã©x'], [1, 2, 3]);
    expect([
      changes.isRepeat([1], 'é', 0, 0),
      changes.isRepeat([1], 'Ã©', 0, 0),
      changes.isRepeat([2], 'plain', 0, 0),
      changes.isRepeat([2], 'plaim', 0, 0),
      changes.isRepeat([3], 'Ã©x', 0, 0),
      changes.isRepeat([4], 'plain', 0, 0),
    ]).toEqual([true, false, true, false, true, false]);
    expect(changes.isRepeat([1, 2], 'é', 0, 0)).toBe(false);
  });

  it('forget a person, or everything, in the middle of a chunk', () => {
    const { chunk, changes, pieces } = memory();
    chunk(['a', 'b'], [1, 2]);
    changes.forget(1);
    expect([changes.isRepeat([1], 'a', 0, 0), changes.isRepeat([2], 'b', 0, 0)]).toEqual([false, true]);
    changes.remember([1], 0);
    pieces.push('a');
    changes.forgetAll();
    changes.remember([3], 1);
    pieces.push('c');
    expect([
      changes.isRepeat([1], 'a', 0, 0),
      changes.isRepeat([2], 'b', 0, 0),
      changes.isRepeat([3], 'c', 0, 0),
    ]).toEqual([false, false, true]);
    changes.endChunk(packed(['a', 'c']));
    pieces.length = 0;
    expect([
      changes.isRepeat([1], 'a', 0, 0),
      changes.isRepeat([2], 'b', 0, 0),
      changes.isRepeat([3], 'c', 0, 0),
    ]).toEqual([false, false, true]);
  });

  it('never compare with bytes that were written over', () => {
    const { chunk, changes } = memory();
    for (let n = 0; n < 100; n++) chunk([longText(n)], [n + 1]);
    // Every place is asked for each text that may lie there by now: only the last forty or so are still known.
    const known = Array.from({ length: 100 }, (_, n) => changes.isRepeat([n + 1], longText(n), 0, 0));
    expect(known.lastIndexOf(false)).toBe(known.indexOf(true) - 1);
    expect(known.filter(Boolean).length).toBeGreaterThan(35);
    for (let n = 0; n < 100; n++)
      for (let other = 0; other < 100; other++)
        if (other !== n && changes.isRepeat([n + 1], longText(other), 0, 0)) expect([n, other]).toBe('no repeat');
    chunk(['y'.repeat(5_000_000)], [200]);
    expect(changes.isRepeat([200], 'y'.repeat(5_000_000), 0, 0)).toBe(false);
  });
});
