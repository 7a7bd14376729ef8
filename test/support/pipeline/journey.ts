import { createBreaker } from '../../../src/api/breaker.ts';
import { createCourier } from '../../../src/api/courier.ts';
import { createOwnBudget } from '../../../src/api/own-budget.ts';
import { createPacer } from '../../../src/api/pacer.ts';
import { createSlots } from '../../../src/api/slots.ts';
import type { PreparedChunk } from '../../../src/domain/chunk.ts';
import type { Ledger } from '../../../src/domain/ledger.ts';
import { createImportLedger } from '../../../src/journal/import-ledger.ts';
import type { Journal } from '../../../src/journal/journal.ts';
import { openJournal } from '../../../src/journal/open.ts';
import { createRetryLedger } from '../../../src/journal/retry-ledger.ts';
import { createRun, findRun, listRuns } from '../../../src/journal/runs.ts';
import { retryChunks } from '../../../src/journal/undelivered.ts';
import { addsUp, type RunEnd } from '../../../src/pipeline/progress.ts';
import { runPipeline } from '../../../src/pipeline/run.ts';
import { chunkOf, type MadeRow } from '../chunks.ts';
import { hastyClock, type World } from './world.ts';

const NEVER = new AbortController().signal;

export interface Journey {
  readonly journalPath: string;
  readonly rows: readonly MadeRow[];
  readonly world: World;
  readonly random: () => number;
  readonly batchRows: number;
  readonly concurrency: number;
  /** Chance to die at a commit. */
  readonly deathShare: number;
}

class Death extends Error {}

/** Imports the rows, dying now and then, until the run is finished. Each life opens the journal again. Returns the number of lives. */
export async function importUntilDone(journey: Journey): Promise<number> {
  return live(journey, (journal) => {
    const id = listRuns(journal)[0]?.id ?? createRun(journal, NEW_RUN, Date.now()).id;
    const from = findRun(journal, id)?.checkpoint?.row ?? 0;
    return { ledger: createImportLedger(journal, id, Date.now), chunks: chunksFrom(journey, from) };
  });
}

/** Retries failed rows, dying now and then, until a life reaches its end. */
export async function retryUntilDone(journey: Journey): Promise<number> {
  return live(journey, (journal) => ({
    ledger: createRetryLedger(journal, 1, Date.now),
    chunks: retryChunks(journal, 1, ['failed'], { isGuarded: () => false, isWanted: () => true }),
  }));
}

async function live(
  journey: Journey,
  begin: (journal: Journal) => { ledger: Ledger; chunks: AsyncIterable<PreparedChunk> },
): Promise<number> {
  for (let lives = 1; ; lives++) {
    const journal = openJournal(journey.journalPath);
    try {
      const { ledger, chunks } = begin(journal);
      const end = await oneLife(journey, mortal(ledger, journey), chunks);
      if (!end.finished) throw new Error('a run came to its end and is not finished');
      return lives;
    } catch (error) {
      if (!(error instanceof Death)) throw error;
      journey.world.revive();
    } finally {
      journal.close();
    }
  }
}

async function oneLife(journey: Journey, ledger: Ledger, chunks: AsyncIterable<PreparedChunk>): Promise<RunEnd> {
  const { world, random, concurrency } = journey;
  const courier = createCourier({
    wire: world.wire,
    pacer: createPacer({
      budget: createOwnBudget({ rate: 0, clock: hastyClock }),
      rowsPerSecond: 0,
      clock: hastyClock,
    }),
    breaker: createBreaker(hastyClock),
    slots: createSlots(concurrency),
    clock: hastyClock,
    random,
    maxAttempts: 3,
    maxOutageMs: 1e12,
    aborting: NEVER,
  });
  const stop = new AbortController();
  const end = await runPipeline({
    chunks,
    isComplete: () => true,
    ledger,
    courier,
    findRecords: (_, indexes) => indexes.map(() => ({ text: '', line: 0 })),
    clock: hastyClock,
    concurrency,
    batchRowsMax: journey.batchRows,
    batchBytesMax: 480_000,
    stopping: stop.signal,
    onUndelivered: () => undefined,
    onProgress: (progress) => {
      // A retry reads no rows of its own: only the counts of an import can add up here.
      if (ledger.state().checkpoint && !addsUp(progress))
        throw new Error(`the counts do not add up: ${JSON.stringify(progress)}`);
    },
  });
  return end;
}

/** A ledger whose process dies at some commit: just before it is on disk, or just after. Nothing happens from then on. */
function mortal(ledger: Ledger, { random, deathShare, world }: Journey): Ledger {
  let isDead = false;
  const die = (): never => {
    isDead = true;
    world.die();
    throw new Death('dead');
  };
  return {
    ...ledger,
    commit(change) {
      if (isDead || random() < deathShare / 2) die();
      ledger.commit(change);
      if (random() < deathShare / 2) die();
    },
    finish() {
      if (isDead || random() < deathShare) die();
      ledger.finish();
    },
  };
}

async function* chunksFrom({ rows, random }: Journey, from: number): AsyncGenerator<PreparedChunk> {
  for (let at = from; at < rows.length;) {
    const size = 1 + Math.floor(random() * 12);
    yield chunkOf(at, rows.slice(at, at + size));
    at += Math.min(size, rows.length - at);
    if (random() < 0.2) await new Promise((resolve) => setImmediate(resolve));
  }
}

const NEW_RUN = {
  type: 'import',
  source: 'made up',
  sourceKey: 'made up',
  workspace: 'w',
  environmentId: null,
  fingerprint: 'f',
  spec: '{}',
} as const;
