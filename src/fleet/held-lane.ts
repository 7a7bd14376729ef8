/** A lane while this process holds its lease: it reads one of the lane's streams from the beginning. */
export interface HeldLane {
  readonly lane: number;
  readonly stream: string;
  /** The stream of operations that are sent again. While one is read, the lane's other stream waits: what is in it is newer. */
  readonly isAgain: boolean;
  /** Somebody has failed operations: those behind them must be found. */
  readonly checksHeld: boolean;
  /** Id of the entry that was read last. */
  cursor: string;
  /** Reading has ended; what was read is still under way. */
  isEnding: boolean;
}

/** One entry of a lane's stream. */
export interface LaneEntry {
  readonly id: string;
  readonly orderingKey: string;
  readonly text: string;
  /** Of an operation that is sent again: its entry among the undelivered ones. */
  readonly undeliveredId: string;
}

export const BEGINNING = '0-0';
