/** Injected faults, the rate limit, latency, and what repeats do to the store. Reference 4 and 11. */
import { expect, test } from 'vitest';
import { parseFaults, type FaultKind } from '../../src/sandbox/http/faults.ts';
import { parseLatency } from '../../src/sandbox/http/latency.ts';
import { until } from '../support/until.ts';
import { event, identify, startTestSandbox, ULID } from '../support/with-sandbox.ts';

const always = (kind: FaultKind) => ({ faults: [{ kind, share: 1 }] });

test('an event id counts once, whichever way it comes', async () => {
  const { track, batch, call, state } = await startTestSandbox();
  await track.track('1', { name: 'purchase', id: ULID });
  await batch([event('1', 'purchase', ULID), event('2', 'other', ULID)]);
  await track.trackAnonymous('a', { name: 'purchase', id: ULID });
  await call('POST', '/api/v2/entity', event('1', 'purchase', ULID));
  expect(await state()).toMatchObject({ events: 1, duplicate_events_ignored: 4, people: 1 });
});

test('events without an id count every time', async () => {
  const { batch, state } = await startTestSandbox();
  await batch([event('1', 'purchase'), event('1', 'purchase')]);
  expect(await state()).toMatchObject({ events: 2, duplicate_events_ignored: 0 });
});

test('a batch that was applied, reset and sent again leaves the store as after one', async () => {
  const broken = await startTestSandbox(always('reset-after'));
  const operations = Array.from({ length: 120 }, (_, n) =>
    event(`p${n % 7}`, 'e', `01HF7YAT00ABCDEFGHJKMN${1000 + n}`),
  );
  await expect(broken.batch(operations)).rejects.toThrow();
  await expect(broken.batch(operations)).rejects.toThrow();
  expect(await broken.state()).toMatchObject({ events: 120, people: 7, duplicate_events_ignored: 120 });
});

test('a reset before applying leaves nothing', async () => {
  const { batch, state } = await startTestSandbox(always('reset-before'));
  await expect(batch([identify('1')])).rejects.toThrow();
  expect(await state()).toMatchObject({ people: 0, faults_injected: { 'reset-before': 1 } });
});

test.each(['429', '500', '502', '522', 'html502'] as const)('%s applies nothing', async (kind) => {
  const { batch, state } = await startTestSandbox(always(kind));
  expect(String((await batch([identify('1')])).status)).toBe(kind.replace('html', ''));
  expect(await state()).toMatchObject({ people: 0 });
});

test('a late request is applied behind newer ones, and an identify with an older time does not win', async () => {
  const { batch, state, attributes } = await startTestSandbox({ faults: [{ kind: 'late', share: 0.5 }], seed: 1 });
  const fates: string[] = [];
  for (let n = 0; n < 12; n++) {
    const operation = { ...identify('1'), attributes: { plan: `v${n}` }, timestamp: 1_700_000_000 + n };
    fates.push(
      await batch([operation]).then(
        () => 'answered',
        () => 'late',
      ),
    );
  }
  const late = fates.filter((fate) => fate === 'late').length;
  expect([late > 0, late < 12]).toEqual([true, true]);
  await until(
    async () => (await state()).requests.by_path['POST /api/v2/batch']?.['late'] === late,
    'the late requests',
  );
  expect((await attributes('1'))['plan']).toBe('v11');
});

test('a torn answer breaks off after applying', async () => {
  const { batch, state } = await startTestSandbox(always('torn'));
  await expect(batch([identify('1')]).then((response) => response.text())).rejects.toThrow();
  expect(await state()).toMatchObject({ people: 1 });
});

test('a timeout applies and never answers, and closing the sandbox does not wait for it', async () => {
  const { url, state, people, close } = await startTestSandbox(always('timeout'));
  const response = fetch(`${url}/api/v2/batch`, {
    method: 'POST',
    body: JSON.stringify({ batch: [identify('1')] }),
    headers: { authorization: `Basic ${Buffer.from('sandbox-site-id:sandbox-track-key').toString('base64')}` },
  });
  const failure = expect(response).rejects.toThrow();
  await expect.poll(async () => (await state()).people).toBe(1);
  expect(await people()).toMatchObject([{ id: '1' }]);
  await close();
  await failure;
});

test.each([
  ['partial', 207],
  ['errors-in-200', 200],
  ['errors-without-index', 207],
] as const)('%s refuses one item of a batch with status %d and applies the others', async (kind, status) => {
  const { batch, people } = await startTestSandbox(always(kind));
  const response = await batch(Array.from({ length: 10 }, (_, n) => identify(String(n))));
  const { errors } = (await response.json()) as { errors: { batch_index?: number; reason: string }[] };
  expect(response.status).toBe(status);
  expect(errors).toHaveLength(1);
  const stored = (await people()).map(({ id }) => id);
  expect(stored).toHaveLength(9);
  if (kind === 'errors-without-index') expect(errors[0]).not.toHaveProperty('batch_index');
  else expect(stored).not.toContain(String(errors[0]?.batch_index));
});

async function statusesOf(seed: number): Promise<number[]> {
  const { call } = await startTestSandbox({ faults: parseFaults('429=20%,500=20%'), seed });
  const seen: number[] = [];
  for (let n = 0; n < 40; n += 1) seen.push((await call('PUT', `/api/v1/customers/${n}`, {})).status);
  return seen;
}

test('the same seed gives the same faults, another seed others', async () => {
  const [first, again, other] = [await statusesOf(7), await statusesOf(7), await statusesOf(8)];
  expect(first).toEqual(again);
  expect(first).not.toEqual(other);
  expect(new Set(first)).toEqual(new Set([200, 429, 500]));
});

test('the preflight, the App API and the state are never hit', async () => {
  const { call, appCall, state } = await startTestSandbox({ ...always('500'), rateLimit: 1 });
  for (let n = 0; n < 5; n += 1) {
    expect((await call('GET', '/api/v1/accounts/region')).status).toBe(200);
    expect((await appCall('GET', '/v1/workspaces')).status).toBe(200);
  }
  expect(await state()).toMatchObject({ faults_injected: {} });
});

test('over the rate limit the answer is 429, and nothing of it is applied', async () => {
  const { call, state } = await startTestSandbox({ rateLimit: 5 });
  const statuses = await Promise.all(
    Array.from({ length: 12 }, async (_, n) => (await call('PUT', `/api/v1/customers/${n}`, {})).status),
  );
  const accepted = statuses.filter((status) => status === 200).length;
  expect(statuses).toContain(429);
  expect(accepted).toBeGreaterThanOrEqual(5);
  expect(await state()).toMatchObject({ people: accepted });
});

test('latency delays the answer', async () => {
  const { call } = await startTestSandbox({ latency: { minMs: 80, maxMs: 120 } });
  const startedAt = performance.now();
  await call('PUT', '/api/v1/customers/1', {});
  expect(performance.now() - startedAt).toBeGreaterThanOrEqual(78);
});

test('shares and ranges are read as they are written', () => {
  expect(parseFaults('429=1%, 500=0.5%,reset-after=100%'.replace('100', '98.5'))).toEqual([
    { kind: '429', share: 0.01 },
    { kind: '500', share: 0.005 },
    { kind: 'reset-after', share: 0.985 },
  ]);
  expect(parseLatency('80')).toEqual({ minMs: 80, maxMs: 80 });
  expect(parseLatency('20-200')).toEqual({ minMs: 20, maxMs: 200 });
});

test.each([
  ['teapot=1%', 'unknown fault "teapot"'],
  ['429=1', 'needs a percentage'],
  ['429=101%', 'needs a percentage'],
  ['429', 'needs a percentage'],
  ['429=60%,500=50%', 'add up to 110%'],
  ['429=1%,429=1%', 'given twice'],
])('--faults %s is refused with a sentence', (text, message) => {
  expect(() => parseFaults(text)).toThrow(message);
});

test.each(['fast', '200-20', '-5', '80,90'])('--latency %s is refused with a sentence', (text) => {
  expect(() => parseLatency(text)).toThrow('expected milliseconds');
});
