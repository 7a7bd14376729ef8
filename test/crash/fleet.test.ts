import { describe, expect, it } from 'vitest';
import { fleetKills } from '../support/fleet/kills.ts';
import { hasRedis, redisFor } from '../support/redis.ts';
import { openService } from '../support/service.ts';

const SEED = Number(process.env['CIO_BULK_TEST_SEED'] ?? Date.now() % 1_000_000);

describe.skipIf(!hasRedis)('kill -9 of workers, and of Redis under them', () => {
  it(`loses, doubles and reorders nothing (CIO_BULK_TEST_SEED=${SEED})`, { timeout: 240_000 }, async (test) => {
    const redis = await redisFor(test, ['--appendfsync', 'always']);
    const service = await openService(test);
    const strikes = { workerKills: 5, redisKills: 1, freezes: 0, freezeMs: 0, lifeMsMax: 4_000 };
    const kills = { ...strikes, operations: 20_000, people: 50, seed: SEED };
    const verdict = await fleetKills(test, { redis, service }, kills);
    expect(verdict).toMatchObject({ lost: 0, doubled: 0, outOfOrder: 0, stale: 0, pending: 0 });
  });
});
