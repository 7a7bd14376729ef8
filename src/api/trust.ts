/** How long a connection that was used before must stay silent behind an answer before the answer is believed. */
export const SILENCE_MS = 2;
/** An answer on such a connection in less than this share of the usual time may be one too many: its own comes within a multiple of that time. */
const HASTY_SHARE = 1 / 3;
const PATIENCE_FACTOR = 1.5;
const PATIENCE_MAX_MS = 1_000;
/** Weight of the newest answer in the usual time. */
const NEWEST = 0.1;

/** What all connections to one host have shown so far about whether its answers come in turn. */
export interface Trust {
  /** False once a connection has spoken without having been asked: from then on each request has a connection of its own. */
  isKept(): boolean;
  /** A connection spoke unasked, and this many rows were settled by answers behind its first. */
  lose(rowsAfterFirst: number): void;
  /** How long to listen behind an answer that took so long. */
  silenceMs(tookMs: number): number;
  answered(tookMs: number): void;
}

/** `onDoubt`: so many rows were settled by answers that may have been another request's. */
export function createTrust(onDoubt: (rows: number) => void): Trust {
  let isKept = true;
  let usualMs = 0;
  return {
    isKept: () => isKept,
    lose(rowsAfterFirst) {
      isKept = false;
      if (rowsAfterFirst > 0) onDoubt(rowsAfterFirst);
    },
    silenceMs(tookMs) {
      const isHasty = tookMs < usualMs * HASTY_SHARE;
      return Math.max(SILENCE_MS, isHasty ? Math.min(PATIENCE_MAX_MS, usualMs * PATIENCE_FACTOR - tookMs) : 0);
    },
    answered: (tookMs) => void (usualMs += (tookMs - usualMs) * (usualMs === 0 ? 1 : NEWEST)),
  };
}
