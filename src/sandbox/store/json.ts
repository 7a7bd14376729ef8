/**
 * JSON that keeps the digits of long numbers. JSON.parse turns 9007199254740993 into ...992, which would hide errors of a client.
 * Inside the sandbox, such numbers are marked strings; they leave it with the digits that came in.
 */

export type JsonObject = Readonly<Record<string, unknown>>;

const MARK = '\u0000number:';
const MARK_IN_JSON = '\\u0000number:';
/** Doubles keep every number of up to 15 digits. */
const LONG = 16;
const STRING_OR_LONG_NUMBER = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]{15,}/gs;
const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/** Parses JSON text; throws a SyntaxError like JSON.parse. */
export function parseJson(text: string): unknown {
  if (!hasLongDigits(text)) return JSON.parse(text);
  return JSON.parse(text.replace(STRING_OR_LONG_NUMBER, protect));
}

/** Whether there are 16 digits or dots in a row anywhere. Looking at every 16th character is enough to rule it out. */
function hasLongDigits(text: string): boolean {
  for (let at = LONG - 1; at < text.length; at += LONG) {
    if (!isDigit(text.charCodeAt(at))) continue;
    let from = at;
    let to = at;
    while (isDigit(text.charCodeAt(from - 1))) from -= 1;
    while (isDigit(text.charCodeAt(to + 1))) to += 1;
    if (to + 1 - from >= LONG) return true;
  }
  return false;
}

const [DOT, ZERO, NINE] = [0x2e, 0x30, 0x39];

function isDigit(code: number): boolean {
  return (code >= ZERO && code <= NINE) || code === DOT;
}

function protect(token: string): string {
  if (token.startsWith('"') || !NUMBER.test(token) || String(Number(token)) === token) return token;
  return `"${MARK_IN_JSON}${token}"`;
}

/** The counterpart of `parseJson`: marked numbers become digits again. */
export function toJson(value: unknown): string {
  const text = JSON.stringify(value) ?? 'null';
  return text.includes(MARK_IN_JSON) ? text.replace(/"\\u0000number:([^"]+)"/g, '$1') : text;
}

/** A value as the App API shows it: every attribute is a string (docs/customerio.md 5.3). */
export function toText(value: unknown): string {
  if (typeof value === 'string') return value.startsWith(MARK) ? value.slice(MARK.length) : value;
  return toJson(value);
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** An identifier or name: strings as they are, numbers by their digits, anything else is none. */
export function toName(value: unknown): string | undefined {
  if (typeof value === 'string') return toText(value);
  return typeof value === 'number' ? String(value) : undefined;
}
