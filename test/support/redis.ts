import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { Redis } from 'ioredis';
import { tempFolder, type Finishing } from './temp.ts';
import { until } from './until.ts';

/** Whether `redis-server`, 7 or later, is on PATH (`.ci/redis.sh` installs it). Without it, the tests that need it are skipped. */
export const hasRedis = isRedis();

function isRedis(): boolean {
  try {
    const said = execFileSync('redis-server', ['--version'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    return Number(/ v=(\d+)\./.exec(said)?.[1]) >= 7;
  } catch {
    return false;
  }
}

/** A real Redis on a loopback port, with an append-only file and `noeviction`. */
export interface TestRedis {
  readonly url: string;
  readonly port: number;
  /** A connection for the test itself. */
  client(): Redis;
  /** Ends it at once, as a crash does. */
  kill(): Promise<void>;
  /** Starts it again, with what its files hold. */
  start(): Promise<void>;
  signal(signal: NodeJS.Signals): void;
}

/** Started now, and ended with the test. `args` are those of redis-server. */
export async function redisFor(test: Finishing, args: readonly string[] = []): Promise<TestRedis> {
  const port = await freePort();
  const folder = tempFolder(test);
  let child: ChildProcess | undefined;
  const settings = [
    '--port',
    String(port),
    '--bind',
    '127.0.0.1',
    '--dir',
    folder,
    '--save',
    '',
    '--appendonly',
    'yes',
  ];

  async function start(): Promise<void> {
    child = spawn('redis-server', [...settings, '--maxmemory-policy', 'noeviction', ...args], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    let said = '';
    child.stdout?.on('data', (text: Buffer) => (said += text.toString()));
    await until(
      () => said.includes('Ready to accept connections'),
      'Redis to start',
      () => said,
    );
  }

  async function kill(): Promise<void> {
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGCONT');
    child.kill('SIGKILL');
    await ended;
  }

  test.onTestFinished(kill);
  await start();
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    client() {
      const client = new Redis({ host: '127.0.0.1', port });
      client.on('error', () => undefined);
      test.onTestFinished(() => client.disconnect());
      return client;
    },
    kill,
    start,
    signal: (signal) => void child?.kill(signal),
  };
}

/** Nobody listens there for now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}
