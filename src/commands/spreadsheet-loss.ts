/** Digits after which a spreadsheet writes zeros: it keeps numbers in 64 bits. */
const DIGITS_MAX = 15;
/** What an exponent with two decimals, the usual way to show it, may be off by. */
const ROUNDING = 0.01;

/**
 * Whether a cell was changed as a spreadsheet changes it when it takes it for a number: the same number without its leading zeros
 * or plus sign, in exponents, rounded. A person who corrects a cell hardly ever does that.
 */
export function isSpreadsheetLoss(before: string, after: string): boolean {
  if (before === after) return false;
  const [old, now] = [numberOf(before), numberOf(after)];
  if (old === undefined || now === undefined) return false;
  if (old === now) return true;
  if (/e/i.test(after)) return Math.abs(now - old) <= Math.abs(old) * ROUNDING;
  const [digitsBefore, digitsAfter] = [before.trim(), after.trim()];
  return digitsBefore.length > DIGITS_MAX && digitsBefore.length === digitsAfter.length && digitsBefore.slice(0, DIGITS_MAX) === digitsAfter.slice(0, DIGITS_MAX) && /^0+$/.test(digitsAfter.slice(DIGITS_MAX));
}

function numberOf(cell: string): number | undefined {
  const text = cell.trim().replace(',', '.');
  return /^[+-]?\d+(\.\d*)?(e[+-]?\d+)?$/i.test(text) ? Number(text) : undefined;
}
