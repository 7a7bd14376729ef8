/** The sandbox as a process: start, stop, death of its parent, and what stays in its file. */
import { fork } from 'node:child_process';
import { statSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { isAlive } from '../support/alive.ts';
import { startSandbox, type Sandbox, type SandboxOptions } from '../../src/session/sandbox-process.ts';
import { tempFolder } from '../support/temp.ts';

async function start(options: SandboxOptions = {}): Promise<Sandbox> {
  const sandbox = await startSandbox(options);
  onTestFinished(() => sandbox.stop());
  return sandbox;
}

async function send({ url, siteId, trackApiKey }: Sandbox, ...operations: readonly unknown[]): Promise<number> {
  const authorization = `Basic ${Buffer.from(`${siteId}:${trackApiKey}`).toString('base64')}`;
  return (
    await fetch(`${url}/api/v2/batch`, {
      method: 'POST',
      headers: { authorization },
      body: JSON.stringify({ batch: operations }),
    })
  ).status;
}

const person = (id: string) => ({ type: 'person', action: 'identify', identifiers: { id } });
const purchase = {
  type: 'person',
  action: 'event',
  identifiers: { id: '1' },
  name: 'purchase',
  id: '01HF7YAT00ABCDEFGHJKMNPQRS',
};

test('it listens on loopback with made-up credentials and tells its state', async () => {
  const sandbox = await start();
  expect(sandbox).toMatchObject({
    siteId: expect.stringMatching(/^sandbox-[0-9a-f]{12}$/),
    trackApiKey: 'sandbox-track-key',
    appApiKey: 'sandbox-app-key',
    trackUrl: sandbox.url,
    appUrl: sandbox.url,
  });
  expect(sandbox.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  expect(await send(sandbox, person('1'))).toBe(200);
  expect(await sandbox.state()).toMatchObject({ people: 1, requests: { total: 1 } });
});

test("people and event ids survive from run to run, counts of requests do not, and the file is the owner's alone", async () => {
  const db = join(tempFolder({ onTestFinished }), '.cio-bulk', 'sandbox.db');
  const first = await start({ db });
  await send(first, person('1'), purchase);
  await first.stop();
  const second = await start({ db });
  await send(second, purchase);
  expect(await second.state()).toMatchObject({
    people: 1,
    events: 1,
    duplicate_events_ignored: 1,
    requests: { total: 1 },
  });
  expect(statSync(db).mode & 0o777).toBe(0o600);
});

test('a database is a workspace of its own, and the same one as long as it is there', async () => {
  const db = join(tempFolder({ onTestFinished }), 'sandbox.db');
  const [first, ...others] = [
    await start({ db }),
    await start(),
    await start(),
    await start({ db: join(tempFolder({ onTestFinished }), 'sandbox.db') }),
  ];
  await first?.stop();
  expect((await start({ db })).siteId).toBe(first?.siteId);
  const all = [first, ...others];
  expect(new Set(all.map((sandbox) => sandbox?.siteId)).size).toBe(4);
});

test('two that open a new database at once agree who they are', async () => {
  const db = join(tempFolder({ onTestFinished }), 'sandbox.db');
  const [one, two] = await Promise.all([start({ db }), start({ db })]);
  expect(one.siteId).toBe(two.siteId);
});

test('what was acknowledged is there after the sandbox itself was killed', async () => {
  const db = join(tempFolder({ onTestFinished }), 'sandbox.db');
  const first = await start({ db });
  await send(first, person('1'), person('2'));
  process.kill(first.pid, 'SIGKILL');
  await first.ended;
  expect(await (await start({ db })).state()).toMatchObject({ people: 2 });
});

test('two sandboxes may share a file', async () => {
  const db = join(tempFolder({ onTestFinished }), 'sandbox.db');
  const [one, two] = [await start({ db }), await start({ db })];
  const statuses = await Promise.all(
    Array.from({ length: 20 }, (_, n) => send(n % 2 === 0 ? one : two, person(String(n)))),
  );
  expect(new Set(statuses)).toEqual(new Set([200]));
  expect(await one.state()).toMatchObject({ people: 20 });
});

test('it ends when its parent is killed', async () => {
  const script = join(tempFolder({ onTestFinished }), 'parent.mjs');
  const module = fileURLToPath(new URL('../../dist/session/sandbox-process.js', import.meta.url));
  writeFileSync(
    script,
    `import { startSandbox } from ${JSON.stringify(module)};\nprocess.send((await startSandbox()).pid);\n`,
  );
  const parent = fork(script, { stdio: 'ignore' });
  const pid = await new Promise<number>((resolve) => parent.once('message', (message) => resolve(Number(message))));
  expect(isAlive(pid)).toBe(true);
  parent.kill('SIGKILL');
  await expect.poll(() => isAlive(pid), { timeout: 5000 }).toBe(false);
});

test('Ctrl-C in the terminal leaves it to the parent, SIGTERM and stop end it', async () => {
  const sandbox = await start();
  process.kill(sandbox.pid, 'SIGINT');
  expect(await send(sandbox, person('1'))).toBe(200);
  process.kill(sandbox.pid, 'SIGTERM');
  await sandbox.ended;
  await sandbox.stop();
});

test('settings that cannot be are usage errors that name the flag', async () => {
  await expect(startSandbox({ faults: 'teapot=1%' })).rejects.toMatchObject({
    code: 'usage',
    message: expect.stringContaining('--faults'),
  });
  await expect(startSandbox({ port: 'x' })).rejects.toMatchObject({
    code: 'usage',
    message: expect.stringContaining('--port'),
  });
  await expect(startSandbox({ rateLimit: '0' })).rejects.toMatchObject({
    code: 'usage',
    message: expect.stringContaining('--rate-limit'),
  });
});

test('a port that is taken is told', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  await expect(startSandbox({ port })).rejects.toMatchObject({
    code: 'sandbox_failed',
    message: expect.stringContaining('EADDRINUSE'),
    hint: expect.stringContaining('--port 0'),
  });
});
