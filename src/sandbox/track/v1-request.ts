import type { Call, Handler } from '../http/call.ts';
import { invalid, isLongerThan, LIMITS } from './limits.ts';
import { isObject, parseJson, type JsonObject } from '../store/json.ts';
import { pidOf, type PersonKey } from '../store/people.ts';
import type { Effect } from '../store/records.ts';
import { metaError, metaErrors, type Answer } from '../http/wire.ts';

const BODY_BYTES = 1_000_000;

/** A handler that expects a JSON object as its body; an empty body counts as `{}`. */
export function withBody(answer: (call: Call, body: JsonObject) => Answer): Handler {
  return (call) => {
    if (call.body.length > BODY_BYTES)
      return metaErrors([invalid('body', `cannot be longer than ${BODY_BYTES} bytes`)]);
    const body = parsed(call.body);
    return isObject(body) ? answer(call, body) : metaErrors([invalid('body', 'must be valid JSON')]);
  };
}

function parsed(body: Buffer): unknown {
  try {
    return body.length === 0 ? {} : parseJson(body.toString('utf8'));
  } catch {
    return undefined;
  }
}

/** A handler for `/customers/:identifier`: the shape of the value decides its kind (docs/customerio.md 2.4). */
export function withPerson(answer: (call: Call, key: PersonKey) => Answer): Handler {
  return (call) => {
    const value = call.params['identifier'] ?? '';
    const key = toPathKey(value);
    if (value.trim() === '' || (key.kind === 'cio_id' && pidOf(key.value) === undefined))
      return metaError(400, 'invalid identifier');
    if (isLongerThan(value, LIMITS.identifierBytes)) {
      return metaErrors([invalid('identifier', `cannot be longer than ${LIMITS.identifierBytes} bytes`)]);
    }
    return answer(call, key);
  };
}

function toPathKey(value: string): PersonKey {
  if (value.startsWith('cio_')) return { kind: 'cio_id', value: value.slice('cio_'.length) };
  return /^[^@\s]+@[^@\s]+$/.test(value) ? { kind: 'email', value } : { kind: 'id', value };
}

/** Runs one operation in the transaction of this turn, counted and logged. */
export function apply(call: Call, key: PersonKey | undefined, operation: JsonObject, effect: () => Effect): void {
  call.workspace.transaction.begin();
  const outcome = effect();
  call.workspace.records.operation(key === undefined ? '' : `${key.kind}:${key.value}`, outcome, operation);
  call.count(1, outcome === 'duplicate' ? 1 : 0);
}
