import type { Collector } from './results.ts';
import type { Sink } from './sink-process.ts';

/** What every measurement is given. */
export interface Context {
  readonly sink: Sink;
  readonly collect: Collector;
  /** Rows of the usual file. */
  readonly rows: number;
  /** Rows of the large file, for growth, resuming and retrying. */
  readonly largeRows: number;
  /** Programs whose speed is compared run so often; the middle one counts. */
  readonly repeat: number;
}

export type Measurement = (context: Context) => Promise<void>;
