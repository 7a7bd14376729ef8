/** Every command that README and the help pages print is run as it is printed, by a shell, where a reader would stand. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { BIN } from '../support/cli.ts';
import { tempFolder, type Finishing } from '../support/temp.ts';
import { k6Bin } from '../support/tools.ts';
import { until } from '../support/until.ts';

const README = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
const FIXTURES = fileURLToPath(new URL('../../fixtures', import.meta.url));
/** In the order in which somebody would try them: what follows finds what went before. */
const COMMANDS = ['import', 'validate', 'status', 'failures', 'retry-failed', 'loadtest', 'cleanup'];
/** What installs, tests and builds is what CI does anyway. */
const NOT_OURS = /^npm |^git |^cd /;

interface Shell {
  run(command: string): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }>;
  readonly folder: string;
  readonly env: Record<string, string>;
}

/** An empty folder and a PATH on which `cio-bulk` and `npx` start this program. */
function shellIn(test: Finishing): Shell {
  const folder = tempFolder(test);
  const bin = tempFolder(test);
  for (const [name, shift] of [['cio-bulk', ''], ['npx', 'shift; ']] as const) {
    writeFileSync(join(bin, name), `#!/bin/sh\n${shift}exec '${process.execPath}' '${BIN}' "$@"\n`);
    chmodSync(join(bin, name), 0o755);
  }
  const env = { PATH: `${bin}${delimiter}${process.env['PATH'] ?? ''}`, HOME: folder, ...(k6Bin === undefined || k6Bin === 'k6' ? {} : { CIO_BULK_K6: k6Bin }) };
  const run: Shell['run'] = (command) =>
    new Promise((resolve) => {
      execFile('sh', ['-c', command], { cwd: folder, env }, (error, stdout, stderr) => resolve({ code: typeof error?.code === 'number' ? error.code : error ? -1 : 0, stdout, stderr }));
    });
  return { run, folder, env };
}

function examplesOf(help: string): string[] {
  const [, block = ''] = /\nExamples?:\n((?: {2}.*\n)+)/.exec(help) ?? [];
  return block.trimEnd().split('\n').map((line) => line.trim());
}

async function expectToRun(shell: Shell, commands: readonly string[]): Promise<void> {
  for (const command of commands) {
    if (/loadtest/.test(command) && k6Bin === undefined) continue;
    const { code, stderr } = await shell.run(command);
    expect([command, code, code === 0 ? '' : stderr]).toEqual([command, 0, '']);
  }
}

describe.skipIf(process.platform === 'win32')('printed commands', { timeout: 180_000 }, () => {
  it.concurrent('of README run, one after the other, in the repository', async (test) => {
    const shell = shellIn(test);
    symlinkSync(FIXTURES, join(shell.folder, 'fixtures'));
    const blocks = [...README.matchAll(/```sh\n([^]*?)```/g)].map(([, block = '']) => block);
    const commands = blocks.flatMap((block) => block.trim().split('\n')).map((line) => line.replace(/^npm ci && /, '')).filter((line) => !NOT_OURS.test(line));
    expect(commands.length).toBeGreaterThanOrEqual(6);
    await expectToRun(shell, commands);
  });

  it.concurrent('of the help pages run in an empty folder, as after a global installation', async (test) => {
    const shell = shellIn(test);
    const commands: string[] = [];
    for (const command of COMMANDS) {
      const examples = examplesOf((await shell.run(`cio-bulk ${command} --help`)).stdout);
      expect([command, examples.length]).not.toEqual([command, 0]);
      commands.push(...examples);
    }
    await expectToRun(shell, commands);
    const [, first = ''] = /Try it without an account:\n +(.*)/.exec((await shell.run('cio-bulk --help')).stdout) ?? [];
    expect(first).toContain('cio-bulk import');
    await expectToRun(shell, [first]);
  });

  it.concurrent('of `sandbox --help` starts a sandbox that ends with Ctrl-C', async (test) => {
    const shell = shellIn(test);
    const [example = ''] = examplesOf((await shell.run('cio-bulk sandbox --help')).stdout);
    mkdirSync(join(shell.folder, 'empty'));
    const child = spawn('sh', ['-c', `exec ${example}`], { cwd: join(shell.folder, 'empty'), env: shell.env, stdio: ['ignore', 'pipe', 'pipe'] });
    test.onTestFinished(() => void child.kill('SIGKILL'));
    let shown = '';
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (shown += text));
    await until(() => /http:\/\/127\.0\.0\.1:\d+/.test(shown), 'the URL of the sandbox');
    child.kill('SIGINT');
    const [code] = (await once(child, 'close')) as [number | null];
    expect([0, 130]).toContain(code);
  });
});
