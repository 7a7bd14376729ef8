import { describe, expect, it } from 'vitest';
import { CioBulkError } from '../../../src/domain/errors.ts';
import { targetFrom, targetText, workspaceOf } from '../../../src/session/target.ts';

const KEYS = { CUSTOMERIO_SITE_ID: 'canary-site', CUSTOMERIO_TRACK_API_KEY: 'canary-key' };

function refusal(env: Readonly<Record<string, string>>): CioBulkError {
  try {
    targetFrom(env);
  } catch (error) {
    if (error instanceof CioBulkError) return error;
    throw error;
  }
  throw new Error('it was accepted');
}

describe('the target', () => {
  it.for([
    [{}, 'https://track.customer.io', 'https://api.customer.io', 'us'],
    [{ CUSTOMERIO_REGION: ' EU ' }, 'https://track-eu.customer.io', 'https://api-eu.customer.io', 'eu'],
    [{ CUSTOMERIO_REGION: '' }, 'https://track.customer.io', 'https://api.customer.io', 'us'],
    [{ CUSTOMERIO_TRACK_URL: 'http://127.0.0.1:8787/' }, 'http://127.0.0.1:8787', 'https://api.customer.io', undefined],
    [
      { CUSTOMERIO_TRACK_URL: 'http://127.0.0.1:8787', CUSTOMERIO_REGION: 'eu' },
      'http://127.0.0.1:8787',
      'https://api-eu.customer.io',
      'eu',
    ],
  ] as const)('is made of region and URLs: %j', ([env, trackUrl, appUrl, region]) => {
    expect(targetFrom({ ...KEYS, ...env })).toMatchObject({ trackUrl, appUrl, region, isSandbox: false });
  });

  it('names every credential that is missing or blank, at once', () => {
    expect(refusal({ CUSTOMERIO_TRACK_API_KEY: '  ' }).message).toBe(
      'CUSTOMERIO_SITE_ID and CUSTOMERIO_TRACK_API_KEY are not set',
    );
    expect(refusal({ CUSTOMERIO_SITE_ID: 'canary-site' }).message).toBe('CUSTOMERIO_TRACK_API_KEY is not set');
  });

  it.for([
    { CUSTOMERIO_REGION: 'canary-region' },
    { CUSTOMERIO_TRACK_URL: 'canary' },
    { CUSTOMERIO_TRACK_URL: 'ftp://canary' },
    { CUSTOMERIO_TRACK_URL: 'https://canary.example/api' },
    { CUSTOMERIO_TRACK_URL: 'https://canary.example?key=1' },
    { CUSTOMERIO_TRACK_URL: 'https://user:canary@track.customer.io' },
    { CUSTOMERIO_APP_URL: 'https://canary.example/v1' },
  ] as const)('is refused with the name of the variable and without its value: %j', (env) => {
    const { code, message, hint } = refusal({ ...KEYS, ...env });
    expect(code).toBe('config');
    expect(message).toContain(Object.keys(env)[0]);
    expect(`${message} ${hint}`).not.toContain('canary');
  });

  it('is told by its region, or by its host when nobody named a region', () => {
    expect(targetText(targetFrom(KEYS))).toBe('region us (track.customer.io)');
    expect(targetText(targetFrom({ ...KEYS, CUSTOMERIO_TRACK_URL: 'http://127.0.0.1:8787' }))).toBe('127.0.0.1:8787');
    expect(targetText({ ...targetFrom(KEYS), isSandbox: true })).toBe('sandbox');
  });
});

it('a workspace has one name for each site id, which does not tell the site id', () => {
  const name = workspaceOf(targetFrom(KEYS));
  expect(name).toBe(workspaceOf(targetFrom({ ...KEYS, CUSTOMERIO_TRACK_API_KEY: 'another', CUSTOMERIO_REGION: 'eu' })));
  expect(name).not.toBe(workspaceOf(targetFrom({ ...KEYS, CUSTOMERIO_SITE_ID: 'canary-site2' })));
  expect(name).not.toContain('canary-site');
});
