import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { personId, SCENARIOS } from '../../src/domain/loadtest.ts';
import { k6Bin } from '../support/k6-binary.ts';
import { launch } from '../support/k6/launch.ts';
import { startTarget } from '../support/k6/target.ts';

describe.skipIf(k6Bin === undefined)('each scenario in short form', { timeout: 60_000 }, () => {
  it.for(SCENARIOS)('%s passes, and the target counts what the summary says', async (scenario, test) => {
    const target = await startTarget();
    const { plan, summary, files, samples, moves } = await launch(test, {
      url: target.url,
      scenario,
      rate: scenario === 'batch' ? 5 : 40,
    });
    await target.die();

    expect(summary).toMatchObject({
      schema: 'cio-bulk.loadtest/v1',
      scenario,
      verdict: 'pass',
      script_errors: 0,
      limited: 0,
      failures: 0,
    });
    expect(summary.k6).toMatchObject({ exit_code: 0, signal: null });
    expect(summary.achieved.requests).toBe(target.arrivals.length);
    expect(summary.statuses).toEqual(target.statuses);
    expect(summary.achieved.requests).toBeGreaterThanOrEqual(plan.limits.requestsMin);
    expect(summary.achieved.requests).toBeLessThanOrEqual(plan.requests);
    expect(target.maxPerSecond()).toBeLessThanOrEqual(plan.peakRate * 1.25 + 4);
    expect(summary.achieved.peak_rate).toBeGreaterThan(target.maxPerSecond() * 0.6);
    expect(summary.achieved.peak_rate).toBeLessThan(target.maxPerSecond() * 1.5 + 2);
    expect(Object.values(summary.operations).reduce((sum, { count }) => sum + count, 0)).toBe(target.arrivals.length);
    expect(samples.length).toBeGreaterThanOrEqual(3);
    expect(moves).toEqual(['planned', 'running', 'finished']);
    expect(existsSync(files.dashboard)).toBe(true);
    expect(
      target.arrivals.every(
        ({ authorization }) => authorization === `Basic ${Buffer.from('site:key').toString('base64')}`,
      ),
    ).toBe(true);
  });
});

describe.skipIf(k6Bin === undefined)('test people', { timeout: 60_000 }, () => {
  it('are numbered without gaps from 0, marked, unsubscribed and without a reachable address', async (test) => {
    const target = await startTarget();
    const { summary } = await launch(test, { url: target.url, scenario: 'ramp', durationMs: 4_000 });
    await target.die();
    const people = target.arrivals
      .filter(({ method }) => method === 'PUT')
      .map(({ url, body }) => ({ url, attributes: JSON.parse(body) as Record<string, unknown> }));
    const expected = Array.from({ length: people.length }, (_, n) => `/api/v1/customers/${personId(summary.run, n)}`);
    expect(new Set(people.map(({ url }) => url))).toEqual(new Set(expected));
    expect(people.length - 1).toBeLessThanOrEqual(summary.people.max_n);
    for (const { url, attributes } of people) {
      expect(attributes).toMatchObject({ _load_test: true, cio_bulk_run: summary.run, unsubscribed: true });
      expect(attributes['email']).toBe(`${url.split('/').at(-1)}@cio-bulk.invalid`);
    }
  });

  it.for(['ramp', 'batch'] as const)('of a %s run are never more than --max-users', async (scenario, test) => {
    const target = await startTarget();
    const { summary } = await launch(test, {
      url: target.url,
      scenario,
      rate: scenario === 'batch' ? 5 : 40,
      durationMs: 3_000,
      maxUsers: 7,
    });
    await target.die();
    const ids = target.arrivals.flatMap(({ url, body }) =>
      [...`${url} ${body}`.matchAll(/cio-bulk-lt-[a-z0-9]+-(\d+)/g)].map((match) => Number(match[1])),
    );
    expect(new Set(ids)).toEqual(new Set([0, 1, 2, 3, 4, 5, 6]));
    expect(summary.people).toMatchObject({ max_n: 6, last: personId(summary.run, 6) });
  });
});

describe.skipIf(k6Bin === undefined)('what a run leaves on disk', { timeout: 60_000 }, () => {
  it('never holds the credentials', async (test) => {
    const target = await startTarget();
    const { files } = await launch(test, { url: target.url, scenario: 'smoke', durationMs: 3_000 });
    await target.die();
    const text = [files.summary, files.k6Log, files.k6Numbers, files.dashboard]
      .map((path) => readFileSync(path, 'utf8'))
      .join('\n');
    expect(text).not.toContain(Buffer.from('site:key').toString('base64'));
    expect(text).not.toContain('CUSTOMERIO_TRACK_API_KEY');
  });
});
