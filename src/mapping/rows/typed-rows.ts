/** NDJSON lines as Segment and its kin write them: `{"type":"track","userId":"7","event":"Order Completed","properties":{…}}`. */
import type { Plan } from '../../domain/plan.ts';
import type { PersonKind } from '../../domain/person.ts';
import { isUlid } from '../../domain/ulid.ts';
import { safeText } from '../plan/column-names.ts';
import type { Emitter, EventAction } from './writer.ts';
import { part } from './event-id.ts';
import { withConsent } from '../values/consent.ts';
import { createIdentifiers, type Identifiers } from '../checks/identifiers.ts';
import { canonicalText, quote } from '../values/json-text.ts';
import { traitsOf } from './json-form.ts';
import { isRecord, scalarText } from '../values/json-values.ts';
import { areOverLimits, timeOf } from './json-limits.ts';
import type { JsonRecord } from '../values/json-values.ts';
import type { Packer } from './packer.ts';
import { isBlank } from '../values/values.ts';

const TYPES: ReadonlySet<string> = new Set(['identify', 'track', 'page', 'screen', 'group', 'alias']);
const PAYLOADS = ['data', 'attributes', 'traits', 'properties'] as const;
/** The first that is there; `timestamp` is the one that was set right by the server's clock. */
export const TIMES = ['timestamp', 'originalTimestamp', 'original_timestamp', 'sentAt', 'sent_at'] as const;

/** `operation` takes what a line amounts to where that is an operation of v2: an object and its relationship, a merge. */
export function createTypedRows(
  plan: Plan,
  packer: Packer,
  emitter: Emitter,
  operation: (json: JsonRecord) => void,
): (json: JsonRecord) => void {
  const identifiers = createIdentifiers(plan, packer);
  const tools: Tools = { plan, packer, emitter, identifiers, operation };

  return (json) => {
    const { type } = json;
    if (typeof type !== 'string' || !TYPES.has(type)) {
      return packer.invalid(
        'bad_operation',
        `the type "${safeText(scalarText(type) ?? '', 40)}" is none that can be sent: ${[...TYPES].join(', ')}`,
        undefined,
        'type',
      );
    }
    const payload = payloadOf(json, packer);
    if (payload === null) return;
    const id = identifiers.of(json['userId'] ?? json['user_id'], 'id', 'userId');
    const email =
      id === null
        ? null
        : identifiers.of(json['email'] ?? (type === 'identify' ? payload['email'] : undefined), 'email', 'email');
    const anonymousId =
      email === null
        ? null
        : identifiers.of(json['anonymousId'] ?? json['anonymous_id'], 'anonymous_id', 'anonymousId');
    if (id === null || email === null || anonymousId === null) return;
    const line: Line = { json, payload, id, email, anonymousId };
    if (type === 'identify') return identify(tools, line);
    if (type === 'group') return group(tools, line);
    if (type === 'alias') return alias(tools, line);
    track(tools, line, type === 'page' || type === 'screen' ? type : 'event');
  };
}

interface Tools {
  readonly plan: Plan;
  readonly packer: Packer;
  readonly emitter: Emitter;
  readonly identifiers: Identifiers;
  readonly operation: (json: JsonRecord) => void;
}

/** A line, and what it says of its person; '' = nothing. */
interface Line {
  readonly json: JsonRecord;
  readonly payload: JsonRecord;
  readonly id: string;
  readonly email: string;
  readonly anonymousId: string;
}

/** What the line is about; null when it is unusable (and the row settled as invalid). */
function payloadOf(json: JsonRecord, packer: Packer): JsonRecord | null {
  const names = PAYLOADS.filter((name) => json[name] !== undefined && json[name] !== null);
  const [name, second] = names;
  const payload = name === undefined ? (traitsOf(json) ?? {}) : json[name];
  if (second !== undefined)
    packer.invalid(
      'bad_operation',
      `both "${name}" and "${second}" are given: only one can be sent`,
      undefined,
      second,
    );
  else if (isRecord(payload)) return payload;
  else packer.invalid('bad_operation', `"${name ?? 'traits'}" must be an object`, undefined, name);
  return null;
}

/** As `timeOf`. */
function whenOf(json: JsonRecord, { plan, packer }: Tools): number | null {
  const field = TIMES.find((name) => json[name] !== undefined && json[name] !== null) ?? 'timestamp';
  return timeOf(json[field], { field, format: 'auto', zone: plan.timezone }, packer);
}

function identify(tools: Tools, { json, payload, id, email, anonymousId }: Line): void {
  const { plan, packer, emitter } = tools;
  if (id === '' && email === '') return packer.invalid('no_identifier', 'identify needs "userId" or "email"');
  const timeMs = whenOf(json, tools);
  const createdAtMs = timeOf(
    payload['created_at'],
    { field: 'created_at', format: 'auto', zone: plan.timezone },
    packer,
  );
  if (timeMs === null || createdAtMs === null) return;
  const attributes: Record<string, unknown> = Object.assign(Object.create(null), payload);
  if (!Number.isNaN(createdAtMs)) attributes['created_at'] = Math.floor(createdAtMs / 1000);
  if (id === '') delete attributes['email'];
  else if (email !== '') attributes['email'] = email;
  if (anonymousId !== '') attributes['anonymous_id'] = anonymousId;
  if (areOverLimits(attributes, packer)) return;
  const settled = withConsent(attributes, packer);
  if (settled === null) return;
  const seconds = Number.isNaN(timeMs) ? null : Math.floor(timeMs / 1000);
  emitter.identify({
    kind: id === '' ? 'email' : 'id',
    value: id || email,
    attributes: emitter.attributesText(settled, seconds),
    names: attributes,
    seconds,
  });
}

function track(tools: Tools, { json, payload, id, email, anonymousId }: Line, action: EventAction): void {
  const { packer, emitter } = tools;
  const kind: PersonKind = id !== '' ? 'id' : email !== '' ? 'email' : 'anonymous_id';
  const value = id || email || anonymousId;
  if (value === '')
    return packer.invalid(
      'no_identifier',
      `${action === 'event' ? 'track' : action} needs "userId", "email" or "anonymousId"`,
    );
  // Pages without a name are told by where they are.
  const name =
    scalarText(
      json['event'] ?? json['name'] ?? (action === 'event' ? undefined : (payload['url'] ?? payload['path'])),
    ) ?? '';
  if (isBlank(name)) return packer.invalid('no_event_name', 'the event has no name', undefined, 'event');
  const timeMs = whenOf(json, tools);
  if (timeMs === null) return;
  const ownId = scalarText(json['messageId'] ?? json['message_id']) ?? '';
  emitter.event({
    kind,
    value,
    action,
    name,
    timeMs,
    data: canonicalText(payload),
    id: isUlid(ownId) ? ownId : '',
    key: ownId === '' ? null : part(quote(ownId)),
  });
}

/** A group is an object that the person belongs to. */
function group({ plan, packer, operation }: Tools, { json, payload, id }: Line): void {
  if (plan.groupObjectType === undefined)
    return packer.invalid(
      'bad_operation',
      'a group line is about an object: say of which type its groups are with --group-object-type <id>',
      undefined,
      'type',
    );
  const groupId = scalarText(json['groupId'] ?? json['group_id']) ?? '';
  if (groupId === '') return packer.invalid('no_identifier', 'group needs "groupId"', undefined, 'groupId');
  operation({
    type: 'object',
    identifiers: { object_type_id: plan.groupObjectType, object_id: groupId },
    action: 'identify',
    attributes: payload,
    ...(id === '' ? {} : { cio_relationships: [{ identifiers: { id } }] }),
  });
}

/** Two ids of one person: the earlier one is merged into the other. */
function alias({ packer, identifiers, operation }: Tools, { json, id }: Line): void {
  const previous = identifiers.of(json['previousId'] ?? json['previous_id'], 'id', 'previousId');
  if (previous === null) return;
  if (id === '' || previous === '' || id === previous)
    return packer.invalid('no_identifier', 'alias needs "userId" and another "previousId"', undefined, 'previousId');
  operation({ type: 'person', action: 'merge', primary: { id }, secondary: { id: previous } });
}
