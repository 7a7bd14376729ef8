import { createServer, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { Finishing } from './temp.ts';

export interface TakenOperation {
  readonly type: string;
  readonly action: string;
  readonly identifiers: Readonly<Record<string, string>>;
  readonly id?: string;
  readonly name?: string;
  readonly attributes?: Readonly<Record<string, unknown>>;
  readonly timestamp?: number;
}

/** What the service does with a batch: accept it, fail (always, or if it holds one of these operations), accept it but answer as if it had failed, or refuse some operations. */
export type Mood =
  | 'takes'
  | 'fails'
  | 'takes and fails'
  | { readonly failsWith: (operation: TakenOperation) => boolean }
  | ((operation: TakenOperation) => boolean);

export interface Service {
  readonly url: string;
  /** A function says which operations are refused. */
  mood: Mood;
  /** Operations that were applied, in order; an event whose id was seen before counts only once. */
  readonly taken: TakenOperation[];
  /** All operations that arrived. */
  readonly received: TakenOperation[];
}

/** A service whose mood a test can change between two commands. */
export async function openService(test: Finishing): Promise<Service> {
  const ids = new Set<string>();
  const service: { url: string; mood: Mood; taken: TakenOperation[]; received: TakenOperation[] } = {
    url: '',
    mood: 'takes',
    taken: [],
    received: [],
  };
  const take = (operation: TakenOperation): void => {
    if (operation.id !== undefined && ids.has(operation.id)) return;
    if (operation.id !== undefined) ids.add(operation.id);
    service.taken.push(operation);
  };
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => (body += text));
    request.on('end', () => {
      const say = answerOf(response);
      if (request.url?.endsWith('/accounts/region') === true)
        return say(200, { url: 'track.customer.io', data_center: 'us', environment_id: 4242 });
      const { batch } = JSON.parse(body) as { batch: TakenOperation[] };
      service.received.push(...batch);
      const mood =
        typeof service.mood === 'object' ? (batch.some(service.mood.failsWith) ? 'fails' : 'takes') : service.mood;
      if (mood === 'takes' || mood === 'takes and fails') batch.forEach(take);
      if (mood === 'takes') return say(200, {});
      if (typeof mood === 'string') return say(500, {});
      const errors = batch.flatMap((operation, index) =>
        mood(operation) ? [{ batch_index: index, reason: 'invalid', field: 'attributes', message: 'refused' }] : [],
      );
      batch.forEach(
        (operation, index) => void (errors.some((error) => error.batch_index === index) || take(operation)),
      );
      return say(errors.length > 0 ? 207 : 200, errors.length > 0 ? { errors } : {});
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  test.onTestFinished(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });
  const address = server.address();
  service.url = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
  return service;
}

function answerOf(response: ServerResponse): (status: number, answer: unknown) => void {
  return (status, answer) =>
    void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
}
