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
  for (let count = 1; ; count++) {
    const other = [...place.slice(0, -1), count === 1 ? whole : `${whole}_${count}`];
    if (!isTaken(other)) return other;
  }
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
