/** `cio-bulk sandbox`, as its operator sees it. */
import { PassThrough } from 'node:stream';
import { Command } from 'commander';
import { expect, onTestFinished, test } from 'vitest';
import { configure, run } from '../../src/commands/sandbox.ts';
import type { Host } from '../../src/domain/host.ts';

interface Terminal {
  readonly host: Host;
  readonly stop: () => void;
  readonly out: () => string;
  readonly err: () => string;
}

function terminal(): Terminal {
  const stopping = new AbortController();
  onTestFinished(() => stopping.abort());
  const text = { out: '', err: '' };
  const stdout = new PassThrough().on('data', (chunk: Buffer) => (text.out += chunk.toString()));
  const stderr = new PassThrough().on('data', (chunk: Buffer) => (text.err += chunk.toString()));
  const host: Host = {
    argv: [],
    env: {},
    cwd: process.cwd(),
    stdin: new PassThrough(),
    stdout,
    stderr,
    random: Math.random,
    clock: { now: () => Date.now(), monotonic: () => performance.now(), sleep: () => Promise.resolve() },
    stopping: stopping.signal,
    aborting: new AbortController().signal,
    stopCode: () => undefined,
    end: () => Promise.resolve({ isComplete: true, mustLeave: false }),
  };
  return { host, stop: () => stopping.abort(), out: () => text.out, err: () => text.err };
}

test('it prints the environment to set, serves until Ctrl-C, and ends with 0', async () => {
  const { host, stop, out, err } = terminal();
  const ending = run([], { port: '0', faults: '429=1%' }, host);
  await expect.poll(out).toContain('CUSTOMERIO_APP_URL');
  const lines = out().trim().split('\n');
  expect(lines.filter((line) => !line.startsWith('#'))).toEqual([
    expect.stringMatching(/^export CUSTOMERIO_SITE_ID=sandbox-[0-9a-f]{12}$/),
    'export CUSTOMERIO_TRACK_API_KEY=sandbox-track-key',
    'export CUSTOMERIO_APP_API_KEY=sandbox-app-key',
    'export CUSTOMERIO_REGION=us',
    expect.stringMatching(/^export CUSTOMERIO_TRACK_URL=http:\/\/127\.0\.0\.1:\d+$/),
    expect.stringMatching(/^export CUSTOMERIO_APP_URL=http:\/\/127\.0\.0\.1:\d+$/),
  ]);
  expect(err()).toContain('Ctrl-C');
  const url = lines.at(-1)!.split('=')[1]!;
  expect((await fetch(`${url}/_sandbox/state`)).status).toBe(200);
  stop();
  expect(await ending).toBe(0);
  await expect(fetch(`${url}/_sandbox/state`)).rejects.toThrow();
});

test('--json is one object with the same environment', async () => {
  const { host, stop, out, err } = terminal();
  const ending = run([], { port: '0', json: true }, host);
  await expect.poll(out).toContain('\n');
  expect(JSON.parse(out())).toMatchObject({
    type: 'sandbox',
    url: expect.any(String),
    environment: { CUSTOMERIO_REGION: 'us' },
  });
  expect(err()).toBe('');
  stop();
  expect(await ending).toBe(0);
});

test('a wrong value is a usage error with the flag and what it accepts', async () => {
  const { host } = terminal();
  await expect(run([], { port: '0', latency: 'fast' }, host)).rejects.toMatchObject({
    exitCode: 2,
    message: expect.stringContaining('--latency fast: expected milliseconds'),
  });
  await expect(run(['extra'], {}, host)).rejects.toMatchObject({ exitCode: 2 });
});

test('help names every flag and ends with an example and the exit codes', () => {
  const command = new Command('sandbox');
  configure(command);
  let help = '';
  command.configureOutput({ writeOut: (text) => (help += text) }).outputHelp();
  for (const flag of [
    '--port',
    '--db',
    '--rate-limit',
    '--latency',
    '--faults',
    '--seed',
    '--json',
    '--quiet',
    '--verbose',
  ])
    expect(help).toContain(flag);
  expect(help.trim().split('\n').at(-1)).toMatch(/^ +5 {2}API unreachable/);
  expect(help).toContain('  cio-bulk sandbox');
});
