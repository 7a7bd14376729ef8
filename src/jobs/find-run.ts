import { crashPoint } from '../domain/crash-point.ts';
import type { Position } from '../domain/chunk.ts';
import { CioBulkError } from '../domain/errors.ts';
import { undeliveredRows } from '../domain/outcome.ts';
import type { Plan, SourceLayout } from '../domain/plan.ts';
import { firstPosition, openBlocks } from '../input/records/blocks.ts';
import type { Journal } from '../journal/journal.ts';
import { createRun, findRun, goOnBeforeUnended, runsOfSource, setRunState, type Run } from '../journal/runs.ts';
import { count } from '../domain/text/numbers.ts';
import { safeLine } from '../domain/text/safe-text.ts';
import type { Terminal } from '../output/terminal.ts';

/** What a run was started with and is resumed with. Never holds a secret. */
export interface RunSpec {
  readonly name: string;
  readonly layout: SourceLayout;
  readonly plan: Plan;
  readonly dataset: string;
  /** Milliseconds since 1970: the time of events that have none. */
  readonly clockMs: number;
  readonly skip: number;
}

export interface RunRequest {
  readonly journal: Journal;
  readonly terminal: Terminal;
  readonly sourceKey: string;
  readonly source: string;
  readonly workspace: string;
  readonly environmentId: number | undefined;
  readonly fingerprint: string;
  readonly restart: boolean;
  readonly now: number;
  /** What a new run would be. */
  readonly newSpec: RunSpec;
  /** The source is a stream that is still coming in: wait for its rows. */
  readonly follow: boolean;
  readonly signal: AbortSignal;
}

export interface FoundRun {
  readonly run: Run;
  readonly spec: RunSpec;
  /** The source was sent to its end, and nothing was added since. */
  readonly nothingToSend: boolean;
}

/** Resuming is the default: the same source, mapping and target continue their run. Anything else starts a new one, and says why. */
export async function findOrCreateRun(request: RunRequest): Promise<FoundRun> {
  const { journal, terminal, sourceKey, workspace, fingerprint } = request;
  const runs = runsOfSource(journal, sourceKey, workspace);
  const same = runs.find((run) => run.fingerprint === fingerprint);
  if (same && request.restart) {
    // Rows that did not arrive go out again with the new run: sent from the old one, they would overwrite newer values.
    if (same.state === 'open' || undeliveredRows(same.tally) > 0) {
      setRunState(journal, same.id, 'abandoned', request.now);
      terminal.say(`Run ${same.id} abandoned (--restart)`);
    }
    return begin(request, await clockToKeep(request, same));
  }
  if (!same) {
    if (runs[0]) terminal.say(`A new run: the mapping differs from that of run ${runs[0].id}`);
    return begin(request);
  }
  const spec = JSON.parse(same.spec) as RunSpec;
  if (same.state === 'open') {
    if (hasSentNothing(same) && !isSamePlan(spec, request.newSpec)) {
      setRunState(journal, same.id, 'abandoned', request.now);
      terminal.say(`Run ${same.id} had sent nothing and the file has changed: starting again`);
      return begin(request);
    }
    terminal.say(
      `Resuming run ${same.id}${same.checkpoint && same.checkpoint.row > 0 ? ` after row ${count(same.checkpoint.row)}` : ''}`,
    );
    return { run: same, spec, nothingToSend: false };
  }
  const change = await changeSince(request, spec, same.checkpoint);
  if (change === 'same') return { run: same, spec, nothingToSend: true };
  if (change === 'longer')
    return reopen(request, same, spec, `rows were added after row ${count(same.checkpoint?.row ?? 0)}`);
  if (same.unended && (await changeSince(request, spec, same.unended)) === 'longer') {
    const wasNothing = goOnBeforeUnended(journal, same);
    return reopen(
      request,
      same,
      spec,
      `its last line had no line end and has changed: ${wasNothing ? 'it is read again' : 'it counts as a new row'}`,
    );
  }
  terminal.say(`A new run: ${safeLine(request.source)} is not the file that run ${same.id} sent`);
  return begin(request);
}

async function reopen(request: RunRequest, { id }: Run, spec: RunSpec, why: string): Promise<FoundRun> {
  request.terminal.say(`Resuming run ${id}: ${why}`);
  setRunState(request.journal, id, 'open', request.now);
  const run = findRun(request.journal, id);
  if (!run) throw new CioBulkError('no_such_run', `run ${id} is no longer in the journal`);
  return { run, spec, nothingToSend: false };
}

/** No row was counted, and none can be in flight: nothing depends on what the file was. */
function hasSentNothing({ checkpoint, reach, rowsRead }: Run): boolean {
  return (checkpoint === null || checkpoint.row === 0) && reach === null && rowsRead === 0;
}

function isSamePlan(before: RunSpec, now: RunSpec): boolean {
  const ofFile = ({ layout, plan }: RunSpec): string => JSON.stringify([{ ...layout, path: '' }, plan]);
  return ofFile(before) === ofFile(now);
}

/**
 * The clock of a run whose file is sent again from the start. Events with neither time nor key keep their ids by it, so that those
 * that arrived are not counted twice. Undefined when the file has changed: its rows are new events.
 */
async function clockToKeep(request: RunRequest, run: Run): Promise<number | undefined> {
  const spec = JSON.parse(run.spec) as RunSpec;
  const mayHaveEvents = spec.plan.kind === 'events' || spec.layout.format === 'ndjson';
  if (!mayHaveEvents || spec.layout.path !== request.sourceKey) return undefined; // a stream cannot be compared
  return (await changeSince(request, spec, run.checkpoint)) === 'changed' ? undefined : spec.clockMs;
}

async function begin(request: RunRequest, clockMs?: number): Promise<FoundRun> {
  const spec = clockMs === undefined ? request.newSpec : { ...request.newSpec, clockMs };
  const start = await firstPosition(spec.layout, { name: spec.name, follow: request.follow, signal: request.signal });
  const run = createRun(
    request.journal,
    {
      type: 'import',
      source: request.source,
      sourceKey: request.sourceKey,
      workspace: request.workspace,
      environmentId: request.environmentId ?? null,
      fingerprint: request.fingerprint,
      spec: JSON.stringify(spec),
      start,
    },
    request.now,
  );
  crashPoint('run created');
  return { run, spec, nothingToSend: false };
}

/** Hashes the part that was sent, and looks whether a row follows it. Waits for a stream. */
async function changeSince(
  { newSpec, follow, signal }: RunRequest,
  spec: RunSpec,
  from: Position | null,
): Promise<'same' | 'longer' | 'changed'> {
  if (from === null) return 'same';
  try {
    for await (const block of openBlocks({ ...spec.layout, path: newSpec.layout.path }, from, {
      name: spec.name,
      follow,
      signal,
    })) {
      if (block.rows.length > 0) return 'longer';
    }
    return 'same';
  } catch (error) {
    if (error instanceof CioBulkError && error.code === 'input_changed') return 'changed';
    throw error;
  }
}
