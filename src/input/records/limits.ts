/** How much is read at a time, and how long one record may be. */
export interface Limits {
  /** Text bytes of a block: it ends with the first record that reaches this. */
  readonly blockBytes: number;
  /** Rows of a block at most. */
  readonly rowsMax: number;
  /** A record that is longer is a fault: what holds it back from the API is far below, what it would cost is memory. */
  readonly recordBytesMax: number;
}

/** 8 KiB is about 100 rows of 80 bytes: dead before the collector copies them, which costs more than a block does (docs/performance.md). */
export const LIMITS: Limits = { blockBytes: 8 * 1024, rowsMax: 4096, recordBytesMax: 16 * 1024 * 1024 };

/** Of a record over the limit this much is kept to show it. */
export const OVERSIZE_SHOWN_BYTES = 64 * 1024;
