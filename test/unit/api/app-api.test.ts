import { setMaxListeners } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { expect, it } from 'vitest';
import { createAppApi, type AppApi } from '../../../src/api/app-api.ts';
import { Secret } from '../../../src/domain/secret.ts';
import { realClock } from '../../support/real-clock.ts';
import type { Finishing } from '../../support/temp.ts';

interface AppBench {
  readonly app: AppApi;
  readonly askedAt: number[];
  readonly stop: AbortController;
}

/** An App API that answers the first request with the first answer, and so on; the last answer again and again. */
async function appApi(
  test: Finishing,
  ...answers: ((request: IncomingMessage, response: ServerResponse) => void)[]
): Promise<AppBench> {
  const askedAt: number[] = [];
  const server = createServer((request, response) => {
    const answer = answers[Math.min(askedAt.length, answers.length - 1)];
    askedAt.push(performance.now());
    request.resume().once('end', () => answer?.(request, response));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const stop = new AbortController();
  setMaxListeners(0, stop.signal);
  const app = createAppApi({
    baseUrl: `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`,
    proxy: undefined,
    appApiKey: new Secret('app-key'),
    clock: realClock,
    stopping: stop.signal,
  });
  test.onTestFinished(async () => {
    await app.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return { app, askedAt, stop };
}

const says =
  (status: number, body: string, headers: Record<string, string> = {}) =>
  (_: IncomingMessage, response: ServerResponse): void =>
    void response.writeHead(status, headers).end(body);
const TWO = '{"identifiers":[{"id":"a"},{"id":"b"}],"ids":["a","b"],"next":""}';

it('a 429 of the App API is asked again, and not before it said', async (test) => {
  const { app, askedAt } = await appApi(test, says(429, '{}', { 'retry-after': '1' }), says(200, TWO));
  expect(await app.countPeopleWith('cio_bulk_run', 'abcd')).toEqual({ people: 2 });
  expect(askedAt).toHaveLength(2);
  expect((askedAt[1] ?? 0) - (askedAt[0] ?? 0)).toBeGreaterThanOrEqual(990);
});

it('the App API is asked with its key at most ten times a second', async (test) => {
  const keys: (string | undefined)[] = [];
  const { app, askedAt } = await appApi(test, (request, response) => {
    keys.push(request.headers.authorization);
    response.end(TWO);
  });
  await Promise.all(Array.from({ length: 15 }, () => app.countPeopleWith('cio_bulk_run', 'abcd')));
  expect((askedAt[10] ?? 0) - (askedAt[0] ?? 0)).toBeGreaterThanOrEqual(990);
  expect(new Set(keys)).toEqual(new Set(['Bearer app-key']));
});

it.for([
  [401, 'unauthorized', 'CUSTOMERIO_APP_API_KEY'],
  [403, 'forbidden', 'CUSTOMERIO_APP_API_KEY'],
  [302, 'redirected', 'CUSTOMERIO_REGION'],
] as const)('a %i of the App API is asked once, and explained', async ([status, code, hint], test) => {
  const { app, askedAt } = await appApi(test, says(status, '{}', { location: 'http://elsewhere.example/' }));
  expect(await app.countPeopleWith('cio_bulk_run', 'abcd')).toMatchObject({
    people: undefined,
    because: { code, hint: expect.stringContaining(hint) },
  });
  expect(askedAt).toHaveLength(1);
});

it.for([
  ['a page that is no JSON', says(200, '<html>')],
  ['JSON without people', says(200, '{"results":[]}')],
  ['a service that fails', says(503, '')],
] as const)('%s is no answer of zero', async ([, answer], test) => {
  const { app } = await appApi(test, answer);
  expect(await app.countPeopleWith('cio_bulk_run', 'abcd')).toEqual({ people: undefined });
});

it('a stop ends the question at once', async (test) => {
  const { app, stop } = await appApi(test, () => stop.abort());
  const from = performance.now();
  expect(await app.countPeopleWith('cio_bulk_run', 'abcd')).toEqual({ people: undefined });
  expect(performance.now() - from).toBeLessThan(2_000);
});
