import { request } from 'undici';
import type { Secret } from './credentials.ts';

const TIMEOUT_MS = 10_000;
/** The most that one search page gives (API reference 7.1). */
const PAGE_PEOPLE = 1_000;

/** People whose attribute has this value, as far as one page shows: 1,000 means "at least". Undefined when the API does not say. */
export async function countPeopleWith(options: { readonly baseUrl: string; readonly appApiKey: Secret; readonly attribute: string; readonly value: string }): Promise<number | undefined> {
  const { baseUrl, appApiKey, attribute, value } = options;
  try {
    const { statusCode, body } = await request(`${baseUrl}/v1/customers?limit=${PAGE_PEOPLE}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${appApiKey.reveal()}`, 'content-type': 'application/json', 'user-agent': 'cio-bulk' },
      body: JSON.stringify({ filter: { and: [{ attribute: { field: attribute, operator: 'eq', value } }] } }),
      headersTimeout: TIMEOUT_MS,
      bodyTimeout: TIMEOUT_MS,
    });
    const parsed: unknown = await body.json();
    const identifiers = statusCode === 200 && typeof parsed === 'object' && parsed !== null && 'identifiers' in parsed ? parsed.identifiers : undefined;
    return Array.isArray(identifiers) ? identifiers.length : undefined;
  } catch {
    return undefined; // an answer that cannot be had is not an answer of zero
  }
}
