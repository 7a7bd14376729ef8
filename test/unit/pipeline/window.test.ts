import { describe, expect, it } from 'vitest';
import { createWindow } from '../../../src/pipeline/window.ts';
import { chunkOf } from '../../support/chunks.ts';

const people = (count: number): { persons: string[] }[] => Array.from({ length: count }, (_, i) => ({ persons: [`id:${i}`] }));

describe('the window', () => {
  it('lets nothing pass over a row that is not settled, however much behind it is', () => {
    const window = createWindow();
    const [first, second, third] = [window.admit(chunkOf(0, people(2))), window.admit(chunkOf(2, people(3))), window.admit(chunkOf(5, people(1)))];
    second.unsettled = 0;
    third.unsettled = 0;
    expect(window.pass()).toEqual([]);
    first.unsettled = 1;
    expect(window.pass()).toEqual([]);
    first.unsettled = 0;
    expect(window.pass()).toEqual([first, second, third]);
    expect(window.size()).toBe(0);
  });

  it('counts rows as pending until their chunk has passed or they are settled', () => {
    const window = createWindow();
    const chunk = window.admit({ ...chunkOf(0, people(3)), rows: 5, skipped: { unchanged: 2 } });
    expect([window.rowsAdmitted(), window.rowsPending()]).toEqual([5, 5]);
    chunk.unsettled = 1;
    expect(window.rowsPending()).toBe(3);
    chunk.unsettled = 0;
    expect(window.rowsPending()).toBe(2); // skipped ones count when the checkpoint moves
    window.pass();
    expect([window.rowsAdmitted(), window.rowsPending()]).toEqual([5, 0]);
  });

  it('passes a chunk without any operation as soon as nothing stands before it', () => {
    const window = createWindow();
    window.admit({ ...chunkOf(0, []), rows: 4, skipped: { recent: 4 } });
    expect(window.pass()).toHaveLength(1);
  });
});
