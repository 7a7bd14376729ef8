const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPEN = [0x7b, 0x5b];
const CLOSE = [0x7d, 0x5d];

/**
 * Bytes of each item of the `batch` array as it was sent, without the white space around it. The body must be valid JSON. Counted
 * before parsing, since escapes and white space within an item count too.
 */
export function itemBytes(body: Buffer, depthOfItems = 2): number[] {
  const sizes: number[] = [];
  let depth = 0;
  let start = -1;
  let end = -1;
  for (let i = 0; i < body.length; i += 1) {
    const byte = body[i];
    if (byte === undefined) break;
    if (byte === QUOTE) {
      if (depth === depthOfItems && start < 0) start = i;
      i = endOfString(body, i);
      end = i;
      continue;
    }
    if (byte <= 0x20) continue;
    const isOpening = byte === OPEN[0] || byte === OPEN[1];
    const isClosing = byte === CLOSE[0] || byte === CLOSE[1];
    if (isClosing) depth -= 1;
    const isAtEdge = (byte === COMMA && depth === depthOfItems) || (isClosing && depth === depthOfItems - 1);
    if (isAtEdge) {
      if (start >= 0) sizes.push(end + 1 - start);
      start = -1;
    } else if (depth >= depthOfItems) {
      if (start < 0) start = i;
      end = i;
    }
    if (isOpening) depth += 1;
  }
  return sizes;
}

function endOfString(body: Buffer, open: number): number {
  let at = open;
  for (;;) {
    at = body.indexOf(QUOTE, at + 1);
    if (at < 0) return body.length;
    let slashes = 0;
    while (body[at - 1 - slashes] === BACKSLASH) slashes += 1;
    if (slashes % 2 === 0) return at;
  }
}
