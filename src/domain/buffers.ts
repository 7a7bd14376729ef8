/** Where the large buffers of a chunk come from: new ones, or ones that have done their work already. */
export interface Buffers {
  /** At least this many bytes, to be used from the start. The content is whatever it was. */
  take(bytes: number): ArrayBuffer;
}

/** Sizes are rounded up to this, so that a buffer fits many chunks. */
const STEP_BYTES = 4 * 1024;
/** Buffers that lie idle at most. */
const IDLE_MAX = 128;
/** A buffer more than this many times as large as needed is not wasted on it. */
const WASTE_MAX = 4;

/** Always a new one. */
export const NEW_BUFFERS: Buffers = { take: (bytes) => new ArrayBuffer(bytes) };

/**
 * Buffers that come back are used again. Without it, each chunk leaves some hundred kilobytes behind that only a full
 * collection of the sending thread would find, which seldom has a reason for one.
 */
export function createBufferPool(): Buffers & { giveBack(buffer: ArrayBuffer): void } {
  const idle: ArrayBuffer[] = [];
  return {
    take(bytes) {
      const at = idle.findIndex(({ byteLength }) => byteLength >= bytes && byteLength <= bytes * WASTE_MAX);
      return (
        (at === -1 ? undefined : idle.splice(at, 1)[0]) ??
        new ArrayBuffer(Math.ceil(Math.max(1, bytes) / STEP_BYTES) * STEP_BYTES)
      );
    },
    giveBack(buffer) {
      if (idle.length < IDLE_MAX) idle.push(buffer);
    },
  };
}
