/**
 * The port through which every source is read: a file, the spool of a stream, and whatever comes after them. Decoders
 * (decoders.ts) turn its bytes into text. A new adapter is done when it passes test/contract/byte-source.test.ts.
 */

/** Said once when a source that still grows has no more bytes at the moment. */
export const IDLE = Symbol('idle');

/** Bytes in order, in pieces of any size but 0. */
export type Pieces = AsyncGenerator<Buffer | typeof IDLE, void, void>;

export interface ByteSource {
  /** What there is now. Throws CioBulkError input_missing or input_unreadable. */
  look(): Promise<{ readonly bytes: number; readonly isComplete: boolean }>;
  /** Nothing is opened before the first piece is asked for; returning the pieces closes whatever was. */
  open(reading: ByteReading): OpenBytes;
}

export interface ByteReading {
  /** First byte to read; the same place holds the same byte at every reading. */
  readonly start: number;
  /** Bytes of a piece at most. */
  readonly pieceBytes: number;
  /** Wait for the end of a source that still grows, saying IDLE whenever it pauses; else take what is there now. */
  readonly waits: boolean;
  readonly signal: AbortSignal | undefined;
  /** Watch out for writers, and call the source this in messages. */
  readonly watchAs?: string;
  /** How long a watched source whose last line has no end is given to end it, since it was written to last. */
  readonly patienceMs?: number | undefined;
  /** The bytes are text as they stand: a watched source whose last line has no end is given a moment to get it. */
  readonly isText?: boolean;
}

export interface OpenBytes {
  readonly pieces: Pieces;
  /** undefined when nobody was to watch, or when only we can write to the source. */
  readonly watch: SourceWatch | undefined;
}

/** Whether a source still is what it was when it was opened. One that becomes shorter ends the pieces with input_changed. */
export interface SourceWatch {
  /** Somebody has written to the source since it was opened or since this was last asked: what was read of it may differ by now. */
  wasTouched(): boolean;
  /** Somebody has appended to it, as far as can be seen from outside. */
  hasGrown(): boolean;
  /** Milliseconds since somebody wrote to it. */
  ageMs(): number;
}
