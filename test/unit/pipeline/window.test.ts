import { describe, expect, it } from 'vitest';
import { createWindow } from '../../../src/pipeline/window.ts';
import { chunkOf } from '../../support/chunks.ts';

const people = (count: number): { persons: string[] }[] =>
  Array.from({ length: count }, (_, i) => ({ persons: [`id:${i}`] }));

describe('the window', () => {
  it('lets nothing pass over a row that is not settled, however much behind it is', () => {
    const window = createWindow();
    const [first, second, third] = [
      window.admit(chunkOf(0, people(2))),
      window.admit(chunkOf(2, people(3))),
      window.admit(chunkOf(5, people(1))),
    ];
    expect([window.settle(second, 3), window.settle(third, 1)]).toEqual([true, true]);
    expect(window.pass()).toEqual([]);
    expect(window.settle(first, 1)).toBe(false);
    expect(window.pass()).toEqual([]);
    expect(window.settle(first, 1)).toBe(true);
    expect(window.pass()).toEqual([first, second, third]);
    expect(window.size()).toBe(0);
  });

  it('counts rows as pending until their chunk has passed or they are settled', () => {
    const window = createWindow();
    const chunk = window.admit({ ...chunkOf(0, people(3)), rows: 5, skipped: { unchanged: 2 } });
    expect([window.rowsAdmitted(), window.rowsPending()]).toEqual([5, 5]);
    window.settle(chunk, 2);
    expect(window.rowsPending()).toBe(3);
    window.settle(chunk, 1);
    expect(window.rowsPending()).toBe(2); // skipped ones count when the checkpoint moves
    window.pass();
    expect([window.rowsAdmitted(), window.rowsPending()]).toEqual([5, 0]);
  });

  it('knows the bytes in use, also of chunks that pass without having let go', () => {
    const window = createWindow();
    const [first, second] = [window.admit(chunkOf(0, people(2))), window.admit(chunkOf(2, []))];
    expect(window.bytesHeld()).toBeGreaterThan(0);
    const { prepared } = first;
    window.settle(first, 2);
    first.prepared = {
      ...prepared,
      raw: new Uint8Array(),
      operations: { ...prepared.operations, body: new Uint8Array() },
    };
    window.letGo(prepared);
    expect(window.pass()).toEqual([first, second]);
    expect(window.bytesHeld()).toBe(0);
  });

  it('passes a chunk without any operation as soon as nothing stands before it', () => {
    const window = createWindow();
    window.admit({ ...chunkOf(0, []), rows: 4, skipped: { recent: 4 } });
    expect(window.pass()).toHaveLength(1);
  });
});
