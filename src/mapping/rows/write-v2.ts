/** Changes as operations of the Track API v2. One that repeats what was last said of its person is skipped: it changes nothing. */
import { ALL_KINDS, kindsOfSubjects, maskOfKinds } from '../../domain/kinds.ts';
import { bytesOver } from '../../domain/limits.ts';
import { hashPerson, type PersonKind, type Subject } from '../../domain/person.ts';
import { jsonText } from '../values/json-text.ts';
import { address, addressAll, addressedBy, createPerson, subjectsOrInvalid } from './addressed.ts';
import type { Packer } from './packer.ts';
import { createLastChanges } from './seen.ts';
import type { WriteTimes } from './write-times.ts';
import type { Writer } from './writer.ts';

/** How every operation about a person begins; what follows is the identifier, as JSON text. */
export const START: Readonly<Record<PersonKind, string>> = {
  id: '{"type":"person","identifiers":{"id":',
  email: '{"type":"person","identifiers":{"email":',
  cio_id: '{"type":"person","identifiers":{"cio_id":',
  phone: '{"type":"person","identifiers":{"phone":',
  anonymous_id: '{"type":"person","identifiers":{"anonymous_id":',
};

export function createV2Writer(packer: Packer, times: WriteTimes | null, itemBytesMax: number): Writer {
  const person = createPerson();
  const changes = createLastChanges(packer.pieces);
  /** Kinds of identifiers that all remembered operations name. What names another kind may be about anybody remembered. */
  let rememberedMask = ALL_KINDS;

  const forgetStrangers = (changed: number): void => {
    if ((changed & ~rememberedMask) === 0) return;
    changes.forgetAll();
    rememberedMask = ALL_KINDS;
  };
  const isTooLong = (text: string): boolean => {
    const bytes = bytesOver(text, itemBytesMax);
    if (bytes > 0)
      packer.invalid('too_long', `this operation has ${bytes} bytes as JSON; one operation may have ${itemBytesMax}`);
    return bytes > 0;
  };

  return {
    attributesText: jsonText,
    endChunk: changes.endChunk,

    identify({ kind, value, attributes, names, seconds }) {
      addressAll(person, kind, value, names);
      const isTimed = times === null || seconds !== null || hasTime(names);
      const head = `${START[kind] + packer.quote(value)}},"action":"identify",`;
      const stamp = isTimed ? '' : `"timestamp":${times.next(person.keys, person.mask)},`;
      const text = `${head}${stamp}"attributes":${attributes}${seconds === null ? '}' : `,"timestamp":${seconds}}`}`;
      if (text.length * 3 > itemBytesMax && isTooLong(text)) return;
      forgetStrangers(person.mask);
      if (changes.isRepeat(person.keys, text, head.length, head.length + stamp.length)) return packer.skip('unchanged');
      changes.remember(person.keys, packer.pieces.length);
      rememberedMask &= person.mask;
      packer.operation(text, person, null, false);
    },

    act(kind, value, action) {
      address(person, kind, value);
      forgetStrangers(person.mask);
      for (const key of person.keys) changes.forget(key);
      packer.operation(`${START[kind] + packer.quote(value)}},"action":"${action}"}`, person, null, false);
    },

    other(operation) {
      const subjects = subjectsOrInvalid(operation, packer);
      if (subjects === null) return;
      const typed = operation['type'] === undefined ? { type: 'person', ...operation } : operation;
      const isUntimed =
        typed['type'] === 'person' && operation['action'] === 'identify' && operation['timestamp'] === undefined;
      const text = jsonText(
        isUntimed ? { ...typed, timestamp: times === null ? undefined : timeOf(subjects[0] ?? [], times) } : typed,
      );
      const about = addressedBy(subjects);
      if (isTooLong(text)) return;
      for (const key of about.keys) changes.forget(key);
      // A merge makes two persons one: nothing that is remembered counts any more.
      if (operation['action'] === 'merge') changes.forgetAll();
      else forgetStrangers(maskOfKinds(about.kinds));
      packer.operation(text, about, null, false);
    },
  };
}

function timeOf(subject: Subject, times: WriteTimes): number {
  return times.next(subject.map(hashPerson), maskOfKinds(kindsOfSubjects([subject])));
}

/** Whether a row has its own time among its attributes. */
export function hasTime({ _timestamp }: { readonly _timestamp?: unknown }): boolean {
  return _timestamp !== undefined && _timestamp !== '';
}
