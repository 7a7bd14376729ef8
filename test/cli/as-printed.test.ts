/** What README and --help print runs as it is printed. */
import { execFile, spawn } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { BIN, runCli } from '../support/cli.ts';
import { k6Bin } from '../support/k6-binary.ts';
import { tempFolder, type Finishing } from '../support/temp.ts';

const ROOT = new URL('../../', import.meta.url);
const README = readFileSync(new URL('README.md', ROOT), 'utf8');
/** The first installs and the second is what is running here. */
const INSTALL = /^npm ci(?: &&|$)|^npm cit$/;

/** A folder in which a clone's commands find what they name: the fixtures, and the program for npx and for a shell. */
function cloneLike(test: Finishing): string {
  const folder = tempFolder(test);
  cpSync(fileURLToPath(new URL('fixtures', ROOT)), join(folder, 'fixtures'), { recursive: true });
  mkdirSync(join(folder, 'node_modules/.bin'), { recursive: true });
  symlinkSync(BIN, join(folder, 'node_modules/.bin/cio-bulk'));
  return folder;
}

function sh(line: string, cwd: string): Promise<{ code: number; output: string }> {
  const env = {
    PATH: [join(cwd, 'node_modules/.bin'), process.env['PATH']].join(delimiter),
    HOME: cwd,
    npm_config_offline: 'true',
    ...(k6Bin === undefined ? {} : { CIO_BULK_K6: k6Bin }),
  };
  return new Promise((resolve) => {
    const child = execFile('sh', ['-c', line], { cwd, env }, (_error, stdout, stderr) =>
      resolve({ code: child.exitCode ?? -1, output: `${stdout}${stderr}` }),
    );
  });
}

const commands = [...README.matchAll(/```sh\n([^]*?)```/g)]
  .flatMap(([, block = '']) => block.trim().split('\n'))
  .map((line) => line.replace(/^npm ci && /, ''));

/** Times and folders differ from one machine to another. */
const plain = (text: string): string => text.replace(/^Run 1: (?:.*\/)?fixtures/gm, 'Run 1: fixtures').trimEnd();

describe('README', () => {
  it('prints commands that run one after the other in a fresh clone', { timeout: 120_000 }, async (test) => {
    const cwd = cloneLike(test);
    const runnable = commands.filter(
      (line) => !INSTALL.test(line) && (k6Bin !== undefined || !/ loadtest | cleanup /.test(line)),
    );
    expect(runnable.length).toBeGreaterThanOrEqual(6);
    for (const line of runnable) {
      const { code, output } = await sh(line, cwd);
      expect([line, code, output]).toEqual([line, 0, expect.any(String)]);
    }
  });

  it("shows output that is the program's own", async (test) => {
    const cwd = cloneLike(test);
    const shown = [...README.matchAll(/```text\n([^]*?)```/g)].map(([, block = '']) => block.trimEnd());
    expect(shown.length).toBeGreaterThan(0);
    const { output } = await sh('cio-bulk import fixtures/users.csv --sandbox --no-color', cwd);
    for (const block of shown) for (const line of plain(block).split('\n')) expect(plain(output)).toContain(line);
  });

  it('has a table of all commands', async (test) => {
    const { stdout } = await runCli(test, ['--help'], { cwd: tempFolder(test) });
    const listed = [...(/\nCommands:\n([^]*?)\n\n/.exec(stdout)?.[0] ?? '').matchAll(/^ {2}([a-z-]+) /gm)].map(
      ([, name]) => name,
    );
    expect([...README.matchAll(/^\| `(?:cio-bulk )?([a-z-]+)[^|]*` \| /gm)].map(([, name]) => name)).toEqual(listed);
  });
});

describe('the examples of --help', () => {
  it('run as printed, import first', { timeout: 120_000 }, async (test) => {
    const cwd = cloneLike(test);
    for (const command of ['', 'import', 'validate', 'status', 'failures', 'retry-failed', 'loadtest', 'cleanup']) {
      if (command === 'loadtest' && k6Bin === undefined) continue;
      const { stdout } = await runCli(test, [...(command === '' ? [] : [command]), '--help'], { cwd });
      const examples = [
        ...(/^(?:Examples?|Try it without an account):\n((?: {2}.*\n)+)/m.exec(stdout)?.[1]?.matchAll(/^ {2}(.*)$/gm) ??
          []),
      ].map(([, line = '']) => line);
      expect([command, examples.length > 0]).toEqual([command, true]);
      for (const line of examples.filter((one) => !/--duration 2m/.test(one))) {
        const { code, output } = await sh(line, cwd);
        expect([line, [0, 6].includes(code), output]).toEqual([line, true, expect.any(String)]);
      }
    }
  });

  it('of sandbox starts one, which Ctrl-C ends with 0', async (test) => {
    const cwd = cloneLike(test);
    const { stdout } = await runCli(test, ['sandbox', '--help'], { cwd });
    const line = /\nExample:\n {2}(.*)\n/.exec(stdout)?.[1] ?? '';
    const child = spawn('sh', ['-c', `exec ${line.replace(/^cio-bulk /, `'${process.execPath}' '${BIN}' `)}`], {
      cwd,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    test.onTestFinished(() => void child.kill('SIGKILL'));
    const code = new Promise((resolve) => child.once('close', resolve));
    await new Promise((resolve) => child.stdout.once('data', resolve));
    child.kill('SIGINT');
    expect(await code).toBe(0);
  });
});
