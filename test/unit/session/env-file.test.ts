import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { withEnvFile } from '../../../src/session/env-file.ts';
import { tempFolder } from '../../support/temp.ts';

describe('--env-file', () => {
  it('adds the variables of the file, under those that are exported', (test) => {
    const path = join(tempFolder(test), 'staging.env');
    writeFileSync(
      path,
      '# staging\nCUSTOMERIO_SITE_ID="from file"\nexport CUSTOMERIO_REGION=eu\nCUSTOMERIO_TRACK_API_KEY=of the file\n',
    );
    expect(withEnvFile({ CUSTOMERIO_SITE_ID: 'exported', HOME: '/home' }, path)).toEqual({
      CUSTOMERIO_SITE_ID: 'exported',
      CUSTOMERIO_REGION: 'eu',
      CUSTOMERIO_TRACK_API_KEY: 'of the file',
      HOME: '/home',
    });
  });

  it('reads a file that an editor has begun with a byte order mark', (test) => {
    const path = join(tempFolder(test), 'staging.env');
    writeFileSync(path, '\uFEFFCUSTOMERIO_SITE_ID=first\r\nCUSTOMERIO_REGION=eu\r\n');
    expect(withEnvFile({}, path)).toEqual({ CUSTOMERIO_SITE_ID: 'first', CUSTOMERIO_REGION: 'eu' });
  });

  it('changes nothing when it is not given', () => {
    const env = { CUSTOMERIO_SITE_ID: 'exported' };
    expect(withEnvFile(env, undefined)).toBe(env);
  });

  it.for([
    ['that is not there', 'missing.env', 'ENOENT'],
    ['that is a folder', '.', 'EISDIR'],
  ] as const)('names a file %s, and why it cannot be read', ([, name, reason], test) => {
    const path = join(tempFolder(test), name);
    expect(() => withEnvFile({}, path)).toThrow(
      expect.objectContaining({ code: 'env_file', message: `--env-file ${path} cannot be read (${reason})` }),
    );
  });
});
