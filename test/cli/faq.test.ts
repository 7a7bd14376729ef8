/** The answers of docs/faq.md do as they say: their files, typed off, with their commands, give the output shown. The glossary has all states. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { EMPTY_TALLY } from '../../src/domain/outcome.ts';
import { tempFolder } from '../support/temp.ts';
import { blocksOf, runBlocks } from '../support/typed-off.ts';

const PAGE = readFileSync(new URL('../../docs/faq.md', import.meta.url), 'utf8');

const answers = PAGE.split(/^## /m)
  .slice(1)
  .map((text) => ({ question: text.slice(0, text.indexOf('\n')), blocks: blocksOf(text) }))
  .filter(({ blocks }) => blocks.length > 0);

it('docs/faq.md has answers with commands', () => {
  expect(answers.length).toBeGreaterThan(4);
});

it.for(answers)('$question', async ({ blocks }, test) => {
  for (const { code, said, missing } of await runBlocks(tempFolder(test), blocks))
    expect([code, missing], said).toEqual([0, []]);
});

it('docs/glossary.md tells every way in which a row can end', () => {
  const page = readFileSync(new URL('../../docs/glossary.md', import.meta.url), 'utf8');
  const states = [...page.slice(page.indexOf('How a row can end')).matchAll(/^\| `(\w+)`/gm)].map(([, state]) => state);
  expect(states).toEqual([...Object.keys(EMPTY_TALLY), 'pending']);
});
