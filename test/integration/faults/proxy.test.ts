import { writeFileSync } from 'node:fs';
import { createServer, request } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { tempFolder, type Finishing } from '../../support/temp.ts';
import { hostileServer, take } from '../../support/hostile-server.ts';
import { SELF_SIGNED } from '../../support/self-signed.ts';
import { countsOf, send } from '../../support/send-people.ts';

interface ProxyServer {
  readonly url: string;
  readonly name: string;
  /** First lines of what was asked, and the credentials that came along. */
  readonly asked: string[];
  readonly authorizations: (string | undefined)[];
}

/** A proxy that leads every host to one port of this machine, or answers `refusal` to everything. */
async function proxyTo(test: Finishing, port: number, refusal?: number): Promise<ProxyServer> {
  const asked: string[] = [];
  const authorizations: (string | undefined)[] = [];
  const server = createServer((incoming, outgoing) => {
    asked.push(`${incoming.method} ${incoming.url}`);
    authorizations.push(incoming.headers['proxy-authorization']);
    if (refusal !== undefined) {
      outgoing.writeHead(refusal).end();
      return;
    }
    const { pathname } = new URL(incoming.url ?? '');
    const onward = request(
      { host: '127.0.0.1', port, path: pathname, method: incoming.method, headers: incoming.headers },
      (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(outgoing);
      },
    );
    incoming.pipe(onward);
  });
  server.on('connect', (incoming, socket) => {
    asked.push(`CONNECT ${incoming.url}`);
    authorizations.push(incoming.headers['proxy-authorization']);
    socket.on('error', () => undefined);
    if (refusal !== undefined) {
      socket.end(`HTTP/1.1 ${refusal} No\r\ncontent-length: 0\r\n\r\n`);
      return;
    }
    const onward = connect(port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      onward.pipe(socket).pipe(onward);
    });
    onward.on('error', () => socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  test.onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  const name = `127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
  return { url: `http://${name}`, name, asked, authorizations };
}

describe('behind a proxy', () => {
  it.concurrent(
    'https goes through a tunnel, and the certificates of NODE_EXTRA_CA_CERTS are trusted',
    async (test) => {
      const server = await hostileServer(test, take, { tls: SELF_SIGNED });
      const proxy = await proxyTo(test, server.port);
      const cwd = tempFolder(test);
      const trusted = join(cwd, 'ca.pem');
      writeFileSync(trusted, SELF_SIGNED.cert);
      const result = await send(test, 'https://untrusted.test', {
        folder: cwd,
        env: { HTTPS_PROXY: proxy.url.replace('//', '//ann:s3cret@'), NODE_EXTRA_CA_CERTS: trusted },
      });
      expect(result.stderr).toContain(`untrusted.test through the proxy ${proxy.name}`);
      expect(countsOf(result)).toEqual({ delivered: 30 });
      expect(new Set(proxy.asked)).toEqual(new Set(['CONNECT untrusted.test:443']));
      expect(proxy.authorizations[0]).toBe(`Basic ${Buffer.from('ann:s3cret').toString('base64')}`);
      expect(result.stderr + result.stdout).not.toContain('s3cret');
    },
  );

  it.concurrent('http is asked of the proxy itself, by the lower-case name too', async (test) => {
    const server = await hostileServer(test, take);
    const proxy = await proxyTo(test, server.port);
    const result = await send(test, 'http://track.corp.invalid', { env: { http_proxy: proxy.url } });
    expect(countsOf(result)).toEqual({ delivered: 30 });
    expect(proxy.asked[0]).toBe('GET http://track.corp.invalid/api/v1/accounts/region');
  });

  it.concurrent('a host that NO_PROXY excepts is asked directly', async (test) => {
    const proxy = await proxyTo(test, 1);
    const result = await send(test, 'http://track.corp.invalid', {
      env: { HTTP_PROXY: proxy.url, NO_PROXY: 'corp.invalid' },
      args: ['--max-attempts', '1'],
    });
    expect(result.code).toBe(5);
    expect(proxy.asked).toEqual([]);
    expect(result.stderr).not.toContain('proxy');
  });

  it.concurrent('this machine is asked directly: a sandbox works whatever the proxy', async (test) => {
    const server = await hostileServer(test, take);
    const result = await send(test, server.url, {
      env: { HTTP_PROXY: 'http://127.0.0.1:1', HTTPS_PROXY: 'http://127.0.0.1:1' },
    });
    expect(countsOf(result)).toEqual({ delivered: 30 });
  });

  it.concurrent.for([
    ['https://track.corp.invalid', 407, 'wants a user and a password (407)'],
    ['http://track.corp.invalid', 407, 'wants a user and a password (407)'],
    ['https://track.corp.invalid', 403, 'does not let us through (403)'],
  ] as const)('%s: a proxy that says %i is named as what is at fault', async ([url, status, why], test) => {
    const proxy = await proxyTo(test, 1, status);
    const result = await send(test, url, {
      env: { HTTPS_PROXY: proxy.url, HTTP_PROXY: proxy.url },
      args: ['--max-attempts', '1'],
    });
    expect(result.code).toBe(5);
    expect(result.stderr).toContain(
      `track.corp.invalid through the proxy ${proxy.name} cannot be reached: the proxy ${why}`,
    );
    expect(result.stderr).toContain('NO_PROXY');
  });

  it.concurrent.for(['https://track.corp.invalid', 'http://track.corp.invalid'])(
    '%s: a proxy that is not there is named',
    async (url, test) => {
      const result = await send(test, url, {
        env: { HTTPS_PROXY: 'http://127.0.0.1:1', HTTP_PROXY: 'http://127.0.0.1:1' },
        args: ['--max-attempts', '1'],
      });
      expect(result.code).toBe(5);
      expect(result.stderr).toContain('track.corp.invalid through the proxy 127.0.0.1:1');
      expect(result.stderr).toContain('refuses connections');
    },
  );

  it.concurrent('an outage in mid-run names the proxy', async (test) => {
    const proxy = await proxyTo(test, 1, 502);
    const result = await send(test, 'http://track.corp.invalid', {
      env: { HTTP_PROXY: proxy.url },
      args: ['--no-preflight'],
    });
    expect(result.code).toBe(5);
    expect(countsOf(result)).toEqual({ pending: 30 });
    expect(result.stderr).toContain(`track.corp.invalid through the proxy ${proxy.name} has not answered for`);
  });
});
