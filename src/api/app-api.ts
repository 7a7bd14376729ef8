import type { Clock } from '../domain/host.ts';
import { createConnections } from './connections.ts';
import type { Secret } from './credentials.ts';
import type { Proxy } from './proxy.ts';

const TIMEOUT_MS = 10_000;
/** The most that one search page gives (docs/customerio.md 7.1). */
const PAGE_PEOPLE = 1_000;

export interface Search {
  readonly baseUrl: string;
  readonly proxy: Proxy | undefined;
  readonly appApiKey: Secret;
  readonly attribute: string;
  readonly value: string;
  readonly clock: Clock;
}

/** People whose attribute has this value, as far as one page shows: 1,000 means "at least". Undefined when the API does not say. */
export async function countPeopleWith({ baseUrl, proxy, appApiKey, attribute, value, clock }: Search): Promise<number | undefined> {
  const connections = createConnections({ baseUrl, proxy, timeoutMs: TIMEOUT_MS, clock, onDoubt: () => undefined });
  try {
    return await connections.ask(
      {
        method: 'POST',
        path: `/v1/customers?limit=${PAGE_PEOPLE}`,
        headers: { authorization: `Bearer ${appApiKey.reveal()}`, 'content-type': 'application/json', 'user-agent': 'cio-bulk' },
        body: Buffer.from(JSON.stringify({ filter: { and: [{ attribute: { field: attribute, operator: 'eq', value } }] } })),
        signal: AbortSignal.timeout(TIMEOUT_MS),
        rows: 0,
      },
      async ({ statusCode, body }) => {
        const parsed: unknown = await body.json();
        const identifiers = statusCode === 200 && typeof parsed === 'object' && parsed !== null && 'identifiers' in parsed ? parsed.identifiers : undefined;
        return Array.isArray(identifiers) ? identifiers.length : undefined;
      },
    );
  } catch {
    return undefined; // an answer that cannot be had is not an answer of zero
  } finally {
    await connections.close();
  }
}
