import type { CioBulkError } from '../domain/errors.ts';
import type { Clock } from '../domain/host.ts';
import type { Secret } from '../domain/secret.ts';
import { classify } from '../domain/wire.ts';
import { bearerAuth } from './credentials.ts';
import { fatalError } from './fatal.ts';
import { createHttpSender } from './http.ts';
import { insisting } from './insisting.ts';
import { paced } from './paced.ts';
import { createOwnBudget } from './own-budget.ts';
import { createPacer } from './pacer.ts';
import type { Proxy } from './proxy.ts';
import { createSlots } from './slots.ts';

const TIMEOUT_MS = 10_000;
const MAX_ATTEMPTS = 3;
/** Documented limit of the App API, requests per second (docs/customerio.md 5.2). */
const RATE = 10;
/** The most that one search page gives (docs/customerio.md 7.1). */
const PAGE_PEOPLE = 1_000;

export interface AppApiOptions {
  readonly baseUrl: string;
  readonly proxy: Proxy | undefined;
  readonly appApiKey: Secret;
  readonly clock: Clock;
  /** Ends a question at once. */
  readonly stopping: AbortSignal;
}

/** `people` is undefined when the API does not say; `because`, when it refused to. */
export interface PeopleFound {
  readonly people: number | undefined;
  readonly because?: CioBulkError;
}

export interface AppApi {
  /** People whose attribute has this value, as far as one page shows: 1,000 means "at least". */
  countPeopleWith(attribute: string, value: string): Promise<PeopleFound>;
  close(): Promise<void>;
}

/** Questions to the App API, through the layers that carry the rows: paced, and asked again as `Retry-After` says. */
export function createAppApi({ baseUrl, proxy, appApiKey, clock, stopping }: AppApiOptions): AppApi {
  const http = createHttpSender({
    baseUrl,
    proxy,
    authorization: bearerAuth(appApiKey),
    timeoutMs: TIMEOUT_MS,
    clock,
    onDoubt: () => undefined,
  });
  const pacer = createPacer({ budget: createOwnBudget({ rate: RATE, clock }), rowsPerSecond: 0, clock });
  const asking = insisting(paced(http, { pacer, slots: createSlots(1) }), { clock, maxAttempts: MAX_ATTEMPTS });
  return {
    async countPeopleWith(attribute, value) {
      const body = Buffer.from(
        JSON.stringify({ filter: { and: [{ attribute: { field: attribute, operator: 'eq', value } }] } }),
      );
      const reply = await asking.send(
        { method: 'POST', path: `/v1/customers?limit=${PAGE_PEOPLE}`, body, rows: 0, attempt: 0 },
        { stopping, aborting: stopping },
      );
      if (reply.kind === 'response' && classify(reply) === 'accepted') return { people: identifiersIn(reply.body) };
      const because = fatalError(reply, 'app', 'the App API');
      return because ? { people: undefined, because } : { people: undefined };
    },
    close: http.close,
  };
}

function identifiersIn(body: string): number | undefined {
  try {
    const said: unknown = JSON.parse(body);
    const identifiers =
      typeof said === 'object' && said !== null && 'identifiers' in said ? said.identifiers : undefined;
    return Array.isArray(identifiers) ? identifiers.length : undefined;
  } catch {
    return undefined; // an answer that cannot be read is not an answer of zero
  }
}
