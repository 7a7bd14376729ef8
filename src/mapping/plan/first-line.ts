import { looksLikeEmail } from '../checks/email-shape.ts';
import { USUAL_IDENTIFIERS } from './roles.ts';
import { isPlainDecimal } from '../values/values.ts';

const SURELY_DATA = /^(?:\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}.*|[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12})$/i;
const PERHAPS_DATA = /^(?:\d{4}-\d{2}-\d{2}|\d{1,2}[/.]\d{1,2}[/.]\d{2,4}|\+?\d[\d ()-]{6,}|true|false)$/i;

/** Whether the first line of a CSV file seems to be a row, and not the names of columns. */
export function looksLikeData(header: readonly string[]): boolean {
  const cells = header.map((name) => name.trim()).filter((name) => name !== '');
  if (cells.some((name) => USUAL_IDENTIFIERS.includes(name.toLowerCase()))) return false;
  if (cells.some((cell) => looksLikeEmail(cell) || SURELY_DATA.test(cell))) return true;
  return (
    cells.length > 0 &&
    cells.filter((cell) => isPlainDecimal(cell) || PERHAPS_DATA.test(cell)).length * 2 >= cells.length
  );
}

export const HEADER_HINT = 'if the file has no header, name its columns with --header, for example --header email,plan';
