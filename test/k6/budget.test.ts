import { describe, expect, it } from 'vitest';
import { CREDENTIALS } from '../support/cli.ts';
import { k6Bin } from '../support/k6-binary.ts';
import { hasRedis, redisFor } from '../support/redis.ts';
import { peopleCsv } from '../support/temp.ts';
import { openWorkspace } from '../support/workspace.ts';

/** How fast a busy test machine answers is no finding. */
const SMOKE = ['loadtest', '--scenario', 'smoke', '--duration', '3s', '--p95', '5s', '--p99', '8s'];
const REAL = ['--confirm', CREDENTIALS.siteId.slice(-4)];
const env = { CUSTOMERIO_ENVIRONMENT: 'staging', CIO_BULK_K6: k6Bin ?? '' };

describe.skipIf(k6Bin === undefined || !hasRedis)('a load test of a workspace whose senders share a budget', () => {
  it('may run when nobody sends, and is cleaned up under the budget', async (test) => {
    const redis = await redisFor(test);
    const { run } = await openWorkspace(test);
    const result = await run([...SMOKE, ...REAL, '--budget', redis.url], { env });
    expect([result.code, result.stderr]).toEqual([0, expect.stringContaining('Sharing 80 requests/s')]);
    expect(result.lastLine).toContain(`--budget ${redis.url}`);
  });

  it('is refused over its rate, and while others send', async (test) => {
    const redis = await redisFor(test);
    const { run, folder } = await openWorkspace(test);
    await run(['import', peopleCsv(folder, 3), '--budget', redis.url, '--rate', '1']);
    const over = await run([...SMOKE, ...REAL, '--budget', redis.url], { env });
    expect([over.code, over.stderr]).toEqual([
      4,
      expect.stringContaining("over the 1 of the workspace's shared budget"),
    ]);
    const others = await run([...SMOKE, ...REAL, '--allow-over-limit', '--budget', redis.url], { env });
    expect([others.code, others.stderr]).toEqual([4, expect.stringContaining('others are sending to this workspace')]);
  });
});
