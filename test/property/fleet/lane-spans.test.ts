import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BEGINNING, type HeldLane } from '../../../src/fleet/held-lane.ts';
import { createLaneSpans } from '../../../src/fleet/lane-spans.ts';

const laneOf = (lane: number): HeldLane => ({
  lane,
  stream: `lane:${lane}`,
  isAgain: false,
  checksHeld: false,
  cursor: BEGINNING,
  isEnding: false,
});

/** The lanes of the words of one call, and the id before which each is trimmed. */
function trims(words: readonly (string | number)[]): [lane: number, sequence: number][] {
  const found: [number, number][] = [];
  for (let at = 0; at < words.length;) {
    const [, lane, after, , told] = words.slice(at, at + 5);
    found.push([Number(lane), Number(String(after).split('-')[1])]);
    at += 5 + 7 * Number(told);
  }
  return found;
}

describe('settlements of lanes', () => {
  it('are told up to the first entry that is not settled, whatever the order in which they come', () => {
    const spans = fc.array(fc.record({ lane: fc.nat(3), entries: fc.integer({ min: 1, max: 8 }) }), {
      minLength: 1,
      maxLength: 12,
    });
    fc.assert(
      fc.property(spans, fc.infiniteStream(fc.nat()), (given, choices) => {
        const lanes = [0, 1, 2, 3].map(laneOf);
        const all = createLaneSpans();
        const rowsOf = lanes.map((): number[] => []);
        let row = 1;
        for (const { lane, entries } of given) {
          const own = rowsOf[lane] ?? [];
          const held = lanes[lane] ?? laneOf(lane);
          const read = Array.from({ length: entries }, (_, i) => ({
            id: `1-${own.length + i}`,
            orderingKey: 'k',
            text: '{}',
            undeliveredId: '',
          }));
          all.admit(held, row, read);
          for (let i = 0; i < entries; i++) own.push(row + i);
          row += entries;
        }
        const left = Array.from({ length: row - 1 }, (_, i) => i + 1);
        const settled = new Set<number>();
        while (left.length > 0) {
          const [next = 0] = left.splice((choices.next().value ?? 0) % left.length, 1);
          settled.add(next);
          all.settle(next, next);
          for (const [lane, sequence] of trims(all.take())) {
            const own = rowsOf[lane] ?? [];
            const firstOpen = own.findIndex((one) => !settled.has(one));
            expect(sequence).toBe(firstOpen === -1 ? own.length : firstOpen);
          }
        }
        for (const lane of lanes) expect(all.isTold(lane)).toBe(true);
      }),
    );
  });
});
