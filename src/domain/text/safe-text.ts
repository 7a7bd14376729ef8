/** Characters that move, hide or turn what a terminal shows: controls, and formatting ones but for the joiners that scripts and emoji need. */
const CONTROL = /(?![\n\t\u200c\u200d])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;
const MASK = '\ufffd';

/** Text of several lines: what a terminal would obey is masked, wherever it came from. */
export function safeText(text: string): string {
  return text.replace(CONTROL, MASK);
}

/** Text for one line: a name of a file or a column must not begin another. */
export function safeLine(text: string): string {
  return safeText(text).replace(/[\n\t]/g, MASK);
}

/** An object on one line. JSON leaves C1 controls and bidirectional overrides as they are, and terminals obey them. */
export function jsonLine(object: Readonly<Record<string, unknown>>): string {
  return JSON.stringify(object).replace(CONTROL, (control) =>
    [...Array(control.length).keys()]
      .map((at) => `\\u${control.charCodeAt(at).toString(16).padStart(4, '0')}`)
      .join(''),
  );
}
