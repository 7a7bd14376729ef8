import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { k6Bin } from '../support/k6-binary.ts';
import { launch } from '../support/k6/launch.ts';
import { startTarget } from '../support/k6/target.ts';

const scriptNamed = (name: string): string => fileURLToPath(new URL(`scripts/${name}`, import.meta.url));

describe.skipIf(k6Bin === undefined)('the verdict on a target', { concurrent: true, timeout: 90_000 }, () => {
  it('that answers 429 above a rate: aborted, and the load ends early', async (test) => {
    const target = await startTarget(({ inSecond }) => ({ status: inSecond > 20 ? 429 : 200 }));
    const { summary, plan } = await launch(test, { url: target.url, scenario: 'ramp', rate: 60, durationMs: 20_000 });
    await target.die();
    expect(summary.verdict).toBe('aborted');
    expect(summary.reason).toMatch(/answered 429 \d+ times \(limit 20\) after/);
    // The abort cuts what is in flight: the target may have answered a little more than k6 got to count.
    expect((target.statuses['429'] ?? 0) - summary.limited).toBeOneOf([0, 1, 2, 3]);
    expect(target.arrivals.length - summary.achieved.requests).toBeOneOf([0, 1, 2, 3]);
    expect(summary.duration_ms).toBeLessThan(plan.durationMs - 3_000);
  });

  it('that is slow throughout: fail, with the latency and its limit', async (test) => {
    const target = await startTarget(() => ({ delayMs: 700 }));
    const { summary } = await launch(test, { url: target.url, scenario: 'ramp', p95Ms: 500, p99Ms: 2_000 });
    await target.die();
    expect(summary.verdict).toBe('fail');
    expect(summary.reason).toMatch(/identify p95 was \d+ ms \(limit 500 ms\);.* track p95 was \d+ ms/);
    expect(summary.achieved.dropped_iterations).toBe(0);
    expect(summary.k6.exit_code).toBe(99);
  });

  it('that is so slow that k6 runs out of VUs: invalid, since less was sent than planned', async (test) => {
    const target = await startTarget(() => ({ delayMs: 6_000 }));
    const { summary } = await launch(test, { url: target.url, scenario: 'ramp', rate: 80 });
    await target.die();
    expect(summary.verdict).toBe('invalid');
    expect(summary.reason).toMatch(/k6 dropped \d+ iterations for want of a free VU/);
  });

  it('that answers 500: fail, and every answer is counted under its status', async (test) => {
    const target = await startTarget(({ index }) => ({ status: index % 10 === 0 ? 500 : 200 }));
    const { summary } = await launch(test, { url: target.url, scenario: 'average' });
    await target.die();
    expect(summary.verdict).toBe('fail');
    expect(summary.reason).toMatch(/10\.\d % of the requests failed/);
    expect(summary.statuses).toEqual(target.statuses);
    expect(summary.failures).toBe(target.statuses['500']);
  });

  it('that answers only 500 in a smoke test: aborted at the first failures', async (test) => {
    const target = await startTarget(() => ({ status: 500 }));
    const { summary } = await launch(test, { url: target.url, scenario: 'smoke', durationMs: 10_000 });
    await target.die();
    expect(summary.verdict).toBe('aborted');
    expect(summary.reason).toMatch(/100\.0 % of the requests failed after/);
  });

  it('that dies in mid-run: fail, and refused connections are counted as no answer', async (test) => {
    const target = await startTarget();
    let hasDied = false;
    const { summary } = await launch(test, {
      url: target.url,
      scenario: 'ramp',
      durationMs: 6_000,
      onSample: ({ elapsedMs }) => {
        if (elapsedMs < 2_500 || hasDied) return;
        hasDied = true;
        void target.die();
      },
    });
    expect(summary.verdict).toBe('fail');
    expect(summary.reason).toMatch(/% of the requests failed/);
    expect(summary.statuses['none']).toBe(summary.failures);
    expect(summary.achieved.requests - summary.failures).toBeLessThanOrEqual(target.arrivals.length);
  });

  it('that lists errors under 200 in a batch: fail', async (test) => {
    const target = await startTarget(() => ({ body: '{"errors":[{"batch_index":0,"reason":"invalid"}]}' }));
    const { summary } = await launch(test, { url: target.url, scenario: 'batch', rate: 5, durationMs: 4_000 });
    await target.die();
    expect(summary).toMatchObject({ verdict: 'fail', failures: target.arrivals.length });
  });
});

describe.skipIf(k6Bin === undefined)('a script that throws', { concurrent: true, timeout: 60_000 }, () => {
  it('in its iterations is invalid although k6 by itself would end with 0', async (test) => {
    const target = await startTarget();
    const { summary } = await launch(test, {
      url: target.url,
      scenario: 'ramp',
      script: scriptNamed('throws-in-iteration.ts'),
    });
    await target.die();
    expect(summary.verdict).toBe('invalid');
    expect(summary.reason).toMatch(/the script failed in \d+ iterations/);
    expect(target.arrivals).toHaveLength(0);
  });

  it('where nothing counts it is invalid too, for want of requests', async (test) => {
    const target = await startTarget();
    const { summary } = await launch(test, {
      url: target.url,
      scenario: 'ramp',
      durationMs: 3_000,
      script: scriptNamed('throws-uncaught.ts'),
    });
    await target.die();
    expect(summary.verdict).toBe('invalid');
    expect(summary.reason).toMatch(/only 0 of \d+ planned requests were sent/);
  });

  it('in setup is invalid', async (test) => {
    const target = await startTarget();
    const { summary } = await launch(test, {
      url: target.url,
      scenario: 'ramp',
      script: scriptNamed('throws-in-setup.ts'),
    });
    await target.die();
    expect(summary).toMatchObject({ verdict: 'invalid', k6: { exit_code: 107 } });
  });

  it('while it is loaded is refused before anything is planned', async (test) => {
    await expect(launch(test, { url: 'http://127.0.0.1:9/with/a/path', scenario: 'ramp' })).rejects.toMatchObject({
      code: 'k6_failed',
    });
  });
});
