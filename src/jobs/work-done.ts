import type { ExitCode } from '../domain/errors.ts';
import type { Host } from '../domain/host.ts';
import { addTally, EMPTY_TALLY, settledRows, undeliveredRows, type Tally } from '../domain/outcome.ts';
import { createProgress, type Progress } from '../output/progress.ts';
import { showSummary } from '../output/summary.ts';
import type { Terminal } from '../output/terminal.ts';
import type { FleetSession } from '../session/fleet-session.ts';

/** What this process has done, over all its watches. */
export interface WorkDone {
  /** Of the watch that is under way. */
  update(tally: Tally, rowsRead: number, pending: number): void;
  endWatch(): void;
  show(exitCode: ExitCode): void;
}

export function createWorkDone(
  { courier, place }: FleetSession,
  { host, terminal }: { readonly host: Host; readonly terminal: Terminal },
): WorkDone {
  const startedAt = host.clock.monotonic();
  const source = `lanes in Redis at ${place.name}`;
  const progress: Progress = createProgress(terminal, host.clock, source, { waitingFor: courier.health });
  let before = EMPTY_TALLY;
  let now = EMPTY_TALLY;
  let pending = 0;
  const tally = (): Tally => addTally(before, now);
  return {
    update(ofWatch, rowsRead, left) {
      now = ofWatch;
      pending = left;
      progress.update({
        rowsTotal: null,
        rowsSettled: settledRows(tally()),
        rowsRead: settledRows(before) + rowsRead,
        undelivered: undeliveredRows(tally()),
        requests: courier.traffic().requests,
      });
    },
    endWatch() {
      before = tally();
      now = EMPTY_TALLY;
    },
    show(exitCode) {
      progress.stop();
      showSummary(terminal, {
        run: null,
        source,
        rowsRead: settledRows(tally()) + pending,
        tally: tally(),
        pending,
        inDoubtResent: 0,
        ...courier.traffic(),
        durationMs: host.clock.monotonic() - startedAt,
        rowsSettledHere: settledRows(tally()),
        warnings: [],
        exitCode,
      });
    },
  };
}
