const encoder = new TextEncoder();

/** What stands around the operations of a batch request. */
export const ENVELOPE_OPEN = encoder.encode('{"batch":[');
export const ENVELOPE_CLOSE = encoder.encode(']}');
/** Bytes of `{"batch":[]}`. */
export const ENVELOPE_BYTES = ENVELOPE_OPEN.length + ENVELOPE_CLOSE.length;
