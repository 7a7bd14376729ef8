import { crashPoint } from '../domain/crash-point.ts';
import { CioBulkError } from '../domain/errors.ts';
import type { Plan, SourceLayout } from '../domain/plan.ts';
import { openBlocks } from '../input/blocks.ts';
import type { Journal } from '../journal/open.ts';
import { createRun, runsOfSource, setRunState, type Run } from '../journal/runs.ts';
import type { Terminal } from '../report/terminal.ts';

/** What a run was started with, and goes on with: never a secret. */
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
  /** Called only when a new run begins. */
  readonly newSpec: () => RunSpec;
}

export interface FoundRun {
  readonly run: Run;
  readonly spec: RunSpec;
  readonly isNew: boolean;
  /** The source was sent to its end before, and nothing has been added since. */
  readonly nothingToSend: boolean;
}

/** Resume is the default: the same source, mapping and target continue their run; anything else begins a new one and says why. */
export async function findOrCreateRun(request: RunRequest): Promise<FoundRun> {
  const { journal, terminal, sourceKey, workspace, fingerprint } = request;
  const runs = runsOfSource(journal, sourceKey, workspace);
  const same = runs.find((run) => run.fingerprint === fingerprint);
  if (same && request.restart) {
    if (same.state === 'open' || isUndelivered(same)) {
      setRunState(journal, same.id, 'abandoned', request.now);
      terminal.say(`Run ${same.id} is forgotten (--restart)`);
    }
    return begin(request);
  }
  if (!same) {
    if (runs[0]) terminal.say(`A new run: the mapping differs from that of run ${runs[0].id}`);
    return begin(request);
  }
  const spec = JSON.parse(same.spec) as RunSpec;
  if (same.state === 'open') {
    terminal.say(`Run ${same.id} goes on${same.checkpoint ? ` after row ${same.checkpoint.row.toLocaleString('en-US')}` : ''}`);
    return { run: same, spec, isNew: false, nothingToSend: false };
  }
  const change = same.checkpoint ? await changeSince(spec, same) : 'same';
  if (change === 'same') return { run: same, spec, isNew: false, nothingToSend: true };
  if (change === 'changed') {
    terminal.say(`A new run: ${request.source} is not the file that run ${same.id} has sent`);
    return begin(request);
  }
  terminal.say(`Run ${same.id} goes on: rows were added behind row ${(same.checkpoint?.row ?? 0).toLocaleString('en-US')}`);
  setRunState(journal, same.id, 'open', request.now);
  return { run: { ...same, state: 'open' }, spec, isNew: false, nothingToSend: false };
}

/** Rows that did not arrive go out anew with the new run: sent again from the old one, they would overwrite newer values. */
function isUndelivered({ tally }: Run): boolean {
  return tally.failed + tally.rejected + tally.invalid + tally.unclear > 0;
}

function begin(request: RunRequest): FoundRun {
  const spec = request.newSpec();
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
    },
    request.now,
  );
  crashPoint('run created');
  return { run, spec, isNew: true, nothingToSend: false };
}

/** Reads the part that was sent (only to hash it), and whether a row stands behind it. */
async function changeSince(spec: RunSpec, run: Run): Promise<'same' | 'longer' | 'changed'> {
  try {
    for await (const block of openBlocks(spec.layout, run.checkpoint, { name: spec.name })) {
      if (block.rows.length > 0) return 'longer';
    }
    return 'same';
  } catch (error) {
    if (error instanceof CioBulkError && error.code === 'input_changed') return 'changed';
    throw error;
  }
}

