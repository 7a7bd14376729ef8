import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { shellWord } from '../report/numbers.ts';

/** Where the package keeps its sample files. */
const FIXTURES = fileURLToPath(new URL('../../fixtures/', import.meta.url));

/**
 * A command of a help page as it runs where the reader stands. `fixtures/users.csv` stays as it is inside of the repository;
 * after an installation elsewhere it becomes the full path of the file that came with the package.
 */
export function runnable(example: string, cwd: string = process.cwd()): string {
  return example.replace(/(?<= )fixtures\/(\S+)/g, (relative, name: string) => (existsSync(join(cwd, relative)) ? relative : shellWord(join(FIXTURES, name))));
}
