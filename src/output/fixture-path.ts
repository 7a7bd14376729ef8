import { relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { shellWord } from '../domain/text/numbers.ts';

const PACKAGE = fileURLToPath(new URL('../../', import.meta.url));

/** An example with the files that come with the program under the path by which they are found from here. */
export function withFixtures(example: string, cwd = resolve()): string {
  return example.replace(/\bfixtures\/\S+/, (name) => {
    const path = resolve(PACKAGE, name);
    const near = relative(cwd, path);
    return shellWord(near.startsWith('..') ? path : near);
  });
}
