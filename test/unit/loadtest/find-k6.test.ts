import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findK6 } from '../../../src/loadtest/find-k6.ts';
import { SUITE, tempFolder } from '../../support/temp.ts';

const dir = tempFolder(SUITE);

/** A program that prints what a k6 of that version prints. */
function fakeK6(version: string, folder = mkdtempSync(join(dir, 'bin-'))): string {
  const path = join(folder, 'k6');
  writeFileSync(path, `#!/bin/sh\necho "k6 ${version} (go1.25.0, linux/amd64)"\n`);
  chmodSync(path, 0o755);
  return path;
}

describe.skipIf(process.platform === 'win32')('k6 is found', () => {
  it('by --k6-bin before CIO_BULK_K6 before PATH', async () => {
    const [flag, env, onPath] = [fakeK6('v2.2.0'), fakeK6('v2.1.0'), fakeK6('v1.3.0')];
    const path = `${join(onPath, '..')}:/bin:/usr/bin`;
    expect(await findK6(flag, { CIO_BULK_K6: env, PATH: path }, dir)).toEqual({ path: flag, version: '2.2.0' });
    expect(await findK6(undefined, { CIO_BULK_K6: env, PATH: path }, dir)).toEqual({ path: env, version: '2.1.0' });
    expect(await findK6(undefined, { CIO_BULK_K6: '', PATH: path }, dir)).toEqual({ path: onPath, version: '1.3.0' });
  });
});

describe.skipIf(process.platform === 'win32')('k6 is missing', () => {
  it('when there is none: exit 9, with install lines for five ways', async () => {
    const error = await findK6(undefined, { PATH: dir }, dir).catch((cause: unknown) => cause);
    expect(error).toMatchObject({ code: 'k6_missing', exitCode: 9 });
    for (const way of ['macOS', 'Debian', 'Windows', 'Go', 'Docker'])
      expect(error).toMatchObject({ hint: expect.stringContaining(way) });
  });

  it.each(['v1.2.9', 'v0.57.0'])('when it is %s, which is too old', async (version) => {
    await expect(findK6(fakeK6(version), {}, dir)).rejects.toMatchObject({
      code: 'k6_missing',
      message: expect.stringContaining(`${version} is too old`),
    });
  });

  it('when the file named by --k6-bin is not there, or something else', async () => {
    await expect(findK6('nowhere/k6', {}, dir)).rejects.toMatchObject({
      code: 'k6_missing',
      message: expect.stringContaining('--k6-bin names nowhere/k6'),
    });
    await expect(findK6(fakeK6('x'), {}, dir)).rejects.toMatchObject({
      code: 'k6_missing',
      message: expect.stringContaining('is not k6'),
    });
  });
});
