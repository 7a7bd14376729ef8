/** A JSON parser that knows where everything stands, so that a fault in a mapping file can be pointed at. */

export interface JsonSource {
  readonly value: unknown;
  /** 1-based `line:column` of the value at a JSON pointer, or of the nearest value above it. */
  placeOf(pointer: string): string;
}

/** A syntax fault, with its place. */
export class JsonFault extends Error {
  readonly place: string;
  constructor(message: string, place: string) {
    super(message);
    this.place = place;
  }
}

const DEPTH_MAX = 50;
const STRING = /"(?:[^"\\]|\\.)*"/sy;
const SCALAR = /true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const BLANK = /[ \t\r\n]*/y;

// oxlint-disable-next-line max-lines-per-function -- a recursive descent: its functions call each other and share one place in the text
export function parseJsonSource(source: string): JsonSource {
  const text = source.startsWith('\u{feff}') ? source.slice(1) : source;
  const offsets = new Map<string, number>();
  let at = 0;

  const fail = (message: string): never => {
    throw new JsonFault(message, placeAt(text, at));
  };
  const take = (pattern: RegExp): string | null => {
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    if (found === null) return null;
    at = pattern.lastIndex;
    return found[0];
  };
  const next = (): string => {
    take(BLANK);
    return text.charAt(at);
  };
  const string = (): string => {
    const start = at;
    const raw = take(STRING);
    if (raw === null) return fail('a text in double quotes is expected here');
    try {
      return JSON.parse(raw) as string;
    } catch {
      at = start;
      return fail('this text is not valid JSON (a line break or a wrong escape in it)');
    }
  };
  const value = (pointer: string, depth: number): unknown => {
    if (depth > DEPTH_MAX) return fail(`nested deeper than ${DEPTH_MAX} levels`);
    const first = next();
    offsets.set(pointer, at);
    if (first === '{') return object(pointer, depth);
    if (first === '[') return array(pointer, depth);
    if (first === '"') return string();
    const raw = take(SCALAR);
    return raw === null
      ? fail(first === '' ? 'the file ends too early' : 'a JSON value is expected here')
      : (JSON.parse(raw) as unknown);
  };
  const object = (pointer: string, depth: number): Record<string, unknown> => {
    const record: Record<string, unknown> = {};
    at += 1;
    if (next() === '}') at += 1;
    else {
      do {
        next();
        const keyAt = at;
        const key = string();
        const below = `${pointer}/${escapePointer(key)}`;
        if (offsets.has(below)) {
          at = keyAt;
          fail(`"${key}" stands here twice`);
        }
        if (next() !== ':') fail('a colon is expected here');
        at += 1;
        const item = value(below, depth + 1);
        // Defined, not assigned: a key "__proto__" is a key like any other.
        Object.defineProperty(record, key, { value: item, enumerable: true, writable: true, configurable: true });
      } while (isFollowed('}'));
    }
    return record;
  };
  const array = (pointer: string, depth: number): unknown[] => {
    const items: unknown[] = [];
    at += 1;
    if (next() === ']') at += 1;
    else
      do items.push(value(`${pointer}/${items.length}`, depth + 1));
      while (isFollowed(']'));
    return items;
  };
  /** After an item: true when another follows, false at the end. */
  const isFollowed = (end: string): boolean => {
    const found = next();
    if (found !== ',' && found !== end) fail(`a comma or ${end} is expected here`);
    at += 1;
    return found === ',';
  };

  const parsed = value('', 0);
  if (next() !== '') fail('the JSON value has ended; nothing may follow');
  return {
    value: parsed,
    placeOf(pointer) {
      let known = pointer;
      while (!offsets.has(known) && known !== '') known = known.slice(0, known.lastIndexOf('/'));
      return placeAt(text, offsets.get(known) ?? 0);
    },
  };
}

export function escapePointer(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1');
}

function placeAt(text: string, offset: number): string {
  const before = text.slice(0, offset);
  return `${before.split('\n').length}:${offset - before.lastIndexOf('\n')}`;
}
