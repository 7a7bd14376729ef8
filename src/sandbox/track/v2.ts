import { applyBatch, personOf } from './apply-batch.ts';
import type { Call, Route } from '../http/call.ts';
import { itemBytes } from './item-bytes.ts';
import { invalid, LIMITS, required, type Problem } from './limits.ts';
import { isObject, parseJson, type JsonObject } from '../store/json.ts';
import { operationProblems } from './validate-operation.ts';
import { ACCEPTED, json, refusedRequest, type Answer } from '../http/wire.ts';

/** Track API v2 (docs/customerio.md 3). */
export const V2_ROUTES: readonly Route[] = [
  { method: 'POST', path: '/api/v2/entity', auth: 'track', faults: true, answer: entity },
  { method: 'POST', path: '/api/v2/batch', auth: 'track', faults: true, answer: batch },
];

const NOT_JSON = invalid('body', 'must be valid JSON');

function entity(call: Call): Answer {
  const tooLong = call.body.length > LIMITS.itemBytes;
  if (tooLong) return refusedRequest([invalid('body', `cannot be longer than ${LIMITS.itemBytes} bytes`)]);
  const operation = parsed(call.body);
  if (operation === undefined) return refusedRequest([NOT_JSON]);
  call.count(1);
  const problems = operationProblems(operation);
  if (problems.length > 0 || !isObject(operation)) return refusedRequest(problems);
  call.workspace.transaction.begin();
  call.count(0, applyBatch(call.workspace, [operation]).duplicates);
  return ACCEPTED;
}

type ItemProblem = Problem & { readonly batch_index?: number };

/** Accepts the valid items and reports the others, in the order of their index (docs/customerio.md 3.4). */
function batch(call: Call): Answer {
  if (call.body.length >= LIMITS.batchBytes) {
    return refusedRequest([invalid('body', `must be smaller than ${LIMITS.batchBytes} bytes`)]);
  }
  const body = parsed(call.body);
  const items: unknown = isObject(body) ? body['batch'] : undefined;
  if (!Array.isArray(items)) return refusedRequest([NOT_JSON]);
  if (items.length === 0) return refusedRequest([required('batch')]);
  call.count(items.length);
  const refused = call.refusal === undefined ? -1 : Math.floor(call.random() * items.length);
  const problems = problemsByItem(items, call.body);
  if (refused >= 0 && !problems.has(refused)) problems.set(refused, [INJECTED]);
  const accepted = problems.size === 0 ? items : items.filter((_item: unknown, index) => !problems.has(index));
  call.workspace.transaction.begin();
  logRefused(call, items, problems);
  call.count(0, applyBatch(call.workspace, accepted.filter(isObject)).duplicates);
  if (problems.size === 0) return ACCEPTED;
  const errors: ItemProblem[] = [...problems]
    .sort(([a], [b]) => a - b)
    .flatMap(([index, list]) =>
      list.map((problem) =>
        call.refusal === 'errors-without-index' && index === refused ? problem : { batch_index: index, ...problem },
      ),
    );
  return json(call.refusal === 'errors-in-200' ? 200 : 207, { errors });
}

const INJECTED = invalid('attributes', 'refused by the sandbox (injected fault)');

function problemsByItem(items: readonly unknown[], body: Buffer): Map<number, Problem[]> {
  const found = new Map<number, Problem[]>();
  const sizes = body.length > LIMITS.itemBytes ? itemBytes(body) : [];
  for (const [index, item] of items.entries()) {
    const problems = operationProblems(item);
    if ((sizes[index] ?? 0) > LIMITS.itemBytes) {
      problems.unshift(invalid('body', `cannot be longer than ${LIMITS.itemBytes} bytes`));
    }
    if (problems.length > 0) found.set(index, problems);
  }
  return found;
}

function logRefused({ workspace }: Call, items: readonly unknown[], problems: ReadonlyMap<number, unknown>): void {
  if (!workspace.records.isLogged) return;
  for (const index of problems.keys()) {
    const item = items[index];
    const operation: JsonObject = isObject(item) ? item : {};
    workspace.records.operation(personOf(operation), 'refused', item);
  }
}

/** The parsed body; undefined if it is not JSON. */
function parsed(body: Buffer): unknown {
  try {
    return parseJson(body.toString('utf8'));
  } catch {
    return undefined;
  }
}
