/** `npm run fleet-rounds -- --kills 100 --redis 10 --freezes 10 --operations 200000 --life 3000 --seed 1`: a fleet under kill -9, over and over. */
import { expect, it } from 'vitest';
import { longOption } from '../../support/crash/long-options.ts';
import { fleetKills } from '../../support/fleet/kills.ts';
import { redisFor } from '../../support/redis.ts';
import { openService } from '../../support/service.ts';

const SEED = longOption('seed', Date.now() % 1_000_000);
const KILLS = longOption('kills', 100);
/** Longer than a lease. */
const FREEZE_MS = 22_000;

it(`${KILLS} kills of workers (--seed ${SEED})`, async (test) => {
  const redis = await redisFor(test, ['--appendfsync', 'always']);
  const service = await openService(test);
  const startedAt = performance.now();
  const verdict = await fleetKills(
    test,
    { redis, service },
    {
      operations: longOption('operations', 200_000),
      people: 500,
      workerKills: KILLS,
      redisKills: longOption('redis', 10),
      freezes: longOption('freezes', 10),
      freezeMs: FREEZE_MS,
      lifeMsMax: longOption('life', 3_000),
      seed: SEED,
    },
  );
  console.log(JSON.stringify({ ...verdict, seconds: Math.round((performance.now() - startedAt) / 1000) }));
  expect(verdict).toMatchObject({ lost: 0, doubled: 0, outOfOrder: 0, stale: 0, pending: 0 });
});
