import type { Outcome, Reply } from './outcome.ts';
import { replyCode } from './wire.ts';

const DELIVERED: Outcome = { state: 'delivered' };
const REASON_CHARS_MAX = 300;

/**
 * What an accepted (2xx) reply says of each of `count` rows. Customer.io lists refused items in `errors[]`, under 207 and
 * by some accounts under 200 too; everything not listed was accepted. An entry that names no row of the batch leaves
 * the rows that are not listed unclear: calling them delivered would be a guess. (docs/customerio.md 3.4)
 * Undefined: all delivered, the usual case.
 */
export function toOutcomes(reply: Reply & { kind: 'response' }, count: number): Outcome[] | undefined {
  if (reply.status !== 207 && isEmpty(reply.body)) return undefined;
  const outcomes = Array.from({ length: count }, () => DELIVERED);
  const all = (reason: string): Outcome[] => outcomes.map(() => unclear(reason));
  const said = reply.body.trim() === '' ? {} : parse(reply.body);
  if (!isObject(said)) return all(`${reply.status} with a body that cannot be read`);
  const errors = field(said, 'errors') ?? [];
  if (!Array.isArray(errors)) return all(`${reply.status} with errors that are no list`);
  const complaint = metaError(said);
  if (complaint !== undefined) return all(complaint);
  // 207 promises a list of errors. Without one nobody knows which rows were refused.
  if (errors.length === 0) return reply.status === 207 ? all('207 without a readable list of errors') : outcomes;
  const listed = new Map<number, Outcome>();
  let unpinned: string | undefined;
  for (const error of errors) {
    const index = indexOf(error, count);
    const reason = reasonOf(error);
    if (index === undefined) unpinned ??= reason;
    else if (!listed.has(index)) listed.set(index, { state: 'rejected', code: codeOf(error), reason });
  }
  return outcomes.map((outcome, i) => listed.get(i) ?? (unpinned === undefined ? outcome : unclear(unpinned)));
}

/** Whether the API can have written the body of a 2xx: it answers with nothing, or with an object. Anything else is a portal's or a proxy's page. */
export function isFromApi(body: string): boolean {
  return isEmpty(body) || isObject(parse(body));
}

function isEmpty(body: string): boolean {
  return /^\s*(\{\s*\}\s*)?$/.test(body);
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** All rows of a request that the API refused as a whole (400, 413 ...). */
export function refusal(reply: Reply & { kind: 'response' }): Outcome & { state: 'rejected' } {
  const said = parse(reply.body);
  const errors = field(said, 'errors');
  const detail = Array.isArray(errors) && errors.length > 0 ? reasonOf(errors[0]) : metaError(said);
  return { state: 'rejected', code: replyCode(reply), reason: detail ?? `the API answered ${reply.status}` };
}

function unclear(reason: string): Outcome {
  return { state: 'unclear', code: 'unpinned_error', reason };
}

/** v1 envelopes: `{"meta":{"error":"..."}}` and `{"meta":{"errors":["..."]}}` (docs/customerio.md 2.3). */
function metaError(said: unknown): string | undefined {
  const meta = field(said, 'meta');
  const single = field(meta, 'error');
  const list = field(meta, 'errors');
  const text: unknown = typeof single === 'string' ? single : Array.isArray(list) ? list[0] : undefined;
  return typeof text === 'string' ? cut(text) : undefined;
}

function indexOf(error: unknown, count: number): number | undefined {
  const index = field(error, 'batch_index');
  if (count === 1 && index === undefined) return 0;
  return typeof index === 'number' && Number.isInteger(index) && index >= 0 && index < count ? index : undefined;
}

function codeOf(error: unknown): string {
  const reason = field(error, 'reason');
  return typeof reason === 'string' && reason !== '' ? cut(reason) : 'refused';
}

function reasonOf(error: unknown): string {
  if (typeof error === 'string' && error !== '') return cut(error);
  const parts = ['field', 'message', 'reason']
    .map((name) => field(error, name))
    .filter((part) => typeof part === 'string' && part !== '');
  return parts.length === 0 ? 'no reason given' : cut(parts.slice(0, 2).join(': '));
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined; // HTML or garbage says nothing about rows
  }
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Record<string, unknown>)[name]
    : undefined;
}

function cut(text: string): string {
  return text.length > REASON_CHARS_MAX ? `${text.slice(0, REASON_CHARS_MAX)}...` : text;
}
