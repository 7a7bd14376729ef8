/** Suspicious identifiers in a file: one e-mail under two ids, ids that differ only in case or surrounding blanks, e-mails that are none, ids that are e-mails. */
import type { RawRow } from '../../domain/block.ts';
import type { Plan } from '../../domain/plan.ts';
import { looksLikeEmail } from './email-shape.ts';
import { createIdentityTable } from './identity-table.ts';
import { createHeaderCheck } from '../rows/header-row.ts';
import { createLift, liftedRow } from '../rows/lifted-rows.ts';
import { createRowSkips } from '../rows/skipped-rows.ts';
import { createStepping } from '../rows/stepped-rows.ts';
import { jsonForm, traitsOf } from '../rows/json-form.ts';
import { isRecord, scalarText } from '../values/json-values.ts';
import type { JsonRecord } from '../values/json-values.ts';
import { createNulls, isNullMarker } from '../values/nulls.ts';

/** Plain ASCII without capitals or blanks, as nearly all identifiers are. */
const ALREADY_FOLDED = /^[\x21-\x40\x5b-\x7e]*$/;

export interface IdentityCheck {
  /** Whether all rows must be compared; rows of events may share what they like, and a look at the first of them will do. */
  readonly isNeeded: boolean;
  /** Rows as they are read: their identifiers are compared as the value steps leave them. `startRow`: number of the first of these rows in the file, from 0. */
  add(rows: readonly RawRow[], startRow: number): void;
  /** Sentences with counts and the first row; no identifier is in them. */
  warnings(): string[];
}

/** `header`: rows that repeat it are nobody. `slotsMax` bounds the memory: what does not fit is compared with what does, and `warnings` says so. */
export function createIdentityCheck(plan: Plan, header: readonly string[] = [], slotsMax?: number): IdentityCheck {
  const columns = personColumns(plan);
  const stepping = createStepping(plan);
  const lift = createLift(plan);
  const nulls = createNulls(plan.nulls);
  const isHeader = createHeaderCheck(header);
  const isSkipped = createRowSkips(plan.skipRows);
  const isNeeded = plan.kind === 'people';
  const emails = createIdentityTable(slotsMax);
  const foldedIds = createIdentityTable(slotsMax);
  const shared = createFinding('an e-mail that another id has too', 'Customer.io keeps one person per e-mail');
  const alike = createFinding(
    'an id that differs from another only in case or blanks around it',
    'those are different people to Customer.io',
  );
  const odd = createFinding('an e-mail that does not look like one address', 'it is sent as it stands');
  const misplaced = createFinding(
    'an id that looks like an e-mail address',
    'if it is one, name its column with --email-column',
  );

  function note(id: string, email: string, row: number): void {
    if (isNullMarker(id) || isNullMarker(email)) return; // never sent
    if (email !== '' && !looksLikeEmail(email)) odd.add(row);
    if (id === '') return;
    if (id.includes('@') && looksLikeEmail(id)) misplaced.add(row);
    if (!isNeeded) return;
    if (foldedIds.differs(ALREADY_FOLDED.test(id) ? id : id.trim().toLowerCase(), id)) alike.add(row);
    if (email !== '' && emails.differs(ALREADY_FOLDED.test(email) ? email : email.toLowerCase(), id)) shared.add(row);
  }

  return {
    isNeeded,
    add(rows, startRow) {
      for (let index = 0; index < rows.length; index++) {
        const given = rows[index];
        if (given === undefined || (Array.isArray(given) && isHeader(given))) continue;
        const lifted = lift === null ? given : liftedRow(given, lift, columns.hasTypedLines);
        if (isSkipped?.(lifted) === true) continue;
        const row = stepping(nulls === null ? lifted : nulls.row(lifted));
        const number = startRow + index + 1;
        if (Array.isArray(row)) note(row[columns.id?.index ?? -1] ?? '', row[columns.email?.index ?? -1] ?? '', number);
        else if ('json' in row) {
          const { id, email } = namesIn(row.json, columns);
          note(id, email, number);
        }
      }
    },
    warnings() {
      const warnings = [shared, alike, odd, misplaced].flatMap((finding) => finding.warnings());
      if (emails.isFull() || foldedIds.isFull())
        warnings.push(
          'more identifiers than are kept in memory: those that came late were compared with the early ones, not with each other',
        );
      return warnings;
    },
  };
}

interface PersonColumns {
  readonly id: Column | undefined;
  readonly email: Column | undefined;
  readonly hasTypedLines: boolean;
}

interface Column {
  readonly name: string;
  readonly index: number;
}

function personColumns({ columns, hasTypedLines }: Plan): PersonColumns {
  return {
    id: columns.find(({ role }) => role === 'id'),
    email: columns.find(({ role }) => role === 'email'),
    hasTypedLines: hasTypedLines === true,
  };
}

/** How a line of NDJSON names its person; empty where it does not. */
function namesIn(json: JsonRecord, { id, email, hasTypedLines }: PersonColumns): { id: string; email: string } {
  const form = jsonForm(json, hasTypedLines);
  if (form === 'flat') return { id: fieldOf(json, id?.name), email: fieldOf(json, email?.name) };
  if (form === 'typed') {
    const isAboutPerson = json['type'] === 'identify'; // what happened, and groups, may have e-mails of their own
    const payloads = isAboutPerson ? [traitsOf(json), json['attributes'], json['data'], json['properties']] : [];
    return {
      id: fieldOf(json, 'userId') || fieldOf(json, 'user_id'),
      email: fieldOf(json, 'email') || fieldOf(payloads.find(isRecord) ?? {}, 'email'),
    };
  }
  const { identifiers, attributes } = json;
  if (!isRecord(identifiers)) return { id: '', email: '' };
  return { id: fieldOf(identifiers, 'id'), email: isRecord(attributes) ? fieldOf(attributes, 'email') : '' };
}

/** Counts rows of one kind; its warning says what they have and what that means. */
function createFinding(what: string, meaning: string): { add(row: number): void; warnings(): string[] } {
  let count = 0;
  let firstRow = 0;
  return {
    add(row) {
      count += 1;
      firstRow ||= row;
    },
    warnings: () =>
      count === 0
        ? []
        : [`${count === 1 ? '1 row has' : `${count} rows have`} ${what} (first: row ${firstRow}): ${meaning}`],
  };
}

function fieldOf(json: JsonRecord, name: string | undefined): string {
  return name !== undefined && Object.hasOwn(json, name) ? (scalarText(json[name]) ?? '') : '';
}
