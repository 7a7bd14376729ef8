import { expect, it } from 'vitest';
import { proxyFor } from '../../../src/api/proxy.ts';

const PROXY = 'http://proxy.corp:3128';

it.each([
  ['https://track.customer.io', { HTTPS_PROXY: PROXY }, 'proxy.corp:3128'],
  ['https://track.customer.io', { https_proxy: PROXY, HTTPS_PROXY: 'http://other:1' }, 'proxy.corp:3128'],
  ['https://track.customer.io', { HTTPS_PROXY: 'proxy.corp:3128' }, 'proxy.corp:3128'],
  ['https://track.customer.io', { HTTP_PROXY: PROXY }, undefined],
  ['http://track.corp', { http_proxy: PROXY }, 'proxy.corp:3128'],
  ['http://track.corp', { HTTPS_PROXY: PROXY }, undefined],
  ['https://track.customer.io', { HTTPS_PROXY: ' ' }, undefined],
  ['https://track.customer.io', { HTTPS_PROXY: PROXY, https_proxy: '' }, undefined],
  ['https://track.customer.io', { HTTPS_PROXY: PROXY, NO_PROXY: '*' }, undefined],
  ['https://track.customer.io', { HTTPS_PROXY: PROXY, no_proxy: 'a.example, .customer.io' }, undefined],
  ['https://track.customer.io', { HTTPS_PROXY: PROXY, NO_PROXY: 'customer.io:443' }, undefined],
  [
    'https://track.customer.io',
    { HTTPS_PROXY: PROXY, NO_PROXY: 'customer.io:8443,omer.io,track.customer.io.evil' },
    'proxy.corp:3128',
  ],
  ['https://Track.Customer.io', { HTTPS_PROXY: PROXY, NO_PROXY: '*.CUSTOMER.IO' }, undefined],
  ['http://127.0.0.1:8787', { HTTP_PROXY: PROXY }, undefined],
  ['http://localhost:8787', { HTTP_PROXY: PROXY }, undefined],
  ['http://[::1]:8787', { HTTP_PROXY: PROXY }, undefined],
] as const)('%s with %j goes through %s', (url, env, name) => {
  expect(proxyFor(url, env)?.name).toBe(name);
});

it('user and password of a proxy go to the proxy, and into no name', () => {
  const proxy = proxyFor('https://track.customer.io', { HTTPS_PROXY: 'http://us%40er:pa%3Ass@proxy.corp:3128' });
  expect(proxy?.name).toBe('proxy.corp:3128');
  expect(proxy?.authorization).toBe(`Basic ${Buffer.from('us@er:pa:ss').toString('base64')}`);
});

it.each(['socks5://proxy.corp:1080', 'http://', '://'])('%s is refused by the name of its variable', (given) => {
  expect(() => proxyFor('https://track.customer.io', { HTTPS_PROXY: given })).toThrow(
    /HTTPS_PROXY is no URL of an HTTP proxy/,
  );
});
