/** Pages whose files can be typed off and whose commands can be run: the output is as it is shown. */
import { execFile } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { BIN } from './cli.ts';

export type PageBlock =
  | { readonly kind: 'file'; readonly name: string; readonly content: string }
  | { readonly kind: 'command'; readonly command: string; readonly output: string };

/** In their order. A file is named by the last `name` before its block; a command's output is the `text` behind it. */
export function blocksOf(page: string): readonly PageBlock[] {
  const blocks: PageBlock[] = [];
  const fences = /(?:`([\w-]+\.(?:csv|json|ndjson))`[^`\n]*:\n\n)?```(\w+)\n([^]*?)```(?:\n\n```text\n([^]*?)\n```)?/g;
  for (const [, name, kind, content = '', output = ''] of page.matchAll(fences)) {
    if (kind === 'sh') blocks.push({ kind: 'command', command: content.trim(), output });
    else if (name !== undefined) blocks.push({ kind: 'file', name, content });
    else throw new Error(`a block of ${kind} that is neither a file nor a command: ${content.slice(0, 60)}`);
  }
  return blocks;
}

export interface Ran {
  readonly command: string;
  readonly code: number | null;
  /** stdout and stderr. */
  readonly said: string;
  /** Lines of the page that were not said. */
  readonly missing: readonly string[];
}

/** Writes the files and runs the commands, one after the other, in a folder of their own. */
export async function runBlocks(folder: string, blocks: readonly PageBlock[]): Promise<readonly Ran[]> {
  mkdirSync(join(folder, 'bin'));
  symlinkSync(BIN, join(folder, 'bin/cio-bulk'));
  const env = { PATH: [join(folder, 'bin'), process.env['PATH']].join(delimiter), HOME: folder };
  const ran: Ran[] = [];
  for (const block of blocks) {
    if (block.kind === 'file') {
      writeFileSync(join(folder, block.name), block.content);
      continue;
    }
    const [code, said] = await new Promise<[number | null, string]>((resolve) => {
      const child = execFile('sh', ['-c', block.command], { cwd: folder, env }, (_error, stdout, stderr) =>
        resolve([child.exitCode, `${stdout}\n${stderr}`]),
      );
    });
    const missing = block.output.split('\n').filter((line) => !said.includes(line));
    ran.push({ command: block.command, code, said, missing });
  }
  return ran;
}
