import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { BIN, targetEnv } from './cli.ts';
import type { Finishing } from './temp.ts';

/** `script` from util-linux opens a real terminal. Where it is missing, tests that need one are skipped. */
export const hasTerminals = /util-linux/.test(String(spawnSync('script', ['--version']).stdout));

export interface OnTerminal {
  /** Everything the program wrote to its terminal, control characters included. */
  readonly shown: () => string;
  readonly type: (keys: string) => void;
  /** The program's own process id. */
  readonly pid: () => number;
  /** Closes the terminal. */
  readonly hangUp: () => void;
  /** Resolves to the exit code. */
  readonly ended: Promise<number | null>;
}

export interface TerminalOptions {
  readonly cwd: string;
  readonly trackUrl?: string | undefined;
  readonly env?: Readonly<Record<string, string>>;
  readonly columns?: number;
}

/** Starts the program with a terminal as its stdin, stdout and stderr. The file `pid` then holds its process id. */
export function onTerminal(
  test: Finishing,
  args: readonly string[],
  { cwd, trackUrl, env, columns = 80 }: TerminalOptions,
): OnTerminal {
  const words = [process.execPath, BIN, ...args].map((word) => `'${word}'`).join(' ');
  const child = spawn('script', ['-qec', `stty cols ${columns} rows 24; echo $$ > pid; exec ${words}`, '/dev/null'], {
    cwd,
    env: { PATH: process.env['PATH'], HOME: cwd, TERM: 'xterm', SHELL: '/bin/sh', ...targetEnv(trackUrl), ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let shown = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (shown += text));
  child.stdin.on('error', () => undefined);
  const ended = once(child, 'close').then(() => child.exitCode);
  test.onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  return {
    shown: () => shown,
    type: (keys) => void child.stdin.write(keys),
    pid: () => Number(readFileSync(join(cwd, 'pid'), 'utf8')),
    hangUp: () => void child.kill('SIGKILL'),
    ended,
  };
}
