import { join } from 'node:path';
import Database from 'better-sqlite3';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../support/random.ts';
import { type MadeRow } from '../../support/chunks.ts';
import { importUntilDone, retryUntilDone } from '../../support/pipeline/journey.ts';
import { createWorld } from '../../support/pipeline/world.ts';
import { finishing, tempFolder } from '../../support/temp.ts';

interface Draft {
  readonly kind: 'identify' | 'alias' | 'event' | 'mail event' | 'merge' | 'single' | 'nobody';
  readonly who: number;
  readonly other: number;
  readonly mark: '' | 'cursed' | 'poison' | 'guarded';
}

const draft: fc.Arbitrary<Draft> = fc.record({
  kind: fc.constantFrom(
    'identify',
    'identify',
    'alias',
    'event',
    'event',
    'event',
    'mail event',
    'merge',
    'single',
    'nobody',
  ),
  who: fc.oneof({ weight: 2, arbitrary: fc.constant(0) }, { weight: 3, arbitrary: fc.nat(5) }), // 0 owns most of the rows
  other: fc.nat(5),
  mark: fc.oneof(
    { weight: 40, arbitrary: fc.constant('' as const) },
    { weight: 1, arbitrary: fc.constantFrom('cursed', 'poison', 'guarded') },
  ),
});

/** A row as it would be prepared. Its number stands in it once, as `"n":7`. */
function made({ kind, who, other, mark }: Draft, n: number): MadeRow {
  const id = `p${who}`;
  const email = `p${who}@example.com`;
  const base = { type: 'person', n, ...(mark === '' ? {} : { name: mark }) };
  const shapes: Record<Draft['kind'], { persons: string[]; operation: object }> = {
    identify: {
      persons: [`id:${id}`],
      operation: { ...base, action: 'identify', identifiers: { id }, attributes: {} },
    },
    alias: {
      persons: [`id:${id}`, `email:${email}`],
      operation: { ...base, action: 'identify', identifiers: { id }, attributes: { email } },
    },
    event: { persons: [`id:${id}`], operation: { ...base, action: 'event', identifiers: { id } } },
    'mail event': { persons: [`email:${email}`], operation: { ...base, action: 'event', identifiers: { email } } },
    merge: {
      persons: [`id:${id}`, `id:p${other}`],
      operation: { ...base, action: 'merge', primary: { id }, secondary: { id: `p${other}` } },
    },
    single: { persons: [`id:${id}`], operation: { n, name: mark } },
    nobody: { persons: [], operation: { n, name: mark } },
  };
  const { persons, operation } = shapes[kind];
  const single = { method: 'POST', path: `/api/v1/customers/${id}/events` } as const;
  return {
    persons,
    body: JSON.stringify(operation),
    guarded: mark === 'guarded',
    ...(kind === 'single' ? { single } : {}),
  };
}

const FAIR = { throttled: 0, broken: 0, resetBefore: 0, resetAfter: 0, timeoutAfter: 0, partial: 0 };
const ONE_BY_ONE = { seed: 0, batchRows: 1, concurrency: 1, deathShare: 0 };
const rowOf = (kind: Draft['kind'], who: number, other = 0, mark: Draft['mark'] = ''): Draft => ({
  kind,
  who,
  other,
  mark,
});
/** Found once, kept for ever: a failed person holds back the other persons of the rows behind it, and nobody in front of it. */
const FOUND: [Draft[], typeof FAIR, typeof ONE_BY_ONE][] = [
  [
    [rowOf('merge', 0, 3), rowOf('identify', 0), rowOf('identify', 3, 0, 'guarded')],
    FAIR,
    { ...ONE_BY_ONE, deathShare: 0.3 },
  ],
  [[rowOf('identify', 3, 0, 'cursed'), rowOf('merge', 0, 3), rowOf('identify', 0)], FAIR, ONE_BY_ONE],
  [[rowOf('event', 1, 0, 'cursed'), rowOf('alias', 1), rowOf('mail event', 1)], FAIR, { ...ONE_BY_ONE, batchRows: 12 }],
];

const share = (max: number): fc.Arbitrary<number> => fc.double({ min: 0, max, noNaN: true });
const weather = fc.record({
  throttled: share(0.1),
  broken: share(0.15),
  resetBefore: share(0.1),
  resetAfter: share(0.15),
  timeoutAfter: share(0.1),
  partial: share(0.1),
});

describe('order', () => {
  it(
    'holds through latency, refusals, retries, halving, deaths and a retry of what failed',
    { timeout: 120_000 },
    async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(draft, { minLength: 1, maxLength: 150 }),
          weather,
          fc.record({
            seed: fc.nat(),
            batchRows: fc.integer({ min: 1, max: 12 }),
            concurrency: fc.integer({ min: 1, max: 6 }),
            deathShare: fc.constantFrom(0, 0.02, 0.1, 0.3),
          }),
          (drafts, sky, { seed, ...sending }) =>
            finishing(async (test) => {
              const folder = tempFolder(test);
              const random = createRandom(seed);
              const world = createWorld(sky, random);
              const rows = drafts.map((one, i) => made(one, i + 1));
              const journey = { journalPath: join(folder, 'journal.db'), rows, world, random, ...sending };
              await importUntilDone(journey);
              world.calm();
              await retryUntilDone(journey);
              checkOrder(rows, world.applied);
              checkJournal(journey.journalPath, rows.length, world.refused.size);
              expect(new Set([...world.applied, ...world.refused]).size).toBe(rows.length);
            }),
        ),
        { numRuns: Number(process.env['CIO_BULK_TEST_RUNS'] ?? 150), examples: FOUND },
      );
    },
  );
});

describe('order of a person with several names', () => {
  it(
    'holds for rows that name the person by id, by e-mail, or by both, whatever dies in between',
    { timeout: 120_000 },
    async () => {
      const mixed = fc.record({
        kind: fc.constantFrom('identify', 'alias', 'event', 'mail event'),
        who: fc.nat(3),
        other: fc.constant(0),
        mark: fc.constant('' as const),
      });
      await fc.assert(
        fc.asyncProperty(
          fc.array(mixed, { minLength: 10, maxLength: 150 }),
          fc.record({
            seed: fc.nat(),
            batchRows: fc.integer({ min: 1, max: 6 }),
            concurrency: fc.integer({ min: 2, max: 6 }),
            deathShare: fc.constantFrom(0, 0.05, 0.2),
          }),
          (drafts, { seed, ...sending }) =>
            finishing(async (test) => {
              const folder = tempFolder(test);
              const random = createRandom(seed);
              const world = createWorld(FAIR, random);
              const rows = drafts.map((one, i) => made(one, i + 1));
              await importUntilDone({ journalPath: join(folder, 'journal.db'), rows, world, random, ...sending });
              // To the service `p1` and `p1@example.com` are one person, in whatever row it has learned that.
              checkOrder(
                rows.map((row, i) => ({ ...row, persons: [`p${drafts[i]?.who}`] })),
                world.applied,
              );
            }),
        ),
        { numRuns: Number(process.env['CIO_BULK_TEST_RUNS'] ?? 100) },
      );
    },
  );
});

/** Of every person: first arrivals in the order of the file, and the last word is the last row. */
function checkOrder(rows: readonly MadeRow[], applied: readonly number[]): void {
  const seen = new Set<number>();
  const latest = new Map<string, number>();
  const last = new Map<string, number>();
  for (const n of applied) {
    for (const person of new Set(rows[n - 1]?.persons)) {
      last.set(person, n);
      if (seen.has(n)) continue;
      expect(latest.get(person) ?? 0, `${person}: row ${n} came late`).toBeLessThan(n);
      latest.set(person, n);
    }
    seen.add(n);
  }
  for (const [person, n] of last) expect(n, `${person}: an old row had the last word`).toBe(latest.get(person));
}

function checkJournal(path: string, rows: number, refused: number): void {
  const journal = new Database(path, { readonly: true });
  try {
    expect(journal.pragma('integrity_check', { simple: true })).toBe('ok');
    expect(
      journal
        .prepare('SELECT state, row, rows_read, delivered, rejected, failed, skipped, invalid, unclear FROM runs')
        .get(),
    ).toEqual({
      state: 'finished',
      row: rows,
      rows_read: rows,
      delivered: rows - refused,
      rejected: refused,
      failed: 0,
      skipped: 0,
      invalid: 0,
      unclear: 0,
    });
    expect(journal.prepare('SELECT count(*) FROM beyond').pluck().get()).toBe(0);
  } finally {
    journal.close();
  }
}
