/** docs/example.md runs as printed, from the export to the corrected row. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { tempFolder } from '../support/temp.ts';
import { blocksOf, runBlocks } from '../support/typed-off.ts';

const PAGE = readFileSync(new URL('../../docs/example.md', import.meta.url), 'utf8');

it('every command says what the page shows', async (test) => {
  const ran = await runBlocks(tempFolder(test), blocksOf(PAGE));
  expect(ran.map(({ command, missing }) => [command, missing])).toEqual(ran.map(({ command }) => [command, []]));
  expect(ran.map(({ code }) => code)).toEqual([6, 6, 6, 6, 0, 0]);
});
