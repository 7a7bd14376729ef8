/** The event id of an operation: the string under `id` at the top of its JSON text. Undefined when it is not an event. */
export function eventIdIn(json: string): string | undefined {
  const place = placeOfId(json);
  return place && json.slice(place.start, place.end);
}

/** The same operation, byte for byte, with another event id. */
export function withEventId(json: string, id: string): string {
  const place = placeOfId(json);
  return place ? json.slice(0, place.start) + id + json.slice(place.end) : json;
}

/** Walks over the strings instead of parsing, so that numbers keep their digits. */
function placeOfId(json: string): { readonly start: number; readonly end: number } | undefined {
  const token = /"(?:[^"\\]|\\.)*"|[{}[\]:]/g;
  let depth = 0;
  let last = '';
  let key = '';
  for (let match = token.exec(json); match; match = token.exec(json)) {
    const [text] = match;
    if (text === '{' || text === '[') depth++;
    else if (text === '}' || text === ']') depth--;
    else if (text === ':') key = last;
    else if (depth === 1 && key === '"id"' && last === '')
      return { start: match.index + 1, end: match.index + text.length - 1 };
    last = text === ':' ? '' : text;
  }
  return undefined;
}
