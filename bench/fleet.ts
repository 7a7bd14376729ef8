/** The fleet against a real Redis with an append-only file; without redis-server there is nothing to measure. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { Redis } from 'ioredis';
import { createProducer, type Producer } from '../src/producer/index.ts';
import type { Context } from './context.ts';
import { CLI } from './paths.ts';
import { inFolder, monotonicMs, startNode, type Started } from './processes.ts';
import { cliEnvironment } from './programs.ts';

const WORKSPACE = 'bench';
const OPERATIONS = 200_000;
const PEOPLE = 5_000;
const IN_FLIGHT = 10_000;
const LIVE_RATE = 500;
const LIVE_SECONDS = 20;
const IDLE_MS = 20_000;
const TICKS_PER_SECOND = 100;

interface BenchRedis {
  readonly url: string;
  readonly client: Redis;
  stop(): Promise<void>;
}

export async function fleet(context: Context): Promise<void> {
  if (spawnSync('redis-server', ['--version']).status !== 0) {
    console.error('redis-server not found: the fleet is not measured');
    return;
  }
  await inFolder(async (folder) => {
    const redis = await startRedis(folder);
    try {
      await throughput(context, redis, folder);
      await liveLatency(context, redis, folder);
      await idleWorker(context, redis, folder);
      await takeover(context, redis, folder);
    } finally {
      await redis.stop();
    }
  });
}

/** Enqueued by the library one operation a call, then drained by one worker. */
async function throughput({ sink, collect }: Context, redis: BenchRedis, folder: string): Promise<void> {
  const producer = createProducer({ redis: redis.url, workspace: WORKSPACE });
  await producer.identify('first', {});
  const bytesBefore = await usedMemory(redis);
  const startedAt = performance.now();
  await produce(producer, OPERATIONS);
  const seconds = (performance.now() - startedAt) / 1000;
  const perOperation = ((await usedMemory(redis)) - bytesBefore) / OPERATIONS;
  await producer.close();
  collect.finding('fleet', 'enqueued by the library', OPERATIONS / seconds, 'rows/s', 'higher', at(30_000));
  collect.finding('fleet', 'Redis memory per pending operation', perOperation, 'B', 'lower', at(300));
  await sink.reset({ latencyMs: 0, countRows: true });
  const worker = startWorker(redis, cliEnvironment(sink), folder, [
    '--rate',
    '1000',
    '--set-rate',
    '--exit-when-empty',
  ]);
  const { exitCode, stderr } = await worker.ended;
  const { rows, firstWriteAt, lastWriteAt } = await sink.counts();
  if (exitCode !== 0 || rows !== OPERATIONS + 1 || firstWriteAt === null || lastWriteAt === null)
    throw new Error(`${OPERATIONS + 1} operations, ${rows} arrived: ${stderr}`);
  collect.finding('fleet', 'one worker', rows / ((lastWriteAt - firstWriteAt) / 1000), 'rows/s', 'higher', at(50_000));
}

/** From the call of the library to the arrival of the request, at 500 operations/s over all lanes and 80 requests/s. */
async function liveLatency({ collect }: Context, redis: BenchRedis, folder: string): Promise<void> {
  const delays: number[] = [];
  const service = await startService((operation) => delays.push(Date.now() - Number(operation.attributes?.['at'])));
  const worker = startWorker(redis, service.env, folder, ['--rate', '80', '--set-rate']);
  const producer = createProducer({ redis: redis.url, workspace: WORKSPACE });
  await sleep(4_000); // until the worker is ready
  const startedAt = performance.now();
  for (let n = 0; n < LIVE_RATE * LIVE_SECONDS; n++) {
    const early = startedAt + (n * 1000) / LIVE_RATE - performance.now();
    if (early > 1) await sleep(early);
    void producer.track(`u${n % PEOPLE}`, 'live', { at: Date.now(), n });
  }
  await producer.close();
  await until(() => delays.length >= LIVE_RATE * LIVE_SECONDS);
  worker.child.kill('SIGTERM');
  await worker.ended;
  service.server.close();
  const sorted = delays.toSorted((a, b) => a - b);
  const percentile = (share: number): number => sorted[Math.floor(sorted.length * share)] ?? Number.NaN;
  collect.finding('fleet', 'enqueue to request, p50', percentile(0.5), 'ms', 'lower');
  collect.finding('fleet', 'enqueue to request, p99', percentile(0.99), 'ms', 'lower', at(300));
}

async function idleWorker({ collect }: Context, redis: BenchRedis, folder: string): Promise<void> {
  const service = await startService(() => undefined);
  const startedAt = monotonicMs();
  const worker = startWorker(redis, service.env, folder, []);
  let readyAt = 0;
  worker.child.stderr?.on('data', (text: string) => {
    if (readyAt === 0 && text.includes('Taking operations')) readyAt = monotonicMs();
  });
  await until(() => readyAt > 0);
  await sleep(8_000); // what is started for the first time is loaded, and no lane is held
  const before = cpuSeconds(worker.child);
  await sleep(IDLE_MS);
  const share = ((cpuSeconds(worker.child) - before) * 1000) / IDLE_MS;
  worker.child.kill('SIGTERM');
  await worker.ended;
  service.server.close();
  collect.finding('fleet', 'worker ready', (readyAt - startedAt) / 1000, 's', 'lower', at(2));
  collect.finding('fleet', 'idle worker, of a core', share * 100, '%', 'lower', at(1));
}

/** Two workers; the one that holds the lanes is killed: how long nothing of its lanes arrives. */
async function takeover({ collect }: Context, redis: BenchRedis, folder: string): Promise<void> {
  const arrivals: number[] = [];
  const service = await startService(() => arrivals.push(performance.now()));
  const producer = createProducer({ redis: redis.url, workspace: WORKSPACE });
  const first = startWorker(redis, service.env, folder, []);
  await produce(producer, 2_000);
  await until(() => arrivals.length >= 2_000);
  const second = startWorker(redis, service.env, folder, []);
  await sleep(3_000);
  first.child.kill('SIGKILL');
  const killedAt = performance.now();
  const expected = arrivals.length + 2_000;
  await produce(producer, 2_000);
  await until(() => arrivals.length >= expected);
  collect.finding('fleet', 'takeover after kill -9', ((arrivals.at(-1) ?? 0) - killedAt) / 1000, 's', 'lower', at(30));
  second.child.kill('SIGTERM');
  await Promise.all([first.ended, second.ended, producer.close()]);
  service.server.close();
}

function at(value: number): { what: string; value: number } {
  return { what: 'target', value };
}

async function produce(producer: Producer, operations: number): Promise<void> {
  let flying: Promise<void>[] = [];
  for (let n = 0; n < operations; n++) {
    flying.push(
      producer.track(`u${n % PEOPLE}`, 'page_viewed', { path: '/pricing/enterprise', n, referrer: 'search' }),
    );
    if (flying.length < IN_FLIGHT) continue;
    await Promise.all(flying);
    flying = [];
  }
  await Promise.all(flying);
}

function startWorker(redis: BenchRedis, env: Record<string, string>, cwd: string, flags: readonly string[]): Started {
  return startNode([CLI, 'worker', '--redis', redis.url, ...flags], { cwd, env });
}

async function startRedis(folder: string): Promise<BenchRedis> {
  const port = 20_000 + (process.pid % 20_000);
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', '', '--appendonly', 'yes'];
  const child = spawn('redis-server', [...args, '--maxmemory-policy', 'noeviction'], { stdio: 'ignore' });
  const client = new Redis({ port, retryStrategy: () => 50, maxRetriesPerRequest: null });
  client.on('error', () => undefined);
  await client.ping();
  return {
    url: `redis://127.0.0.1:${port}`,
    client,
    async stop() {
      client.disconnect();
      child.kill('SIGTERM');
      await once(child, 'exit');
    },
  };
}

interface SentOperation {
  readonly attributes?: Readonly<Record<string, unknown>>;
}

async function startService(
  onOperation: (operation: SentOperation) => void,
): Promise<{ readonly server: Server; readonly env: Record<string, string> }> {
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => (body += text));
    request.on('end', () => {
      if (body !== '') (JSON.parse(body) as { batch: SentOperation[] }).batch.forEach(onOperation);
      const answer = body === '' ? { url: 'track.customer.io', data_center: 'us', environment_id: 1 } : {};
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const env = cliEnvironment({ url: `http://127.0.0.1:${port}` });
  return { server, env };
}

async function usedMemory({ client }: BenchRedis): Promise<number> {
  return Number(/used_memory:(\d+)/.exec(await client.info('memory'))?.[1]);
}

/** User and system, of all threads. */
function cpuSeconds({ pid }: ChildProcess): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

async function until(condition: () => boolean): Promise<void> {
  for (let waitedMs = 0; !condition(); waitedMs += 20) {
    if (waitedMs > 120_000) throw new Error('what is measured did not happen');
    await sleep(20);
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
