import { describe, expect, it } from 'vitest';
import type { K6Exit } from '../../../src/loadtest/k6-exit.ts';
import { explainExit } from '../../../src/loadtest/k6-exit.ts';
import type { K6Numbers } from '../../../src/domain/loadtest.ts';
import { judge } from '../../../src/loadtest/verdict.ts';
import { GOOD, planOf } from '../../support/loadtest-examples.ts';

const crossed = (metric: string, expression: string) => ({ metric, expression, ok: false });
const judged = (
  numbers: Partial<K6Numbers> | null,
  exit: K6Exit = { code: 99, signal: null },
  isInterrupted = false,
  plan = planOf(),
) => judge({ plan, numbers: numbers === null ? null : { ...GOOD, ...numbers }, exit, isInterrupted });

describe('the verdict', () => {
  it('is pass when every threshold held and k6 ended with 0', () => {
    expect(judged({}, { code: 0, signal: null })).toEqual({
      verdict: 'pass',
      reason: 'every threshold held over 9000 requests',
    });
  });

  it('is fail when the target was too slow, with the value and the limit', () => {
    const slow = {
      ...GOOD.operations,
      track: { count: 4_500, min: 20, avg: 50, p50: 45, p90: 75, p95: 612.4, p99: 900, max: 990 },
    };
    expect(judged({ operations: slow, thresholds: [crossed('cio_track_ms', 'p(95)<500')] })).toEqual({
      verdict: 'fail',
      reason: 'track p95 was 612 ms (limit 500 ms)',
    });
  });

  it('is fail when too many requests failed, told once although two thresholds say so', () => {
    const thresholds = [crossed('cio_failed', 'rate<0.01'), crossed('cio_failed', 'rate<0.05')];
    expect(judged({ failures: 900, thresholds })).toEqual({ verdict: 'fail', reason: '10.0 % of the requests failed' });
  });

  it('is invalid for dropped iterations, too few requests and script errors, even when every latency is fine', () => {
    expect(judged({ dropped: 4 }, { code: 0, signal: null }).verdict).toBe('pass');
    expect(judged({ dropped: 5 })).toMatchObject({
      verdict: 'invalid',
      reason: expect.stringContaining('5 iterations'),
    });
    expect(judged({ requests: 8_000 })).toMatchObject({
      verdict: 'invalid',
      reason: expect.stringContaining('only 8000 of 9000'),
    });
    expect(judged({ requests: 0 }, { code: 0, signal: null }).verdict).toBe('invalid');
    expect(judged({ script_errors: 1 }, { code: 0, signal: null })).toMatchObject({
      verdict: 'invalid',
      reason: expect.stringContaining('1 iteration,'),
    });
  });

  it('is aborted when 429s ended the run early', () => {
    const early = {
      duration_ms: 12_300,
      requests: 400,
      limited: 23,
      thresholds: [crossed('cio_429', 'count<20'), crossed('cio_requests', 'count>=8819')],
    };
    expect(judged(early)).toEqual({
      verdict: 'aborted',
      reason: 'the target answered 429 23 times (limit 20) after 12.3 s',
    });
  });

  it('is aborted when failures ended the run early', () => {
    const early = {
      duration_ms: 12_300,
      requests: 400,
      failures: 200,
      thresholds: [crossed('cio_failed', 'rate<0.05'), crossed('cio_requests', 'count>=8819')],
    };
    expect(judged(early)).toEqual({ verdict: 'aborted', reason: '50.0 % of the requests failed after 12.3 s' });
  });

  it('of a breakpoint test names the rate at which the target gave way', () => {
    const early = { duration_ms: 300_000, requests: 20_000, limited: 20, thresholds: [crossed('cio_429', 'count<20')] };
    expect(judged(early, { code: 99, signal: null }, false, planOf('breakpoint', 1_000)).reason).toMatch(
      /at about 550 requests\/s$/,
    );
  });

  it('is aborted after Ctrl-C, but a stop that came after the end changes nothing', () => {
    expect(judged({ duration_ms: 4_000 }, { code: 105, signal: null }, true)).toEqual({
      verdict: 'aborted',
      reason: 'stopped by you after 4.0 s',
    });
    expect(judged({}, { code: 0, signal: null }, true).verdict).toBe('pass');
  });

  it('is aborted when k6 was killed, and says so', () => {
    expect(judged(null, { code: null, signal: 'SIGKILL' }).reason).toContain('k6 was ended by SIGKILL');
  });

  it.each([1, 97, 100, 102, 104, 106, 107, 109, 110, 255])('is invalid for exit code %i of k6', (code) => {
    expect(judged(null, { code, signal: null })).toMatchObject({
      verdict: 'invalid',
      reason: expect.stringContaining(`${code}`),
    });
  });

  it('is never pass without a summary', () => {
    for (let code = 0; code < 256; code += 1) expect(judged(null, { code, signal: null }).verdict).not.toBe('pass');
  });

  it('explains each exit code of k6 in words of its own, and names the code where it has none', () => {
    const known = [0, 97, 98, 99, 100, 101, 102, 103, 104, 105, 106, 107, 108, 109, 110, 255];
    const meanings = known.map((code) => explainExit({ code, signal: null }).meaning);
    expect(new Set(meanings).size).toBe(known.length);
    for (const meaning of meanings) expect(meaning).not.toMatch(/exit code/);
    for (let code = 0; code < 256; code += 1)
      if (!known.includes(code))
        expect(explainExit({ code, signal: null })).toEqual({
          ending: 'k6',
          meaning: `k6 ended with exit code ${code}`,
        });
  });
});
