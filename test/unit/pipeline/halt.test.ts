import { describe, expect, it } from 'vitest';
import { createHalt } from '../../../src/pipeline/halt.ts';

describe('a run', () => {
  it('halts when it is asked to, even before it began, and ends without an error', () => {
    const halt = createHalt(AbortSignal.abort(), () => undefined);
    expect(halt.signal.aborted).toBe(true);
    expect(() => halt.rethrow()).not.toThrow();
  });

  it('goes on after a source that breaks off, and ends with that error whatever fails later', () => {
    let rings = 0;
    const halt = createHalt(new AbortController().signal, () => rings++);
    halt.remember(new Error('cut short'));
    expect([halt.signal.aborted, rings]).toEqual([false, 0]);
    halt.fail(new Error('the disk is full'));
    expect([halt.signal.aborted, rings]).toEqual([true, 1]);
    expect(() => halt.rethrow()).toThrow('cut short');
  });

  it('asks for no more attention once it is over', () => {
    const stop = new AbortController();
    const halt = createHalt(stop.signal, () => undefined);
    halt.release();
    stop.abort();
    expect(halt.signal.aborted).toBe(false);
  });
});
