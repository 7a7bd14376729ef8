/** The answers of docs/faq.md do as they say: their files, typed off, with their commands, give the output shown. */
import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { expect, it } from 'vitest';
import { BIN } from '../support/cli.ts';
import { tempFolder } from '../support/temp.ts';

const PAGE = readFileSync(new URL('../../docs/faq.md', import.meta.url), 'utf8');

interface Answer {
  readonly question: string;
  readonly files: readonly (readonly [name: string, content: string])[];
  readonly command: string;
  readonly output: string;
}

/** A file is named by the last `name` before its block. */
const answers = PAGE.split(/^## /m)
  .slice(1)
  .map((text): Answer => {
    const files = [...text.matchAll(/`([\w-]+\.(?:csv|json))`:\n\n```(?:csv|json)\n([^]*?)```/g)];
    return {
      question: text.slice(0, text.indexOf('\n')),
      files: files.map(([, name = '', content = '']) => [name, content]),
      command: /```sh\n(.*)\n```/.exec(text)?.[1] ?? '',
      output: /```text\n([^]*?)\n```/.exec(text)?.[1] ?? '',
    };
  })
  .filter(({ command }) => command !== '');

it('docs/faq.md has answers with commands, and no block that is not one of their parts', () => {
  expect(answers.length).toBeGreaterThan(4);
  const parts = answers.reduce((sum, { files }) => sum + files.length + 2, 0);
  expect([...PAGE.matchAll(/^```\w+$/gm)].length).toBe(parts);
});

it.for(answers)('$question', async ({ files, command, output }, test) => {
  const folder = tempFolder(test);
  for (const [name, content] of files) writeFileSync(join(folder, name), content);
  mkdirSync(join(folder, 'bin'));
  symlinkSync(BIN, join(folder, 'bin/cio-bulk'));
  const env = { PATH: [join(folder, 'bin'), process.env['PATH']].join(delimiter), HOME: folder };
  const [code, said] = await new Promise<[number | null, string]>((resolve) => {
    const child = execFile('sh', ['-c', command], { cwd: folder, env }, (_error, stdout) =>
      resolve([child.exitCode, stdout]),
    );
  });
  expect([code, said]).toEqual([0, expect.any(String)]);
  for (const line of output.split('\n')) expect(said).toContain(line);
});
