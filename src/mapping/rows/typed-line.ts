/** What a line such as Segment writes says: what it is about, of whom, and when. */
import type { Plan } from '../../domain/plan.ts';
import type { Identifiers } from '../checks/identifiers.ts';
import { isRecord } from '../values/json-values.ts';
import type { JsonRecord } from '../values/json-values.ts';
import { traitsOf } from './json-form.ts';
import { timeOf } from './json-limits.ts';
import type { Packer } from './packer.ts';

/** The first that is there; `timestamp` is the one that was set right by the server's clock. */
export const TIMES = ['timestamp', 'originalTimestamp', 'original_timestamp', 'sentAt', 'sent_at'] as const;
const PAYLOADS = ['data', 'attributes', 'traits', 'properties'] as const;
/** Lines about what is known of somebody. The others are about what happened. */
const ABOUT_TRAITS: ReadonlySet<unknown> = new Set(['identify', 'group']);

export interface LineTools {
  readonly plan: Plan;
  readonly packer: Packer;
  readonly identifiers: Identifiers;
}

/** A line, and what it says of its person; '' = nothing. */
export interface Line {
  readonly json: JsonRecord;
  readonly payload: JsonRecord;
  readonly id: string;
  readonly email: string;
  readonly anonymousId: string;
}

/** Null when the line is unusable (and the row settled as invalid). */
export function readLine(json: JsonRecord, { packer, identifiers }: LineTools): Line | null {
  const { type } = json;
  const payload = type === 'alias' ? {} : payloadOf(json, packer);
  if (payload === null) return null;
  const id = identifiers.of(json['userId'] ?? json['user_id'], 'id', 'userId');
  if (id === null) return null;
  const ownEmail = json['email'] ?? (type === 'identify' ? payload['email'] : undefined);
  const email = identifiers.of(ownEmail, 'email', 'email');
  if (email === null) return null;
  const anonymousId = identifiers.of(json['anonymousId'] ?? json['anonymous_id'], 'anonymous_id', 'anonymousId');
  return anonymousId === null ? null : { json, payload, id, email, anonymousId };
}

/** RudderStack writes traits and properties side by side: those that the type of the line is about are taken. */
function payloadOf(json: JsonRecord, packer: Packer): JsonRecord | null {
  const isAboutTraits = ABOUT_TRAITS.has(json['type']);
  const { data, attributes, properties } = json;
  const traits = traitsOf(json);
  const given = {
    data,
    attributes,
    traits: isAboutTraits || isNothing(properties) ? traits : undefined,
    properties: isAboutTraits && !isNothing(traits) ? undefined : properties,
  };
  const [name, second] = PAYLOADS.filter((payload) => !isNothing(given[payload]));
  const payload = name === undefined ? {} : given[name];
  if (second !== undefined)
    packer.invalid(
      'bad_operation',
      `both "${name}" and "${second}" are given: only one can be sent`,
      undefined,
      second,
    );
  else if (isRecord(payload)) return payload;
  else packer.invalid('bad_operation', `"${name}" must be an object`, undefined, name);
  return null;
}

function isNothing(value: unknown): boolean {
  return value === undefined || value === null;
}

/** When it happened, in milliseconds; as `timeOf`. */
export function whenOf(json: JsonRecord, { plan, packer }: LineTools): number | null {
  const field = TIMES.find((name) => !isNothing(json[name])) ?? 'timestamp';
  return timeOf(json[field], { field, format: 'auto', zone: plan.timezone }, packer);
}
