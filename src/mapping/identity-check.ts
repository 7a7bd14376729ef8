/** Suspicious identifiers in a file: one e-mail under two ids, ids that differ only in case or surrounding blanks. */
import { hash } from 'node:crypto';
import type { RawRow } from '../domain/block.ts';
import type { Plan } from '../domain/plan.ts';
import { scalarText } from './json-values.ts';

/** Identities remembered at most; what comes after is compared with those, but not remembered. */
const IDENTITIES_MAX = 500_000;

export interface IdentityCheck {
  /** `startRow`: number of the first of these rows in the file, from 0. */
  add(rows: readonly RawRow[], startRow: number): void;
  /** Sentences with counts and the first row; no identifier is in them. */
  warnings(): string[];
}

export function createIdentityCheck(plan: Plan): IdentityCheck {
  const columnOf = (role: 'id' | 'email'): { name: string; index: number } | undefined => plan.columns.find((column) => column.role === role);
  const [id, email] = [columnOf('id'), columnOf('email')];
  const idOfEmail = new Map<number, number>();
  const idOfFolded = new Map<number, number>();
  const shared: Finding = { count: 0, firstRow: 0 };
  const alike: Finding = { count: 0, firstRow: 0 };

  return {
    add(rows, startRow) {
      if (plan.kind !== 'people' || id === undefined) return;
      for (const [index, row] of rows.entries()) {
        const idText = cellOf(row, id);
        if (idText === '') continue;
        const number = startRow + index + 1;
        const own = shortHash(idText);
        const folded = idText.trim().toLowerCase();
        note(idOfFolded, folded === idText ? own : shortHash(folded), own, alike, number);
        const emailText = email === undefined ? '' : cellOf(row, email).toLowerCase();
        if (emailText !== '') note(idOfEmail, shortHash(emailText), own, shared, number);
      }
    },
    warnings() {
      const warnings: string[] = [];
      if (shared.count > 0) warnings.push(`${rowsText(shared.count)} an e-mail that another id has too (first: row ${shared.firstRow}): Customer.io keeps one person per e-mail`);
      if (alike.count > 0) warnings.push(`${rowsText(alike.count)} an id that differs from another only in case or blanks around it (first: row ${alike.firstRow}): those are different people to Customer.io`);
      return warnings;
    },
  };
}

interface Finding {
  count: number;
  firstRow: number;
}

function note(seen: Map<number, number>, key: number, value: number, finding: Finding, row: number): void {
  const before = seen.get(key);
  if (before === undefined) {
    if (seen.size < IDENTITIES_MAX) seen.set(key, value);
  } else if (before !== value) {
    finding.count += 1;
    finding.firstRow ||= row;
  }
}

function rowsText(count: number): string {
  return count === 1 ? '1 row has' : `${count} rows have`;
}

function cellOf(row: RawRow, column: { readonly name: string; readonly index: number }): string {
  if (Array.isArray(row)) return row[column.index] ?? '';
  return 'json' in row && Object.hasOwn(row.json, column.name) ? (scalarText(row.json[column.name]) ?? '') : '';
}

/** 48 bits: half a million identities share one about once in two thousand files. */
function shortHash(text: string): number {
  return Number.parseInt(hash('sha256', text, 'hex').slice(0, 12), 16);
}
