/** CSV and TSV rows to operations. The hot path: one string per row, no objects, nothing looked up by name. */
import type { ColumnPlan, Plan } from '../../domain/plan.ts';
import { nameText, PERSON_KINDS, type PersonKind } from '../../domain/person.ts';
import { isUlid } from '../../domain/ulid.ts';
import { compileAttributes } from './attribute-fields.ts';
import type { Emitter } from './write-operation.ts';
import { part } from './event-id.ts';
import { createIdentifiers } from '../checks/identifiers.ts';
import { quote } from '../values/json-text.ts';
import type { Packer } from './packer.ts';
import { parseTime, timeFault, timeNote } from '../values/times.ts';
import { isBlank } from '../values/values.ts';

const ABSENT = -1;

export function createCellRows(plan: Plan, packer: Packer, emitter: Emitter): (cells: readonly string[]) => void {
  const column = (role: ColumnPlan['role']): ColumnPlan | undefined => plan.columns.find((candidate) => candidate.role === role);
  const id = column('id')?.index ?? ABSENT;
  const email = column('email')?.index ?? ABSENT;
  const cioId = column('cio_id')?.index ?? ABSENT;
  const event = column('event')?.index ?? ABSENT;
  const eventId = column('event_id')?.index ?? ABSENT;
  const time = column('timestamp');
  const zone = time?.timezone ?? plan.timezone;
  const isEvents = plan.kind === 'events';
  const attributes = compileAttributes(plan, isEvents, packer);
  const identifiers = createIdentifiers(plan, packer);
  const nameAt = (index: number): string => plan.columns.find((candidate) => candidate.index === index)?.name ?? '';
  const [idName, emailName] = [nameAt(id), nameAt(email)];
  const keyColumns = (plan.dedupeKey ?? []).toSorted().map((name) => ({ tag: `c${part(name)}`, index: plan.columns.find((candidate) => candidate.name === name)?.index ?? ABSENT }));

  /** Identifiers that a row sets beside its address: the columns of identifiers, and attributes that are some. */
  const names: Record<PersonKind | '_timestamp', string> = { id: '', email: '', cio_id: '', phone: '', anonymous_id: '', _timestamp: nameText(plan.constants['_timestamp']) };
  const nameColumns = plan.columns.flatMap(({ role, path, index }) => {
    const kind = path.length === 1 ? ([...PERSON_KINDS, '_timestamp'] as const).find((one) => one === path[0]) : undefined;
    return role === 'attribute' && kind !== undefined ? [{ kind, index }] : [];
  });
  const [constantId, constantEmail] = [nameText(plan.constants['id']), nameText(plan.constants['email'])];
  for (const kind of PERSON_KINDS) names[kind] = nameText(plan.constants[kind]);

  const dedupeKeyOf = (cells: readonly string[]): string | null => {
    let key = '';
    let isEmpty = true;
    for (const { tag, index } of keyColumns) {
      const cell = cells[index] ?? '';
      if (cell !== '') isEmpty = false;
      key += tag + part(quote(cell));
    }
    return isEmpty ? null : key;
  };

  const emitEvent = (kind: PersonKind, value: string, cells: readonly string[]): void => {
    const name = event === ABSENT ? (plan.eventName ?? '') : (cells[event] ?? '') || (plan.eventName ?? '');
    if (isBlank(name)) {
      return packer.invalid('no_event_name', 'the event has no name', event === ABSENT ? undefined : event + 1);
    }
    let timeMs = Number.NaN;
    const stamp = time === undefined ? '' : (cells[time.index] ?? '');
    if (time !== undefined && stamp !== '') {
      timeMs = parseTime(stamp, time.format, zone);
      if (Number.isNaN(timeMs)) return packer.invalid('bad_timestamp', `the value ${timeFault(stamp, time.format, zone)}`, time.index + 1, time.name);
      const note = timeNote(stamp, time.format, zone);
      if (note !== null) packer.warn(note, time.name);
    }
    const data = attributes(cells, '');
    if (data === null) return;
    const ownId = eventId === ABSENT ? '' : (cells[eventId] ?? '');
    const isPassed = plan.dedupeKey === null && isUlid(ownId);
    const key = plan.dedupeKey !== null ? dedupeKeyOf(cells) : ownId === '' ? null : part(quote(ownId));
    emitter.event(kind, value, 'event', name, timeMs, data, isPassed ? ownId : '', key);
  };

  /** The identifiers that do not address the person become attributes: an identify sets them, an event has no use for them. */
  const emit = (kind: PersonKind, value: string, index: number, cells: readonly string[], otherId: string, otherEmail: string): void => {
    if (identifiers.isBad(kind, value, kind === 'id' ? idName : kind === 'email' ? emailName : nameAt(index), index + 1)) return;
    if (isEvents) return emitEvent(kind, value, cells);
    if (plan.action !== 'identify') return emitter.act(kind, value, plan.action);
    if (otherId !== '' && identifiers.isBad('id', otherId, idName, id + 1)) return;
    if (otherEmail !== '' && identifiers.isBad('email', otherEmail, emailName, email + 1)) return;
    let first = otherId === '' ? '' : `"id":${quote(otherId)}`;
    if (otherEmail !== '') first += `${first === '' ? '' : ','}"email":${quote(otherEmail)}`;
    const text = attributes(cells, first);
    if (text === null) return;
    names.id = otherId || constantId;
    names.email = otherEmail || constantEmail;
    for (const { kind, index } of nameColumns) names[kind] = cells[index] ?? '';
    emitter.identify(kind, value, text, names, '');
  };

  return (cells) => {
    const idValue = id === ABSENT ? '' : (cells[id] ?? '');
    const emailValue = email === ABSENT ? '' : (cells[email] ?? '');
    const cioValue = cioId === ABSENT ? '' : (cells[cioId] ?? '');
    if (cioValue !== '') return emit('cio_id', cioValue.startsWith('cio_') ? cioValue.slice(4) : cioValue, cioId, cells, idValue, emailValue);
    if (idValue !== '') return emit('id', idValue, id, cells, '', emailValue);
    if (emailValue !== '') return emit('email', emailValue, email, cells, '', '');
    packer.invalid('no_identifier', 'the row has no identifier: every identifier cell is empty', (id === ABSENT ? email : id) + 1 || undefined);
  };
}
