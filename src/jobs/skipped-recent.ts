import { targetText, type Target } from '../session/target.ts';
import type { Host } from '../domain/host.ts';
import type { Recent, RecentPolicy } from '../domain/plan.ts';
import { decodeRanges, mergeRanges, rangesOf } from '../domain/row-ranges.ts';
import { createRun, inDoubtOf, runsOfSource, type Run } from '../journal/runs.ts';
import { noteRun, noteSkippedSince, notesOf } from '../journal/run-notes.ts';
import type { Journal } from '../journal/journal.ts';
import { undeliveredRows } from '../journal/undelivered.ts';
import type { FoundRun, RunSpec } from './find-run.ts';

export interface RecentRun extends FoundRun {
  readonly recent: Recent;
}

interface Place {
  readonly journal: Journal;
  readonly host: Host;
  readonly target: Target;
}

/**
 * What becomes of a run's recent events. --skip-recent records since when events count as recent, so that they can be sent later; rows
 * that may have been sent already are not left out. Once recent events are allowed, a finished run that left some out is followed by a
 * run over the same file that sends only these.
 */
export function decideForRun(
  { journal, host, target }: Place,
  found: FoundRun,
  recent: { readonly policy: RecentPolicy; readonly sinceSeconds: number },
): RecentRun {
  const { run } = found;
  const begun = { argv: host.argv, folder: host.cwd, target: targetText(target) };
  noteRun(journal, run.id, begun);
  if (recent.policy === 'skip') {
    if (!found.nothingToSend) noteSkippedSince(journal, run.id, recent.sinceSeconds);
    return {
      ...found,
      recent: {
        ...recent,
        exceptRows: mergeRanges(inDoubtOf(journal, run.id).flatMap((rows) => [...decodeRanges(rows)])),
      },
    };
  }
  const since = notesOf(journal, run.id)?.skippedSince ?? null;
  if (recent.policy !== 'allow' || !found.nothingToSend || since === null) return { ...found, recent };
  const follower = followerOf(journal, run, host.clock.now());
  noteRun(journal, follower.id, begun);
  return {
    run: follower,
    spec: JSON.parse(follower.spec) as RunSpec,
    nothingToSend: follower.state === 'finished',
    recent: {
      policy: 'only',
      sinceSeconds: since,
      exceptRows: rangesOf(
        [...undeliveredRows(journal, run.id, ['failed', 'rejected', 'invalid', 'unclear'])].map(({ row }) => row),
      ),
    },
  };
}

/** Whether a finished run left out recent events that have not been sent since. */
export function hasSkippedRecent(journal: Journal, run: Run): boolean {
  if (run.tally.skipped === 0 || (notesOf(journal, run.id)?.skippedSince ?? null) === null) return false;
  return (
    runsOfSource(journal, run.sourceKey, run.workspace).find((one) => one.fingerprint === fingerprintOf(run))?.state !==
    'finished'
  );
}

function fingerprintOf({ id }: Run): string {
  return `recent events of run ${id}`;
}

/** The run that sends what `run` left out: same file, plan and clock, so that its events have the ids they would have had. */
function followerOf(journal: Journal, run: Run, now: number): Run {
  const fingerprint = fingerprintOf(run);
  const known = runsOfSource(journal, run.sourceKey, run.workspace).find((one) => one.fingerprint === fingerprint);
  return known ?? createRun(journal, { ...run, type: 'import', fingerprint }, now);
}
