/** `npm run crash-rounds -- --rounds 100 --rows 200000 --seed 1 --life 1200 --batch 200 --rate 80`: kill -9 over and over. */
import { expect, it } from 'vitest';
import { killRounds, type KillReport } from '../../support/crash/kill-rounds.ts';
import { longOption } from '../../support/crash/long-options.ts';

const SEED = longOption('seed', Date.now() % 1_000_000);
const ROUNDS = longOption('rounds', 100);
const ROWS = longOption('rows', 200_000);

it(`${ROUNDS} kills over files of ${ROWS} rows (--seed ${SEED})`, async (test) => {
  const startedAt = performance.now();
  const onRun = ({ faults, ...counts }: KillReport): void => {
    console.log(JSON.stringify({ ...counts, seconds: Math.round((performance.now() - startedAt) / 1000), faults }));
  };
  const report = await killRounds(test, {
    rows: ROWS,
    rounds: ROUNDS,
    seed: SEED,
    batchRows: longOption('batch', 200),
    rate: longOption('rate', 80),
    lifeMsMax: longOption('life', 1_200),
    onRun,
  });
  expect(report).toMatchObject({ lost: 0, doubled: 0, outOfOrder: 0, stale: 0, faults: [] });
});
