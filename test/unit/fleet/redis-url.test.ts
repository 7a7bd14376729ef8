import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { hasCredentials, redisPlace } from '../../../src/fleet/redis-url.ts';

const failure = (text: string): string => {
  try {
    redisPlace(text, '--budget');
    return '';
  } catch (error) {
    return String(error);
  }
};

describe('the URL of Redis', () => {
  it('names host, port and database', () => {
    expect(redisPlace('redis://127.0.0.1', 'x')).toMatchObject({
      name: '127.0.0.1:6379',
      host: '127.0.0.1',
      port: 6379,
      isTls: false,
      username: undefined,
      password: undefined,
      database: 0,
    });
    expect(redisPlace('rediss://cache.example:7000/3', 'x')).toMatchObject({
      host: 'cache.example',
      port: 7000,
      isTls: true,
      database: 3,
    });
    expect(redisPlace('redis://[::1]:6380/', 'x')).toMatchObject({ name: '[::1]:6380', host: '::1', port: 6380 });
  });

  it('gives up its password to nobody but Redis', () => {
    const place = redisPlace('redis://app:s3cr3t%2Fword@127.0.0.1', 'x');
    expect(place.username).toBe('app');
    expect(place.password?.reveal()).toBe('s3cr3t/word');
    expect(`${JSON.stringify(place)} ${inspect(place, { depth: 9 })} ${place.name}`).not.toContain('s3cr3t');
  });

  it.each([
    'localhost:6379',
    'http://127.0.0.1:6379',
    'redis://',
    'redis://127.0.0.1/db',
    'redis://127.0.0.1?tls=true',
    'redis://:s3cr3t%@127.0.0.1',
    'redis://:s3cr3t@127.0.0.1:99999',
    's3cr3t',
  ])('is refused without being repeated: %s', (text) => {
    expect(failure(text)).toContain('--budget: ');
    expect(failure(text)).not.toContain('s3cr3t');
    expect(failure(text)).not.toContain('127.0.0.1');
  });

  it('tells when it carries a user or a password, even if it is none', () => {
    for (const text of ['redis://:pw@h', 'redis://user@h', 'redis//:pw@h', 'user:pw@h:6379'])
      expect(hasCredentials(text)).toBe(true);
    for (const text of ['redis://h:6379', 'env', 'h:6379', '']) expect(hasCredentials(text)).toBe(false);
  });
});
