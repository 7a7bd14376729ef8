import { fork } from 'node:child_process';
import { once } from 'node:events';
import { SINK } from './paths.ts';
import type { FromSink, SinkCounts, SinkSettings, ToSink } from './sink.ts';

export interface Sink {
  readonly url: string;
  reset(settings: SinkSettings): Promise<void>;
  counts(): Promise<SinkCounts>;
  /** When the first write after a reset begins to arrive, on the clock of all processes. Ask before it can come. */
  firstWrite(): Promise<number>;
  stop(): Promise<void>;
}

export async function startSink(): Promise<Sink> {
  const child = fork(SINK, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const exited = once(child, 'exit');
  const waiting = new Map<FromSink['type'], (message: FromSink) => void>();
  child.on('message', (message: FromSink) => {
    const take = waiting.get(message.type);
    waiting.delete(message.type);
    take?.(message);
  });

  async function next<T extends FromSink['type']>(type: T): Promise<Extract<FromSink, { type: T }>> {
    const message = await Promise.race([
      new Promise<FromSink>((resolve) => waiting.set(type, resolve)),
      exited.then(() => {
        throw new Error('the sink ended');
      }),
    ]);
    return message as Extract<FromSink, { type: T }>;
  }

  function ask<T extends FromSink['type']>(message: ToSink, type: T): Promise<Extract<FromSink, { type: T }>> {
    const reply = next(type);
    child.send(message);
    return reply;
  }

  const { port } = await next('listening');
  return {
    url: `http://127.0.0.1:${port}`,
    reset: async (settings) => void (await ask({ type: 'reset', settings }, 'ready')),
    counts: async () => (await ask({ type: 'counts' }, 'counts')).counts,
    firstWrite: async () => (await next('first_write')).at,
    async stop() {
      child.disconnect();
      await exited;
    },
  };
}
