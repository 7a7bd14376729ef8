/** Suspicious identifiers in a file: one e-mail under two ids, ids that differ only in case or surrounding blanks, e-mails that are none, ids that are e-mails. */
import type { RawRow } from '../../domain/block.ts';
import type { Plan } from '../../domain/plan.ts';
import { looksLikeEmail } from './email-shape.ts';
import { createIdentityTable } from './identity-table.ts';
import { jsonForm, traitsOf } from '../rows/json-form.ts';
import { isRecord, scalarText } from '../values/json-values.ts';
import type { JsonRecord } from '../values/json-values.ts';
import { isNullMarker } from '../values/nulls.ts';

/** Plain ASCII without capitals or blanks, as nearly all identifiers are. */
const ALREADY_FOLDED = /^[\x21-\x40\x5b-\x7e]*$/;

export interface IdentityCheck {
  /** Whether all rows must be compared; rows of events may share what they like, and a look at the first of them will do. */
  readonly isNeeded: boolean;
  /** `startRow`: number of the first of these rows in the file, from 0. */
  add(rows: readonly RawRow[], startRow: number): void;
  /** Sentences with counts and the first row; no identifier is in them. */
  warnings(): string[];
}

/** `slotsMax` bounds the memory: what does not fit is compared with what does, and `warnings` says so. */
export function createIdentityCheck(plan: Plan, slotsMax?: number): IdentityCheck {
  const columnOf = (role: 'id' | 'email'): Column | undefined => plan.columns.find((column) => column.role === role);
  const [id, email] = [columnOf('id'), columnOf('email')];
  const isNeeded = plan.kind === 'people';
  const emails = createIdentityTable(slotsMax);
  const foldedIds = createIdentityTable(slotsMax);
  const shared = createFinding();
  const alike = createFinding();
  const odd = createFinding();
  const misplaced = createFinding();

  function note(idText: string, emailText: string, row: number): void {
    if (emailText !== '' && !looksLikeEmail(emailText)) odd.add(row);
    if (idText === '' || isNullMarker(idText) || isNullMarker(emailText)) return;
    if (idText.includes('@') && looksLikeEmail(idText)) misplaced.add(row);
    if (!isNeeded) return;
    if (foldedIds.differs(ALREADY_FOLDED.test(idText) ? idText : idText.trim().toLowerCase(), idText)) alike.add(row);
    if (
      emailText !== '' &&
      emails.differs(ALREADY_FOLDED.test(emailText) ? emailText : emailText.toLowerCase(), idText)
    )
      shared.add(row);
  }

  return {
    isNeeded,
    add(rows, startRow) {
      for (let index = 0; index < rows.length; index++) {
        const row = rows[index];
        const number = startRow + index + 1;
        if (Array.isArray(row)) note(row[id?.index ?? -1] ?? '', row[email?.index ?? -1] ?? '', number);
        else if (row !== undefined && 'json' in row) noteJson(row.json, number);
      }
    },
    warnings() {
      const warnings: string[] = [];
      if (shared.count() > 0)
        warnings.push(
          `${rowsText(shared.count())} an e-mail that another id has too (first: row ${shared.firstRow()}): Customer.io keeps one person per e-mail`,
        );
      if (alike.count() > 0)
        warnings.push(
          `${rowsText(alike.count())} an id that differs from another only in case or blanks around it (first: row ${alike.firstRow()}): those are different people to Customer.io`,
        );
      if (odd.count() > 0)
        warnings.push(
          `${rowsText(odd.count())} an e-mail that does not look like one address (first: row ${odd.firstRow()}): it is sent as it stands`,
        );
      if (misplaced.count() > 0)
        warnings.push(
          `${rowsText(misplaced.count())} an id that looks like an e-mail address (first: row ${misplaced.firstRow()}): if it is one, name its column with --email-column`,
        );
      if (emails.isFull() || foldedIds.isFull())
        warnings.push(
          'more identifiers than are kept in memory: those that came late were compared with the early ones, not with each other',
        );
      return warnings;
    },
  };

  function noteJson(json: JsonRecord, number: number): void {
    switch (jsonForm(json, plan.hasTypedLines === true)) {
      case 'flat':
        return note(fieldOf(json, id?.name), fieldOf(json, email?.name), number);
      case 'typed': {
        const traits = [json['traits'], json['attributes'], json['data'], json['properties'], traitsOf(json)].find(
          isRecord,
        );
        return note(
          fieldOf(json, 'userId') || fieldOf(json, 'user_id'),
          fieldOf(json, 'email') || fieldOf(traits ?? {}, 'email'),
          number,
        );
      }
      case 'operation': {
        const { identifiers, attributes } = json;
        if (isRecord(identifiers))
          note(fieldOf(identifiers, 'id'), isRecord(attributes) ? fieldOf(attributes, 'email') : '', number);
      }
    }
  }
}

interface Column {
  readonly name: string;
  readonly index: number;
}

function createFinding(): { add(row: number): void; count(): number; firstRow(): number } {
  let count = 0;
  let firstRow = 0;
  return {
    add(row) {
      count += 1;
      firstRow ||= row;
    },
    count: () => count,
    firstRow: () => firstRow,
  };
}

function rowsText(count: number): string {
  return count === 1 ? '1 row has' : `${count} rows have`;
}

function fieldOf(json: JsonRecord, name: string | undefined): string {
  return name !== undefined && Object.hasOwn(json, name) ? (scalarText(json[name]) ?? '') : '';
}
