const USUAL = /^[\w.!#$%&'*+/=?^`{|}~-]+@[a-z\d-]+(?:\.[a-z\d-]+)+$/i;
const UNUSUAL =
  /^(?:"[^"]*"|[^\s@<>(),;:"\\\p{C}\p{Z}]+)@(?:[^\s@<>(),;:"\\.\p{C}\p{Z}]+\.)+[^\s@<>(),;:"\\.\p{C}\p{Z}]+$/u;

/** Whether a text has the shape of one e-mail address: no name around it, no second one behind it, nothing invisible in it. */
export function looksLikeEmail(text: string): boolean {
  return USUAL.test(text) || UNUSUAL.test(text);
}
