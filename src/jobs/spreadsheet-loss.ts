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
  if (/e/i.test(before) && old === now) return true;
  if (/e/i.test(after)) return Math.abs(now - old) <= Math.abs(old) * ROUNDING;
  const [digitsBefore, digitsAfter] = [plain(before), plain(after)];
  if (digitsBefore === digitsAfter) return true;
  return (
    digitsBefore.length > DIGITS_MAX &&
    digitsBefore.length === digitsAfter.length &&
    digitsBefore.slice(0, DIGITS_MAX) === digitsAfter.slice(0, DIGITS_MAX) &&
    /^0+$/.test(digitsAfter.slice(DIGITS_MAX))
  );
}

/** A number as it is written without anything that it does not need: long ones differ in digits that a double does not have. */
function plain(cell: string): string {
  const text = cell
    .trim()
    .replace(',', '.')
    .replace(/^\+/, '')
    .replace(/^(-?)0+(?=\d)/, '$1');
  return text.includes('.') ? text.replace(/\.?0*$/, '') : text;
}

function numberOf(cell: string): number | undefined {
  const text = cell.trim().replace(',', '.');
  return /^[+-]?\d+(\.\d*)?(e[+-]?\d+)?$/i.test(text) ? Number(text) : undefined;
}
