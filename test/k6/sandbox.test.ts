import { describe, expect, it } from 'vitest';
import { startSandbox } from '../../src/session/sandbox-process.ts';
import type { SandboxOptions, SandboxState } from '../../src/session/sandbox-process.ts';
import { k6Bin } from '../support/k6-binary.ts';
import { launch } from '../support/k6/launch.ts';
import type { Launched, LaunchOptions } from '../support/k6/launch.ts';
import type { Finishing } from '../support/temp.ts';

/** One load test against a sandbox of its own, and what the sandbox counted. */
async function rehearse(
  test: Finishing,
  settings: SandboxOptions,
  options: Omit<LaunchOptions, 'url'>,
): Promise<Launched & { state: SandboxState }> {
  const sandbox = await startSandbox({ ...settings, siteId: 'site', trackApiKey: 'key' });
  try {
    const launched = await launch(test, { ...options, url: sandbox.trackUrl });
    return { ...launched, state: await sandbox.state() };
  } finally {
    await sandbox.stop();
  }
}

/** All load requests that the sandbox counted, by status. */
function statusesOf({ requests }: SandboxState): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const [path, byStatus] of Object.entries(requests.by_path)) {
    if (!path.includes('customers') && !path.includes('batch')) continue;
    for (const [status, count] of Object.entries(byStatus)) sums[status] = (sums[status] ?? 0) + count;
  }
  return sums;
}

describe.skipIf(k6Bin === undefined)('a load test and the sandbox agree', { timeout: 60_000 }, () => {
  it('on requests, status codes, people and the highest second', async (test) => {
    const { summary, plan, state } = await rehearse(test, {}, { scenario: 'ramp', rate: 80, durationMs: 8_000 });
    expect(summary.verdict).toBe('pass');
    expect(summary.statuses).toEqual(statusesOf(state));
    expect(state.people).toBe(summary.operations['identify']?.count);
    expect(state.events).toBe(summary.operations['track']?.count);
    expect(state.max_requests_in_any_second).toBeLessThanOrEqual(plan.peakRate * 1.25 + 4);
    expect(summary.achieved.peak_rate).toBeGreaterThan(state.max_requests_in_any_second * 0.6);
    expect(summary.achieved.peak_rate).toBeLessThan(state.max_requests_in_any_second * 1.5);
  });

  it('on the people of batches', async (test) => {
    const { summary, state } = await rehearse(test, {}, { scenario: 'batch', rate: 5, durationMs: 4_000 });
    expect(summary.verdict).toBe('pass');
    expect(state.people).toBe(summary.achieved.requests * 200);
  });

  it('that answers 429 above a rate: aborted', async (test) => {
    const { summary } = await rehearse(test, { rateLimit: 20 }, { scenario: 'ramp', rate: 80, durationMs: 15_000 });
    expect(summary).toMatchObject({ verdict: 'aborted', reason: expect.stringContaining('answered 429') });
    expect(summary.limited).toBe(summary.statuses['429']);
  });

  it('that is slow: fail', async (test) => {
    const { summary } = await rehearse(test, { latency: 650 }, { scenario: 'ramp', durationMs: 4_000, p95Ms: 500 });
    expect(summary).toMatchObject({ verdict: 'fail', reason: expect.stringContaining('p95 was') });
  });

  it('that answers 500 now and then: fail, counted under 500', async (test) => {
    const { summary, state } = await rehearse(test, { faults: '500=8%' }, { scenario: 'ramp', durationMs: 5_000 });
    expect(summary).toMatchObject({ verdict: 'fail', reason: expect.stringContaining('of the requests failed') });
    expect(summary.statuses).toEqual(statusesOf(state));
  });
});
