/** Changes as requests of the Track API v1, each with a path of its own. */
import type { PersonKind } from '../../domain/person.ts';
import { jsonText } from '../values/json-text.ts';
import { address, addressAll, addressedBy, createPerson, subjectsOrInvalid } from './addressed.ts';
import type { Packer } from './packer.ts';
import { v1Action, v1Fault, v1Identify } from './v1.ts';
import { v1Operation } from './v1-operations.ts';
import type { WriteTimes } from './write-times.ts';
import { hasTime } from './write-v2.ts';
import type { Writer } from './writer.ts';

export function createV1Writer(packer: Packer, times: WriteTimes | null): Writer {
  const person = createPerson();

  const isUnaddressable = (kind: PersonKind, value: string): boolean => {
    const fault = v1Fault(kind, value);
    if (fault !== null) packer.invalid('bad_identifier', `${fault}: use --api v2`, undefined, kind);
    return fault !== null;
  };

  return {
    // The time of an update is a field of its own in v2, and an attribute in v1 (docs/customerio.md 2.5, 3.3).
    attributesText: (attributes, seconds) =>
      jsonText(seconds === null ? attributes : { ...attributes, _timestamp: seconds }),
    endChunk: () => undefined,

    identify({ kind, value, attributes, names, seconds }) {
      addressAll(person, kind, value, names);
      if (isUnaddressable(kind, value)) return;
      const isTimed = times === null || seconds !== null || hasTime(names);
      const rest = attributes === '{}' ? '}' : `,${attributes.slice(1)}`;
      packer.operation(
        isTimed ? attributes : `{"_timestamp":${times.next(person.keys, person.mask)}${rest}`,
        person,
        v1Identify(kind, value),
        false,
      );
    },

    act(kind, value, action) {
      address(person, kind, value);
      if (isUnaddressable(kind, value)) return;
      packer.operation(action === 'delete' ? '' : '{}', person, v1Action(action, kind, value), false);
    },

    other(operation) {
      const request = v1Operation(operation);
      if (typeof request === 'string') return packer.invalid('bad_operation', request, undefined, 'action');
      const subjects = subjectsOrInvalid(operation, packer);
      if (subjects !== null) packer.operation(request.body, addressedBy(subjects), request.single, false);
    },
  };
}
