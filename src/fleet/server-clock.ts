/** What two readings may differ by, and what the rates of two clocks may. */
const TOLERANCE_MS = 50;
const TOLERANCE_SHARE = 0.001;

interface Reading {
  readonly serverMs: number;
  /** When it was asked for and when it came, by the monotonic clock here. */
  readonly askedAt: number;
  readonly answeredAt: number;
}

/** Tells when the clock of the server was set, or another server answers: then it moved by more or by less than time passed here. */
export interface ServerClock {
  isSetSince(reading: Reading): boolean;
}

export function createServerClock(): ServerClock {
  let before: Reading | undefined;
  return {
    isSetSince(reading) {
      const last = before;
      before = reading;
      if (!last) return false;
      const passed = reading.serverMs - last.serverMs;
      const least = reading.askedAt - last.answeredAt;
      const most = reading.answeredAt - last.askedAt;
      const tolerance = TOLERANCE_MS + most * TOLERANCE_SHARE;
      return passed < least - tolerance || passed > most + tolerance;
    },
  };
}
