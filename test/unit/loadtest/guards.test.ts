import { describe, expect, it } from 'vitest';
import { CioBulkError } from '../../../src/domain/errors.ts';
import type { LoadtestRun } from '../../../src/domain/loadtest.ts';
import { checkGuards } from '../../../src/loadtest/guards.ts';
import type { GuardInput } from '../../../src/loadtest/guards.ts';
import { planOf, STAGING } from '../../support/loadtest-examples.ts';

const allowed: GuardInput = {
  plan: planOf(),
  target: STAGING,
  confirm: '1a2b',
  allowOverLimit: false,
  force: false,
  uncleaned: [],
};
const left: LoadtestRun = {
  id: 'abc',
  workspace: 'w',
  scenario: 'ramp',
  rate: 80,
  duration_ms: 1,
  max_n: 99,
  state: 'running',
  verdict: null,
  started_at: 0,
  finished_at: null,
  k6_pid: 1,
};

function refusal(input: Partial<GuardInput>): CioBulkError {
  try {
    checkGuards({ ...allowed, ...input });
  } catch (error) {
    if (error instanceof CioBulkError) return error;
  }
  throw new Error('it was allowed');
}

describe('a load test of a real workspace', () => {
  it('may run when it is staging, confirmed, below the limit and clean', () => {
    expect(() => checkGuards(allowed)).not.toThrow();
  });

  it.each([undefined, '', 'production', 'Staging'])('is refused when CUSTOMERIO_ENVIRONMENT is %j', (environment) => {
    const error = refusal({ target: { ...STAGING, environment } });
    expect(error).toMatchObject({ code: 'guard', exitCode: 4 });
    expect(error.message).toContain('CUSTOMERIO_ENVIRONMENT');
    expect(error.hint).toContain('CUSTOMERIO_ENVIRONMENT=staging');
  });

  it.each([undefined, '', '1a2', '1a2c', 'site-id-1a2b'])('is refused when --confirm is %j', (confirm) => {
    const error = refusal({ confirm });
    expect(error).toMatchObject({ code: 'guard', exitCode: 4 });
    expect(error.hint).toContain('--confirm');
    expect(`${error.message}${error.hint ?? ''}`).not.toContain('1a2b');
  });

  it('is refused over 80 % of the documented limit, at the highest rate of any stage', () => {
    expect(() => checkGuards({ ...allowed, plan: planOf('ramp', 800) })).not.toThrow();
    expect(refusal({ plan: planOf('ramp', 801) })).toMatchObject({
      code: 'guard',
      hint: expect.stringContaining('--allow-over-limit'),
    });
    expect(refusal({ plan: planOf('stress', 700) }).message).toContain('840 requests/s');
    expect(() => checkGuards({ ...allowed, plan: planOf('stress', 700), allowOverLimit: true })).not.toThrow();
  });

  it('is refused over the budget that others share', () => {
    const sharedBudget = { rate: 50, lastStartAgoMs: undefined };
    const plan = planOf('ramp', 51);
    expect(() => checkGuards({ ...allowed, plan: planOf('ramp', 50), sharedBudget })).not.toThrow();
    expect(refusal({ plan, sharedBudget })).toMatchObject({
      code: 'guard',
      message: expect.stringContaining("over the 50 of the workspace's shared budget"),
      hint: expect.stringContaining('--allow-over-limit'),
    });
    expect(() => checkGuards({ ...allowed, plan, sharedBudget, allowOverLimit: true })).not.toThrow();
  });

  it('is refused while others send under the budget that they share', () => {
    const sharedBudget = { rate: 80, lastStartAgoMs: 3_000 };
    expect(refusal({ sharedBudget })).toMatchObject({
      code: 'guard',
      message: expect.stringContaining('started 3.0 s ago'),
      hint: expect.stringContaining('--force'),
    });
    expect(() => checkGuards({ ...allowed, sharedBudget, force: true })).not.toThrow();
  });

  it('is refused while an earlier one is not cleaned up', () => {
    expect(refusal({ uncleaned: [left] })).toMatchObject({
      code: 'guard',
      message: expect.stringContaining('abc'),
      hint: expect.stringContaining('--force'),
    });
    expect(() => checkGuards({ ...allowed, uncleaned: [left], force: true })).not.toThrow();
  });

  it('is refused when it would make more people than can be cleaned up in reason', () => {
    expect(refusal({ plan: { ...planOf(), users: 100_001 } })).toMatchObject({
      code: 'guard',
      hint: expect.stringContaining('--max-users'),
    });
  });
});

describe('a load test of the sandbox', () => {
  it('needs no ceremony', () => {
    const target = { ...STAGING, isSandbox: true, environment: undefined };
    expect(() =>
      checkGuards({ ...allowed, target, confirm: undefined, plan: planOf('ramp', 5_000), uncleaned: [left] }),
    ).not.toThrow();
  });
});
