// oxlint-disable no-control-regex -- a terminal's language
/** What a terminal shows after receiving a text. It knows just enough to handle a line that changes in place. */
export function screenOf(text: string): string[] {
  const lines: string[] = [''];
  let column = 0;
  const put = (character: string): void => {
    const line = lines.at(-1) ?? '';
    lines[lines.length - 1] = line.slice(0, column).padEnd(column) + character + line.slice(column + character.length);
    column += character.length;
  };
  for (const [token] of text.matchAll(/\u001b\[[\d;?]*[A-Za-z]|[^]/gu)) {
    if (token === '\r') column = 0;
    else if (token === '\n') {
      lines.push('');
      column = 0;
    } else if (token === '\u001b[K') lines[lines.length - 1] = (lines.at(-1) ?? '').slice(0, column);
    else if (/^\u001b\[[\d;]*m$/.test(token)) continue;
    else if (token.startsWith('\u001b'))
      throw new Error(`the program sent ${JSON.stringify(token)}, which this terminal does not know`);
    else put(token);
  }
  return lines;
}
