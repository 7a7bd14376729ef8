import { expect, it } from 'vitest';
import { createBreaker } from '../../../src/api/breaker.ts';
import { createCourier } from '../../../src/api/courier.ts';
import { createSlots } from '../../../src/api/slots.ts';
import type { Clock } from '../../../src/domain/host.ts';
import type { Reply } from '../../../src/domain/outcome.ts';

const answer = (status: number): Reply => ({
  kind: 'response',
  status,
  body: '',
  retryAfterMs: undefined,
  location: undefined,
});

it('fifteen requests that are throttled at the same moment ask for one pause, not for fifteen that grow', async () => {
  const never = new AbortController().signal;
  const clock: Clock = { now: () => 0, monotonic: () => 0, sleep: () => Promise.resolve() };
  const pauses: number[] = [];
  let sent = 0;
  const courier = createCourier({
    wire: { send: () => Promise.resolve(answer(sent++ < 15 ? 429 : 200)) },
    pacer: {
      start: () => Promise.resolve(),
      slowDown: (pauseMs) => pauses.push(pauseMs),
      currentRate: () => 0,
      recentStartsAgoMs: () => [],
      waiting: () => undefined,
    },
    breaker: createBreaker(clock),
    slots: createSlots(15),
    clock,
    random: () => 1,
    maxAttempts: 5,
    maxOutageMs: 60_000,
    aborting: never,
  });
  const content = { method: 'POST', path: '/api/v2/batch', body: new Uint8Array(), rows: 1 } as const;
  await Promise.all(Array.from({ length: 15 }, () => courier.send(content, never)));
  expect(pauses).toHaveLength(15);
  expect(Math.max(...pauses)).toBeLessThanOrEqual(1_000);
});
