import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { tempFolder } from '../../support/temp.ts';

const OPENER = fileURLToPath(new URL('../../support/open-at.mjs', import.meta.url));

it('processes that open a new journal or sandbox at the same moment all get it', async (test) => {
  const folder = tempFolder(test);
  const codes: unknown[] = [];
  for (let round = 0; round < 20; round++) {
    const at = Date.now() + 300;
    const openers = ['journal', 'journal', 'sandbox', 'sandbox'].map((kind) =>
      fork(OPENER, [kind, join(folder, `${kind}-${round}.db`), String(at)]),
    );
    codes.push(...(await Promise.all(openers.map(async (opener) => ((await once(opener, 'exit')) as unknown[])[0]))));
  }
  expect(codes.filter((code) => code !== 0)).toEqual([]);
});
