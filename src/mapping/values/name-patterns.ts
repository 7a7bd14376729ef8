/** Names with `*` in them, which stands for any text: `* (metadata)`, `properties.$*`, `*` for all. */
import type { Kind } from '../../domain/plan.ts';

/** The pattern that fits a name best, and what its (last) `*` stands for there. */
export interface PatternMatch {
  readonly pattern: string;
  readonly captured: string;
}

export function isNamePattern(name: string): boolean {
  return name.includes('*');
}

/** Of several patterns that fit a name, the one with the most letters of its own; among equals the first. */
export function createNamePatterns(patterns: readonly string[]): (name: string) => PatternMatch | null {
  const byLetters = patterns
    .map((pattern) => ({ pattern, letters: pattern.replaceAll('*', '').length, shape: shapeOf(pattern) }))
    .toSorted((one, other) => other.letters - one.letters);
  return (name) => {
    for (const { pattern, shape } of byLetters) {
      const captured = shape.exec(name)?.at(-1);
      if (captured !== undefined) return { pattern, captured };
    }
    return null;
  };
}

function shapeOf(pattern: string): RegExp {
  const parts = pattern.split('*').map((part) => part.replaceAll(/[$()*+.?[\\\]^{|}]/g, String.raw`\$&`));
  return new RegExp(`^${parts.join('(.*?)')}$`, 's');
}

/** Where the columns of a pattern go: `to` has a `*` of its own. */
export interface PatternTarget {
  readonly to: readonly string[];
  /** The names are written in snake case. */
  readonly isSnake: boolean;
}

/**
 * Where a column goes that fits a pattern. A name that is taken, or would be an identifier of the person, is nobody's intention:
 * then the column's whole name is taken, in snake case, and numbered if need be.
 */
export function placeOf(
  { to, isSnake }: PatternTarget,
  name: string,
  captured: string,
  isTaken: (path: readonly string[]) => boolean,
): readonly string[] {
  const filling = isSnake ? snakeCase(captured) || captured : captured;
  const place = to.map((part) => part.replace(/\*(?!.*\*)/s, () => filling));
  if (!isTaken(place)) return place;
  const whole = snakeCase(name) || name;
  // Beside what has its name, or at the top where something else stands above it.
  const beside = isTaken([...place.slice(0, -1), `${whole}_0`]) ? [] : place.slice(0, -1);
  for (let count = 1; ; count++) {
    const other = [...beside, count === 1 ? whole : `${whole}_${count}`];
    if (!isTaken(other)) return other;
  }
}

/** Places in the payload that have something: nothing else can go there, above it or below it. */
export interface Places {
  add(path: readonly string[]): void;
  isTaken(path: readonly string[]): boolean;
}

export function createPlaces(): Places {
  const ends = new Set<string>();
  const ways = new Set<string>();
  return {
    add(path) {
      ends.add(keyOf(path));
      for (const way of above(path)) ways.add(way);
    },
    isTaken(path) {
      const key = keyOf(path);
      return ends.has(key) || ways.has(key) || above(path).some((way) => ends.has(way));
    },
  };
}

/** The places that a path leads through. */
function above(path: readonly string[]): string[] {
  return path.slice(1).map((_, depth) => keyOf(path.slice(0, depth + 1)));
}

function keyOf(path: readonly string[]): string {
  return JSON.stringify(path);
}

const IDENTIFIERS = ['id', 'email', 'cio_id', 'anonymous_id'];

/** Whether an attribute in this place would make somebody else of a person. */
export function isIdentifierPlace(kind: Kind | undefined, [name = '', ...rest]: readonly string[]): boolean {
  return (kind ?? 'people') === 'people' && rest.length === 0 && IDENTIFIERS.includes(name);
}

const NAME_BYTES_MAX = 100;

/** `Which letters would you like?` to `which_letters_would_you_like`: of the first line, and short enough for any limit. Empty where there are no letters. */
export function snakeCase(text: string): string {
  const [line = ''] = text.trim().split(/[\r\n]/, 1);
  const words = line
    .replaceAll(/(?<=[\p{Ll}\d])(?=\p{Lu})/gu, ' ')
    .toLowerCase()
    .match(/[\p{L}\p{M}\p{N}]+/gu);
  let name = '';
  for (const word of words ?? []) {
    const next = name === '' ? word : `${name}_${word}`;
    if (Buffer.byteLength(next) > NAME_BYTES_MAX) break;
    name = next;
  }
  return name;
}
