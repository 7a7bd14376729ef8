import { APIClient, TrackClient } from 'customerio-node';
import { onTestFinished } from 'vitest';
import { DEFAULT_CONFIG, type SandboxConfig } from '../../src/sandbox/http/config.ts';
import { createSandbox } from '../../src/sandbox/http/server.ts';

export interface TestSandbox {
  readonly url: string;
  /** The vendor's own clients, pointed at the sandbox. */
  readonly track: TrackClient;
  readonly app: APIClient;
  /** A plain request with the right Track credentials. */
  readonly call: (
    method: string,
    path: string,
    body?: unknown,
    headers?: Readonly<Record<string, string>>,
  ) => Promise<Response>;
  readonly appCall: (method: string, path: string, body?: unknown) => Promise<Response>;
  readonly batch: (operations: readonly unknown[]) => Promise<Response>;
  readonly state: () => Promise<State>;
  readonly people: () => Promise<StoredPerson[]>;
  readonly events: (query?: string) => Promise<StoredEvent[]>;
  readonly attributes: (id: string, kind?: string) => Promise<Record<string, string>>;
  readonly close: () => Promise<void>;
}

export interface State {
  readonly [name: string]: unknown;
  readonly people: number;
  readonly events: number;
  readonly duplicate_events_ignored: number;
  readonly requests: { readonly total: number; readonly by_path: Record<string, Record<string, number>> };
}

export interface StoredPerson {
  readonly seq: number;
  readonly id: string | null;
  readonly email: string | null;
  readonly cio_id: string;
  readonly attributes: Record<string, unknown>;
}

export interface StoredEvent {
  readonly id: string | null;
  readonly type: string;
  readonly name: string;
  readonly timestamp: number;
  readonly person_id: string | null;
  readonly person_email: string | null;
  readonly anonymous_id: string | null;
  readonly data: Record<string, unknown>;
}

const BASIC = `Basic ${Buffer.from('sandbox-site-id:sandbox-track-key').toString('base64')}`;

/** A sandbox in this process on a free port, closed when the test ends. */
export async function startTestSandbox(config: Partial<SandboxConfig> = {}): Promise<TestSandbox> {
  const sandbox = await createSandbox({ ...DEFAULT_CONFIG, siteId: 'sandbox-site-id', ...config });
  let isClosed = false;
  const close = async (): Promise<void> => {
    if (!isClosed) await sandbox.close();
    isClosed = true;
  };
  onTestFinished(close);
  const { url } = sandbox;
  const send =
    (authorization: string) =>
    (method: string, path: string, body?: unknown, headers: Readonly<Record<string, string>> = {}) =>
      fetch(url + path, {
        method,
        headers: { authorization, 'content-type': 'application/json', ...headers },
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      });
  const call = send(BASIC);
  const appCall = send('Bearer sandbox-app-key');
  return {
    url,
    track: new TrackClient('sandbox-site-id', 'sandbox-track-key', { url: `${url}/api/v1`, retry: { maxRetries: 0 } }),
    app: new APIClient('sandbox-app-key', { url: `${url}/v1` }),
    call,
    appCall,
    batch: (operations) => call('POST', '/api/v2/batch', { batch: operations }),
    state: async () => (await (await fetch(`${url}/_sandbox/state`)).json()) as State,
    people: () => ndjson<StoredPerson>(`${url}/_sandbox/people`),
    events: (query = '') => ndjson<StoredEvent>(`${url}/_sandbox/events${query}`),
    attributes: async (id, kind = 'id') => {
      const response = await appCall('GET', `/v1/customers/${encodeURIComponent(id)}/attributes?id_type=${kind}`);
      return ((await response.json()) as { customer: { attributes: Record<string, string> } }).customer.attributes;
    },
    close,
  };
}

async function ndjson<T>(url: string): Promise<T[]> {
  const text = await (await fetch(url)).text();
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as T);
}

export function identify(id: string, attributes: Record<string, unknown> = {}): Record<string, unknown> {
  return { type: 'person', action: 'identify', identifiers: { id }, attributes };
}

export function event(id: string, name: string, ulid?: string): Record<string, unknown> {
  return { type: 'person', action: 'event', identifiers: { id }, name, ...(ulid === undefined ? {} : { id: ulid }) };
}

export const ULID = '01HF7YAT00ABCDEFGHJKMNPQRS';
