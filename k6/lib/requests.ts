/** The three requests of a load test. Each is named by its route, so that a million people do not make a million time series. */
import http, { type RefinedResponse, type ResponseType } from 'k6/http';
import type { OperationName } from '../../src/domain/loadtest.ts';
import { readAuthorization, readTarget } from './environment.ts';
import { record } from './metrics.ts';
import { attributesOf, EVENT_NAME, eventData, personId } from './people.ts';
import { REQUEST_TIMEOUT_MS } from './shape.ts';

const target = readTarget();
const headers = { 'content-type': 'application/json', authorization: readAuthorization() };

http.setResponseCallback(http.expectedStatuses(200));

export function identify(run: string, n: number): void {
  const url = `${target}/api/v1/customers/${personId(run, n)}`;
  settle('identify', http.put(url, JSON.stringify(attributesOf(run, n)), params('PUT /api/v1/customers/:id')));
}

export function track(run: string, n: number, iteration: number): void {
  const url = `${target}/api/v1/customers/${personId(run, n)}/events`;
  const body = JSON.stringify({ name: EVENT_NAME, data: eventData(run, iteration) });
  settle('track', http.post(url, body, params('POST /api/v1/customers/:id/events')));
}

/** One v2 batch that identifies the people `ns`. An `errors` list is a failure whatever the status. */
export function identifyBatch(run: string, ns: readonly number[]): void {
  const batch = ns.map((n) => ({
    type: 'person',
    action: 'identify',
    identifiers: { id: personId(run, n) },
    attributes: attributesOf(run, n),
  }));
  const response = http.post(`${target}/api/v2/batch`, JSON.stringify({ batch }), {
    ...params('POST /api/v2/batch'),
    responseType: 'text',
  });
  settle('batch', response, !(response.body ?? '').includes('"errors"'));
}

function params(name: string) {
  return { headers, tags: { name }, timeout: REQUEST_TIMEOUT_MS, redirects: 0, responseType: 'none' as const };
}

function settle(operation: OperationName, response: RefinedResponse<ResponseType>, isClean = true): void {
  record(operation, {
    status: response.status,
    durationMs: response.timings.duration,
    isOk: response.status === 200 && isClean,
  });
}
