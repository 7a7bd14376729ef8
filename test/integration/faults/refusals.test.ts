import { describe, expect, it } from 'vitest';
import { CREDENTIALS } from '../../support/cli.ts';
import { tempFolder } from '../../support/temp.ts';
import { answer, hostileServer, take, type Behaviour } from '../../support/hostile-server.ts';
import { countsOf, send } from '../../support/send-people.ts';
import { SELF_SIGNED } from '../../support/self-signed.ts';

describe('credentials', () => {
  it.concurrent.for([
    [401, 3, 'refused the credentials'],
    [403, 4, 'does not allow this'],
  ] as const)(
    '%i in the middle of a run stops it at once with %i; nothing is marked failed, and with the right key it ends well',
    async ([status, code, message], test) => {
      let isWrong = true;
      const server = await hostileServer(test, (request, self) =>
        isWrong && request.number >= 1
          ? void request.socket.write(answer(status, '{"meta":{"error":"Unauthorized request"}}'))
          : take(request, self),
      );
      const folder = tempFolder(test);
      const first = await send(test, server.url, { folder, args: ['--concurrency', '1'] });
      expect(first.code).toBe(code);
      expect(countsOf(first)).toEqual({ delivered: 10, pending: 20 });
      expect(first.summary?.['requests']).toBe(2);
      expect(first.stderr).toContain(message);
      expect(first.lastLine).toMatch(/^cio-bulk import /);
      isWrong = false;
      const second = await send(test, server.url, { folder, args: ['--concurrency', '1'] });
      expect(second.code).toBe(0);
      expect(countsOf(second)).toEqual({ delivered: 30 });
    },
  );

  it.concurrent.for([
    [401, 3],
    [403, 4],
  ] as const)('%i for the first question ends with %i before any row leaves', async ([status, code], test) => {
    const server = await hostileServer(test, take, { onRegion: ({ socket }) => void socket.write(answer(status)) });
    const result = await send(test, server.url);
    expect(result.code).toBe(code);
    expect(server.batches).toHaveLength(0);
    expect(result.lastLine).toMatch(/^cio-bulk import /);
  });
});

describe('redirects', () => {
  it.concurrent.for([301, 302, 307, 308])(
    '%i to another host stops with 4; neither credentials nor rows follow',
    async (status, test) => {
      const stranger = await hostileServer(test, take, { onRegion: take });
      const server = await hostileServer(
        test,
        redirectTo(() => stranger.url, status),
      );
      const result = await send(test, server.url);
      expect(result.code).toBe(4);
      expect(countsOf(result)).toEqual({ pending: 30 });
      expect(stranger.connections()).toBe(0);
      expect(result.stderr).toContain(`redirects to 127.0.0.1:${stranger.port}`);
    },
  );

  it.concurrent(
    'the other region, told by a redirect of the first question, stops with 4 and names the variable',
    async (test) => {
      const eu = await hostileServer(test, take, { onRegion: take });
      const us = await hostileServer(test, take, { onRegion: redirectTo(() => eu.url) });
      const result = await send(test, us.url);
      expect(result.code).toBe(4);
      expect(result.stderr).toContain('CUSTOMERIO_REGION');
      expect(us.batches).toHaveLength(0);
      expect(eu.connections()).toBe(0);
    },
  );

  it.concurrent('an account that lives in the other region stops with 4 before any row leaves', async (test) => {
    const server = await hostileServer(test, take, {
      onRegion: ({ socket }) => void socket.write(answer(200, '{"region":"eu","environment_id":1}')),
    });
    const result = await send(test, server.url, { env: { CUSTOMERIO_REGION: 'us' } });
    expect(result.code).toBe(4);
    expect(result.stderr).toContain('set CUSTOMERIO_REGION=eu');
    expect(server.batches).toHaveLength(0);
  });

  it.concurrent('another workspace behind the same key stops a run that has begun', async (test) => {
    let workspace = 1;
    const server = await hostileServer(test, take, {
      onRegion: ({ socket }) => void socket.write(answer(200, `{"region":"us","environment_id":${workspace}}`)),
    });
    const folder = tempFolder(test);
    await send(test, server.url, { folder, args: ['--limit', '10'] });
    workspace = 2;
    const result = await send(test, server.url, { folder });
    expect(result.code).toBe(4);
    expect(server.taken).toHaveLength(10);
  });
});

describe('TLS', () => {
  it.concurrent(
    'a certificate that cannot be trusted stops with 5, and no byte of the credentials leaves',
    async (test) => {
      const server = await hostileServer(test, take, { tls: SELF_SIGNED });
      const result = await send(test, server.url, { args: ['--max-attempts', '2'] });
      expect(result.code).toBe(5);
      expect(result.stderr).toContain('has a certificate that cannot be trusted');
      expect(server.batches).toHaveLength(0);
      expect(result.stderr + result.stdout).not.toContain(CREDENTIALS.apiKey);
    },
  );

  it.concurrent('https to a port that speaks plain HTTP stops with 5', async (test) => {
    const server = await hostileServer(test, take);
    const result = await send(test, server.url.replace('http:', 'https:'), { args: ['--max-attempts', '2'] });
    expect(result.code).toBe(5);
    expect(result.lastLine).toMatch(/^cio-bulk import /);
  });
});

function redirectTo(url: () => string, status = 307): Behaviour {
  return ({ path, socket }) => void socket.write(answer(status, '', { location: `${url()}${path}` }));
}
