// oxlint-disable no-control-regex -- control characters are what is looked for

const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;
/** Colours, as chalk writes them, or a control character. */
const COLOR_OR_CONTROL = /\u001b\[\d{1,3}(?:;\d{1,3}){0,4}m|[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/** Control characters never reach the terminal, wherever they came from: a file's name or cell could move the cursor. */
export function safeText(text: string): string {
  return text.replace(CONTROL, '\ufffd');
}

/** The last guard before a stream: like `safeText`, but our own colours stay. */
export function safeColored(text: string): string {
  return text.replace(COLOR_OR_CONTROL, (found) => (found.length > 1 ? found : '\ufffd'));
}

/** An object on one line. JSON leaves C1 controls and bidirectional overrides as they are, and terminals obey them. */
export function jsonLine(object: Readonly<Record<string, unknown>>): string {
  return JSON.stringify(object).replace(/[\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, (control) => `\\u${control.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
