import type { UndeliveredRow } from '../domain/ledger.ts';
import type { Plan, SourceLayout } from '../domain/plan.ts';
import { NAMING } from '../domain/roles.ts';
import { cellsOfRecord } from '../input/records/csv.ts';
import { valueIn, type FixedRow } from './corrected-file.ts';

/** Digits after which a spreadsheet writes zeros: it keeps numbers in 64 bits. */
const DIGITS_MAX = 15;
/** What an exponent with two decimals, the usual way to show it, may be off by. */
const ROUNDING = 0.01;

/** A column of a row whose cell a spreadsheet changed. */
export interface Loss {
  readonly name: string;
  /** Changed, it would name somebody else, or another event. */
  readonly isIdentifier: boolean;
}

/** Cells that a spreadsheet changed by itself, between the source of the run and the corrected file. */
export function lostBySpreadsheet(
  { before, after }: { readonly before: SourceLayout; readonly after: SourceLayout },
  plan: Plan,
  { record }: UndeliveredRow,
  { content }: FixedRow,
): Loss[] {
  if (before.format === 'ndjson') return [];
  const cells = cellsOfRecord(record, before);
  if (cells?.length !== before.header.length) return [];
  return plan.columns.flatMap(({ name, role }): Loss[] => {
    if (role === 'drop') return [];
    const [old, now] = [
      cells[before.header.findIndex((one) => one.trim() === name.trim())],
      valueIn(content, after, name),
    ];
    if (old === undefined || typeof now !== 'string' || !isSpreadsheetLoss(old, now)) return [];
    return [
      {
        name,
        isIdentifier: NAMING.includes(role) || plan.dedupeKey?.includes(name) === true,
      },
    ];
  });
}

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
