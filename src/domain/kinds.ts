/**
 * Two rows can be about the same person without a name in common: one says id 7, the other a@b.c, and only the service knows
 * that they are one. As long as rows have a kind of identifier in common, different names are different persons.
 *
 * The kinds of one person's names are a mask; the kinds of many operations are the set of their masks, as bits of a number: bit m
 * for the mask m, and two bits for objects. Anonymous ids are left out: an event under one is nobody's before a row claims it by name.
 */
import { subjectsOf, type PersonKind, type Subject } from './person.ts';
import type { SingleRequest } from './chunk.ts';

const MASKS: Readonly<Record<PersonKind, number>> = { id: 1, email: 2, cio_id: 4, phone: 8, anonymous_id: 0 };
const MASK_MAX = 15;
/** The mask of every kind. */
export const ALL_KINDS = MASK_MAX;
const OBJECT = 1 << 16;
const CIO_OBJECT = 1 << 17;

/** Of each mask, all those that have no kind in common with it. */
const STRANGERS = Array.from({ length: MASK_MAX + 1 }, (_, mask) => {
  let bits = 0;
  for (let other = 1; other <= MASK_MAX; other++) if ((mask & other) === 0) bits |= 1 << other;
  return bits;
});

/** Of a name that addresses a person. */
export function addressMask(kind: PersonKind): number {
  return MASKS[kind];
}

/** Of a name that an identify sets: the service looks for nobody by phone when it is a mere attribute (docs/customerio.md 2.6). */
export function aliasMask(kind: PersonKind): number {
  return kind === 'phone' ? 0 : MASKS[kind];
}

/** The set with nothing but this mask in it. */
export function kindsOfMask(mask: number): number {
  return mask === 0 ? 0 : 1 << mask;
}

export function kindsOfSubjects(subjects: readonly Subject[]): number {
  return subjects.reduce((kinds, subject) => kinds | kindsOfSubject(subject), 0);
}

/** Of an operation as it is sent, whose person texts are known: most have one, and need not be parsed for it. */
export function kindsOfSent(persons: readonly string[], operation: () => string, single?: SingleRequest): number {
  return persons.length < 2 ? kindsOfSubject(persons) : kindsOfSubjects(subjectsOf(operation(), single));
}

/** All kinds that the masks of a set have. */
export function maskOfKinds(kinds: number): number {
  let all = 0;
  for (let mask = 1; mask <= MASK_MAX; mask++) if ((kinds & (1 << mask)) !== 0) all |= mask;
  return all;
}

/** Whether two operations of these kinds may be about one person, or one object, and have no name in common. */
export function mayMeetUnknown(some: number, others: number): boolean {
  for (let mask = 1; mask <= MASK_MAX; mask++)
    if ((some & (1 << mask)) !== 0 && (others & (STRANGERS[mask] ?? 0)) !== 0) return true;
  return (
    ((some & OBJECT) !== 0 && (others & CIO_OBJECT) !== 0) || ((some & CIO_OBJECT) !== 0 && (others & OBJECT) !== 0)
  );
}

function kindsOfSubject(subject: Subject): number {
  let mask = 0;
  let objects = 0;
  for (const [place, name] of subject.entries()) {
    const kind = name.slice(0, name.indexOf(':'));
    if (kind === 'object') objects |= OBJECT;
    else if (kind === 'cio_object_id') objects |= CIO_OBJECT;
    else if (Object.hasOwn(MASKS, kind))
      mask |= place === 0 ? addressMask(kind as PersonKind) : aliasMask(kind as PersonKind);
  }
  return kindsOfMask(mask) | objects;
}
