/** What the vendor's SDK makes of errors and faults: reference section 10, behaviours 2 to 7. */
import { TrackClient } from 'customerio-node';
import { expect, test } from 'vitest';
import { startTestSandbox } from '../support/with-sandbox.ts';

const QUICK = { minTimeoutMs: 1, maxTimeoutMs: 5 };

function client(url: string, options: Record<string, unknown> = {}, key = 'sandbox-track-key'): TrackClient {
  return new TrackClient('sandbox-site-id', key, { url: `${url}/api/v1`, retry: QUICK, ...options });
}

const requests = (by: Record<string, Record<string, number>>) => by['PUT /api/v1/customers/:identifier'];

test('a wrong key is told by the text of meta.error', async () => {
  const { url } = await startTestSandbox();
  await expect(client(url, {}, 'wrong').identify('1')).rejects.toThrow('Unauthorized request');
});

test('both base64 alphabets are accepted in the Authorization header', async () => {
  const trackApiKey = 'k??>>~~ÿÿ';
  const { url } = await startTestSandbox({ siteId: 's', keys: { trackApiKey, appApiKey: 'a' } });
  const plain = Buffer.from(`s:${trackApiKey}`).toString('base64');
  const urlSafe = Buffer.from(`s:${trackApiKey}`).toString('base64url');
  expect(plain).not.toBe(urlSafe);
  for (const pair of [plain, urlSafe]) {
    const response = await fetch(`${url}/api/v1/accounts/region`, { headers: { authorization: `Basic ${pair}` } });
    expect(response.status).toBe(200);
  }
});

test('a 207 resolves, and its errors are easy to overlook', async () => {
  const { track, state } = await startTestSandbox();
  const reply = await track.batch([
    { type: 'person', action: 'identify', identifiers: { id: '1' } },
    { type: 'person', action: 'fly' },
  ]);
  expect(reply).toMatchObject({ errors: [{ batch_index: 1, field: 'action', reason: 'invalid' }] });
  expect(await state()).toMatchObject({ people: 1 });
});

test('a v2 refusal rejects as an unknown error, since the SDK reads meta only', async () => {
  const { track } = await startTestSandbox();
  await expect(track.entity({ type: 'person', action: 'identify' })).rejects.toThrow('Unknown error');
});

test('429 is tried again three times', async () => {
  const { url, state } = await startTestSandbox({ faults: [{ kind: '429', share: 1 }] });
  await expect(client(url).identify('1')).rejects.toMatchObject({ statusCode: 429 });
  const {
    requests: { by_path: byPath },
    people,
  } = await state();
  expect(requests(byPath)).toEqual({ 429: 4 });
  expect(people).toBe(0);
});

test('a Retry-After above its limit makes the SDK give up at once', async () => {
  const { url, state } = await startTestSandbox({ faults: [{ kind: '503', share: 1 }], retryAfter: '60' });
  await expect(client(url).identify('1')).rejects.toMatchObject({ statusCode: 503 });
  expect(requests((await state()).requests.by_path)).toEqual({ 503: 1 });
});

test('a short Retry-After is waited for', async () => {
  const { url, state } = await startTestSandbox({ rateLimit: 1, retryAfter: '1' });
  const sdk = client(url);
  await sdk.identify('1');
  await sdk.identify('2');
  expect(await state()).toMatchObject({
    people: 2,
    requests: { by_path: { 'PUT /api/v1/customers/:identifier': { 200: 2, 429: 1 } } },
  });
});

test('HTML with status 503 fails to parse and is not tried again', async () => {
  const { url, state } = await startTestSandbox({ faults: [{ kind: 'html503', share: 1 }] });
  await expect(client(url).identify('1')).rejects.toThrow(/JSON|parse/i);
  expect(requests((await state()).requests.by_path)).toEqual({ 503: 1 });
});

test('a reset after applying makes the SDK send the same event again, and the ULID keeps it single', async () => {
  const { url, state } = await startTestSandbox({ faults: [{ kind: 'reset-after', share: 0.5 }], seed: 3 });
  const sdk = client(url, { retry: { ...QUICK, maxRetries: 20 } });
  for (let i = 0; i < 20; i += 1) {
    await sdk.track('1', { name: 'purchase', id: `01HF7YAT00ABCDEFGHJKMNPQ${String(i).padStart(2, '0')}` });
  }
  const { events, duplicate_events_ignored: duplicates, faults_injected: faults } = await state();
  expect(events).toBe(20);
  expect(duplicates).toBeGreaterThan(0);
  expect(faults).toEqual({ 'reset-after': duplicates });
});

test('a redirect to another host arrives without credentials', async () => {
  const target = await startTestSandbox();
  const { url } = await startTestSandbox({ redirectTo: target.url });
  await expect(client(url, { retry: { maxRetries: 0 } }).identify('1')).rejects.toThrow('Unauthorized request');
});

test('an answer slower than the timeout is an error, though the person was stored', async () => {
  const { url, people } = await startTestSandbox({ latency: { minMs: 400, maxMs: 400 } });
  await expect(client(url, { timeout: 100, retry: { maxRetries: 0 } }).identify('1')).rejects.toThrow();
  expect(await people()).toMatchObject([{ id: '1' }]);
});
