import { describe, expect, it } from 'vitest';
import { killRounds } from '../support/crash/kill-rounds.ts';

const SEED = Number(process.env['CIO_BULK_TEST_SEED'] ?? Date.now() % 1_000_000);

describe('kill -9 at random moments', () => {
  it(`loses, doubles and reorders nothing (CIO_BULK_TEST_SEED=${SEED})`, { timeout: 180_000 }, async (test) => {
    const report = await killRounds(test, {
      rows: 5_000,
      rounds: 20,
      seed: SEED,
      batchRows: 20,
      rate: 150,
      lifeMsMax: 400,
    });
    expect(report).toMatchObject({ lost: 0, doubled: 0, outOfOrder: 0, stale: 0, faults: [] });
    expect(report.kills).toBe(20);
  });
});
