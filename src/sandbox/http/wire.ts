import { toJson } from '../store/json.ts';
import type { Problem } from '../track/limits.ts';

/** What goes back to the caller. */
export interface Answer {
  readonly status: number;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Headers of every answer, as recorded from the service (docs/customerio.md 2.2), without those of its proxies. */
export const HEADERS = {
  'access-control-allow-origin': '*',
  'cache-control': 'no-cache, no-store, must-revalidate, max-age=0',
  'content-type': 'application/json; charset=utf-8',
} as const;

/** Track's success: three bytes (docs/customerio.md 2.2). */
export const ACCEPTED: Answer = { status: 200, body: '{}\n' };
export const NO_CONTENT: Answer = { status: 204, body: '' };
export const UNAUTHORIZED: Answer = metaError(401, 'Unauthorized request');

export function json(status: number, value: unknown): Answer {
  return { status, body: `${toJson(value)}\n` };
}

/** `{"meta":{"error"}}`: 401, v1 merge, and a bad `cio_` path (docs/customerio.md 2.3). */
export function metaError(status: number, error: string): Answer {
  return json(status, { meta: { error } });
}

/** `{"meta":{"errors":[]}}`: v1 400 on events, devices, segments and forms (docs/customerio.md 2.3). */
export function metaErrors(problems: readonly Problem[]): Answer {
  return json(400, { meta: { errors: problems.map((p) => `${p.field}: ${p.message}`) } });
}

/** v2 400: the whole request is refused, and nothing is accepted. */
export function refusedRequest(problems: readonly Problem[]): Answer {
  return json(400, { errors: problems });
}

/** The App API's usual error (docs/customerio.md 7.1). */
export function appError(status: number, detail: string): Answer {
  return json(status, { errors: [{ detail, status: String(status) }] });
}
