import { countRows } from '../domain/row-ranges.ts';
import { createAdmission, type Admission } from './admission.ts';
import { createBell, type Bell } from './bell.ts';
import { createDepartures, type Departures } from './departures.ts';
import { createFlights, type Flights } from './flight.ts';
import { createGate } from './gate.ts';
import { createHalt, type Halt } from './halt.ts';
import { createHeldPersons } from './held.ts';
import { startIntake, type Intake } from './intake.ts';
import { createLanes, type Lanes } from './lanes.ts';
import { createLinks } from './links.ts';
import type { RunProgress } from './progress.ts';
import { createResumption } from './resumption.ts';
import type { RunOptions } from './run-options.ts';
import { createSettling, type Settling } from './settling.ts';
import { createWindow } from './window.ts';

/** What a run works with. */
export interface Parts {
  /** Rings when there may be something to do. */
  readonly bell: Bell;
  readonly halt: Halt;
  readonly intake: Intake;
  readonly admission: Admission;
  readonly lanes: Lanes;
  readonly departures: Departures;
  readonly flights: Flights;
  readonly settling: Settling;
  readonly progress: () => RunProgress;
  /** Rows that earlier processes have sent without hearing the answer, and that are sent again. */
  readonly inDoubtResent: number;
}

/** Puts the parts together, and continues where earlier processes stopped. Reading begins at once. */
export function assemble(options: RunOptions): Parts {
  const { ledger, courier, clock, concurrency, batchRowsMax } = options;
  const before = ledger.state();
  let offset = before.checkpoint?.offset ?? 0;
  const bell = createBell();
  const halt = createHalt(options.stopping, bell.ring);
  const resumption = createResumption(before);
  const links = createLinks();
  const held = options.held ?? createHeldPersons(before.failedPersons, links);
  const window = createWindow();

  const progress = (): RunProgress => ({
    tally: ledger.tally(),
    rowsRead: resumption.rowsBefore() + window.rowsAdmitted() + resumption.rowsAhead(),
    pending: window.rowsPending(),
    invalidAhead: window.invalidAhead(),
    offset,
  });
  const settling = createSettling({
    ...options,
    window,
    links,
    rowsBefore: resumption.rowsBefore,
    onPassed: (position) => void (offset = position.offset),
    onCommit: () => options.onProgress(progress()),
    onError: halt.fail,
  });
  const gate = createGate(held, settling);
  const lanes = createLanes({
    rowsMax: batchRowsMax,
    bytesMax: options.batchBytesMax,
    firstBatchId: before.nextBatch,
    ...gate,
  });
  const flights = createFlights({ settling, lanes, courier, held, halt, clock, ring: bell.ring });
  const intake = startIntake(options.chunks, bell.ring, clock);
  const waitingMax = Math.max(concurrency + 4, 8) * batchRowsMax;
  const rows = { resumption, window, links, lanes, settling };
  const admission = createAdmission({ ...rows, intake, flights, halt, clock, waitingMax });
  const departures = createDepartures({ intake, admission, flights, lanes, clock, lingerMs: options.lingerMs });
  return {
    bell,
    halt,
    intake,
    admission,
    lanes,
    departures,
    flights,
    settling,
    progress,
    inDoubtResent: countRows(before.inDoubt),
  };
}
