/** NDJSON lines as Segment and its kin write them: `{"type":"track","userId":"7","event":"Order Completed","properties":{…}}`. */
import type { Plan } from '../../domain/plan.ts';
import type { PersonKind } from '../../domain/person.ts';
import { isUlid } from '../../domain/ulid.ts';
import { safeText } from '../plan/column-names.ts';
import type { Emitter, EventAction } from './writer.ts';
import { part } from './event-id.ts';
import { withConsent } from '../values/consent.ts';
import { createIdentifiers } from '../checks/identifiers.ts';
import { canonicalText, quote } from '../values/json-text.ts';
import { scalarText } from '../values/json-values.ts';
import { areOverLimits, timeOf } from './json-limits.ts';
import type { JsonRecord } from '../values/json-values.ts';
import type { Packer } from './packer.ts';
import { readLine, whenOf, type Line, type LineTools } from './typed-line.ts';
import { isBlank } from '../values/values.ts';

const TYPES: ReadonlySet<string> = new Set(['identify', 'track', 'page', 'screen', 'group', 'alias']);
/** Where a page without a name of its own has one, the best first; RudderStack also writes it into the properties. */
const PAGE_NAMES = ['name', 'url', 'path', 'title'] as const;

/** `operation` takes what a line amounts to where that is an operation of v2: an object and its relationship, a merge. */
export function createTypedRows(
  plan: Plan,
  packer: Packer,
  emitter: Emitter,
  operation: (json: JsonRecord) => void,
): (json: JsonRecord) => void {
  const tools: Tools = { plan, packer, emitter, identifiers: createIdentifiers(plan, packer), operation };

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
    const line = readLine(json, tools);
    if (line === null) return;
    if (type === 'identify') return identify(tools, line);
    if (type === 'group') return group(tools, line);
    if (type === 'alias') return alias(tools, line);
    track(tools, line, type === 'page' || type === 'screen' ? type : 'event');
  };
}

interface Tools extends LineTools {
  readonly emitter: Emitter;
  readonly operation: (json: JsonRecord) => void;
}

function identify(tools: Tools, line: Line): void {
  const { plan, packer } = tools;
  const { payload, id, email, anonymousId } = line;
  const attributes: Record<string, unknown> = Object.assign(Object.create(null), payload);
  const field = isGiven(payload['created_at']) ? 'created_at' : 'createdAt';
  const createdAtMs = timeOf(payload[field], { field, format: 'auto', zone: plan.timezone }, packer);
  if (createdAtMs === null) return;
  if (!Number.isNaN(createdAtMs)) {
    delete attributes[field];
    attributes['created_at'] = Math.floor(createdAtMs / 1000);
  }
  if (id === '') delete attributes['email'];
  else if (email !== '') attributes['email'] = email;
  if (anonymousId !== '') attributes['anonymous_id'] = anonymousId;
  change(tools, line, attributes);
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null && value !== '';
}

/** Sets attributes of the line's person. */
function change(tools: Tools, { json, id, email }: Line, attributes: JsonRecord): void {
  const { packer, emitter } = tools;
  if (id === '' && email === '')
    return packer.invalid('no_identifier', `${String(json['type'])} needs "userId" or "email"`);
  const timeMs = whenOf(json, tools);
  if (timeMs === null || areOverLimits(attributes, packer)) return;
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

function track(tools: Tools, line: Line, action: EventAction): void {
  const { packer, emitter } = tools;
  const { json, payload, id, email, anonymousId } = line;
  const kind: PersonKind = id !== '' ? 'id' : email !== '' ? 'email' : 'anonymous_id';
  const value = id || email || anonymousId;
  if (value === '')
    return packer.invalid(
      'no_identifier',
      `${action === 'event' ? 'track' : action} needs "userId", "email" or "anonymousId"`,
    );
  const name = nameOf(line, action);
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

/** The first name that is not blank. A page without one is told by its category, and by where it is. */
function nameOf({ json, payload }: Line, action: EventAction): string {
  const own = scalarText(json['event'] ?? json['name']) ?? '';
  if (action === 'event' || !isBlank(own)) return own;
  const others = [json['name'], json['category'], ...PAGE_NAMES.map((name) => payload[name])];
  return others.map((other) => scalarText(other) ?? '').find((other) => !isBlank(other)) ?? '';
}

/** A group is an object that the person belongs to if its type is known, and attributes of the person if not. */
function group(tools: Tools, line: Line): void {
  const { plan, packer, operation } = tools;
  const { json, payload, id, email } = line;
  const groupId = scalarText(json['groupId'] ?? json['group_id']) ?? '';
  if (groupId === '') return packer.invalid('no_identifier', 'group needs "groupId"', undefined, 'groupId');
  if (plan.groupObjectType === undefined) {
    const traits = Object.entries(payload).map(([name, value]) => [`group_${name}`, value]);
    return change(tools, line, { ...Object.fromEntries(traits), group_id: groupId });
  }
  const person = id !== '' ? { id } : email !== '' ? { email } : null;
  operation({
    type: 'object',
    identifiers: { object_type_id: plan.groupObjectType, object_id: groupId },
    action: 'identify',
    attributes: payload,
    ...(person === null ? {} : { cio_relationships: [{ identifiers: person }] }),
  });
}

/**
 * Two ids of one person: the earlier one is merged into the other. Where the earlier one is the anonymous id of the same line, there
 * is nobody to merge: the person claims what that visitor did.
 */
function alias(tools: Tools, line: Line): void {
  const { packer, identifiers, operation } = tools;
  const { json, id, anonymousId } = line;
  const previous = identifiers.of(json['previousId'] ?? json['previous_id'], 'id', 'previousId');
  if (previous === null) return;
  if (id === '' || previous === '' || id === previous)
    return packer.invalid('no_identifier', 'alias needs "userId" and another "previousId"', undefined, 'previousId');
  if (previous === anonymousId) return change(tools, line, { anonymous_id: previous });
  operation({ type: 'person', action: 'merge', primary: { id }, secondary: { id: previous } });
}
