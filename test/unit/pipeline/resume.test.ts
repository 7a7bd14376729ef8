import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createImportLedger } from '../../../src/journal/import-ledger.ts';
import { openJournal } from '../../../src/journal/open.ts';
import { createRun, findRun } from '../../../src/journal/runs.ts';
import { addsUp, type RunEnd } from '../../../src/pipeline/progress.ts';
import { runPipeline } from '../../../src/pipeline/run.ts';
import type { PreparedChunk } from '../../../src/domain/chunk.ts';
import type { Ledger } from '../../../src/domain/ledger.ts';
import type { Reply } from '../../../src/domain/outcome.ts';
import { chunkOf } from '../../support/chunks.ts';
import { tempFolder } from '../../support/temp.ts';
import { hastyClock } from '../../support/pipeline/world.ts';

const NEW_RUN = {
  type: 'import',
  source: 's',
  sourceKey: 's',
  workspace: 'w',
  environmentId: null,
  fingerprint: 'f',
  spec: '{}',
} as const;
const ACCEPTED: Reply = { kind: 'response', status: 200, body: '{}', retryAfterMs: undefined, location: undefined };

async function run(ledger: Ledger, chunks: readonly PreparedChunk[]): Promise<RunEnd> {
  return runPipeline({
    chunks: (async function* () {
      yield* chunks;
    })(),
    isComplete: () => true,
    ledger,
    courier: {
      send: () => Promise.resolve({ reply: ACCEPTED, othersPassed: true }),
      hasRoom: () => true,
      traffic: () => ({ requests: 0, retries: 0, bytesSent: 0 }),
      health: () => undefined,
    },
    findRecords: () => [],
    clock: hastyClock,
    concurrency: 2,
    batchRowsMax: 10,
    batchBytesMax: 480_000,
    stopping: new AbortController().signal,
    onUndelivered: () => undefined,
    onProgress: () => undefined,
  });
}

it('a row that an earlier process has sent, and this one would leave out, is counted once', async (test) => {
  const journal = openJournal(join(tempFolder(test), 'journal.db'));
  test.onTestFinished(() => journal.close());
  const { id } = createRun(journal, NEW_RUN, 0);
  const first = createImportLedger(journal, id, () => 0);
  first.commit({ intents: [{ batch: 1, rows: [[2, 4]] }], withdrawn: [], settled: [], passed: undefined, rowsRead: 5 });
  first.commit({
    intents: [],
    withdrawn: [],
    settled: [{ batch: 1, rows: [[2, 4]], delivered: 3, undelivered: [], inDoubt: [] }],
    passed: undefined,
    rowsRead: 5,
  });

  // Rows 1, 2 and 5 go as before; 3 and 4 are left out now.
  const made = chunkOf(0, [{ persons: ['id:1'] }, { persons: ['id:2'] }, { persons: ['id:5'] }]);
  const chunk = {
    ...made,
    rows: 5,
    end: { ...made.end, row: 5 },
    skipped: { recent: 2 },
    operations: { ...made.operations, rows: Uint32Array.of(0, 1, 4) },
  };
  const end = await run(
    createImportLedger(journal, id, () => 0),
    [chunk],
  );

  expect(addsUp(end)).toBe(true);
  expect(end.rowsRead).toBe(5);
  expect(end.tally).toMatchObject({ delivered: 5, skipped: 0 });
  expect(findRun(journal, id)).toMatchObject({ state: 'finished', rowsRead: 5 });
});
