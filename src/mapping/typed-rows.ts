/** NDJSON lines such as `{"type":"track","userId":"7","event":"Order Completed","properties":{…}}`. */
import type { Plan } from '../domain/plan.ts';
import type { PersonKind } from '../domain/person.ts';
import { isUlid } from '../domain/ulid.ts';
import type { Emitter, EventAction } from './emitter.ts';
import { part } from './event-id.ts';
import { withConsent } from './consent.ts';
import { createIdentifiers } from './identifiers.ts';
import { canonicalText, jsonText, quote } from './json-text.ts';
import { areOverLimits, isRecord, scalarText, timeOf } from './json-values.ts';
import type { JsonRecord } from './json-values.ts';
import type { Packer } from './packer.ts';
import { isBlank } from './values.ts';

const PAYLOADS = ['data', 'attributes', 'traits', 'properties'] as const;

export function createTypedRows(plan: Plan, packer: Packer, emitter: Emitter): (json: JsonRecord) => void {
  const identifiers = createIdentifiers(plan, packer);
  const payloadOf = (json: JsonRecord): JsonRecord | null => {
    const names = PAYLOADS.filter((name) => json[name] !== undefined && json[name] !== null);
    const [name, second] = names;
    if (name === undefined) return {};
    const payload = json[name];
    if (second !== undefined) packer.invalid('bad_operation', `both "${name}" and "${second}" are given: only one can be sent`, undefined, second);
    else if (isRecord(payload)) return payload;
    else packer.invalid('bad_operation', `"${name}" must be an object`, undefined, name);
    return null;
  };

  const identify = (json: JsonRecord, payload: JsonRecord, id: string, email: string, anonymousId: string): void => {
    if (id === '' && email === '') return packer.invalid('no_identifier', 'identify needs "userId" or "email"');
    const timeMs = timeOf(json['timestamp'], 'timestamp', 'auto', plan.timezone, packer);
    const createdAtMs = timeOf(payload['created_at'], 'created_at', 'auto', plan.timezone, packer);
    if (timeMs === null || createdAtMs === null) return;
    const attributes: Record<string, unknown> = Object.assign(Object.create(null), payload);
    if (!Number.isNaN(createdAtMs)) attributes['created_at'] = Math.floor(createdAtMs / 1000);
    if (id === '') delete attributes['email'];
    else if (email !== '') attributes['email'] = email;
    if (anonymousId !== '') attributes['anonymous_id'] = anonymousId;
    if (areOverLimits(attributes, packer)) return;
    const settled = withConsent(attributes, packer);
    if (settled === null) return;
    // The time of an update is a field of its own in v2, and an attribute in v1 (API reference 2.5, 3.3).
    const seconds = Number.isNaN(timeMs) ? null : Math.floor(timeMs / 1000);
    const sent = seconds !== null && plan.api === 'v1' ? { ...settled, _timestamp: seconds } : settled;
    const extra = seconds === null || plan.api === 'v1' ? '' : `,"timestamp":${seconds}`;
    const hasEmailAlias = id !== '' && email !== '';
    emitter.identify(id === '' ? 'email' : 'id', id || email, jsonText(sent), hasEmailAlias ? 'email' : 'anonymous_id', hasEmailAlias ? email : anonymousId, extra);
  };

  const track = (json: JsonRecord, payload: JsonRecord, action: EventAction, kind: PersonKind, value: string): void => {
    if (value === '') return packer.invalid('no_identifier', `${action === 'event' ? 'track' : action} needs "userId", "email" or "anonymousId"`);
    const name = scalarText(json['event'] ?? json['name']) ?? '';
    if (isBlank(name)) return packer.invalid('no_event_name', 'the event has no name', undefined, 'event');
    const timeMs = timeOf(json['timestamp'], 'timestamp', 'auto', plan.timezone, packer);
    if (timeMs === null) return;
    const ownId = scalarText(json['messageId'] ?? json['message_id']) ?? '';
    emitter.event(kind, value, action, name, timeMs, canonicalText(payload), isUlid(ownId) ? ownId : '', ownId === '' ? null : part(quote(ownId)));
  };

  return (json) => {
    const payload = payloadOf(json);
    if (payload === null) return;
    const { type } = json;
    const id = identifiers.of(json['userId'] ?? json['user_id'], 'id', 'userId');
    const email = id === null ? null : identifiers.of(json['email'] ?? (type === 'identify' ? payload['email'] : undefined), 'email', 'email');
    const anonymousId = email === null ? null : identifiers.of(json['anonymousId'] ?? json['anonymous_id'], 'anonymous_id', 'anonymousId');
    if (id === null || email === null || anonymousId === null) return;
    if (type === 'identify') return identify(json, payload, id, email, anonymousId);
    const kind: PersonKind = id !== '' ? 'id' : email !== '' ? 'email' : 'anonymous_id';
    track(json, payload, type === 'page' || type === 'screen' ? type : 'event', kind, id || email || anonymousId);
  };
}
