import type { RawRow, RowBlock } from '../../src/domain/block.ts';
import type { PreparedChunk, SingleRequest } from '../../src/domain/chunk.ts';
import type { Plan, PrepareSpec, SourceLayout } from '../../src/domain/plan.ts';
import { CioBulkError } from '../../src/domain/errors.ts';
import type { PlanOptions, PlanResult } from '../../src/mapping/plan/plan-options.ts';
import { inferPlan } from '../../src/mapping/plan/plan.ts';
import { createPreparer } from '../../src/mapping/rows/prepare.ts';
import type { Preparer } from '../../src/mapping/rows/prepare.ts';

export const IDENTITY = { target: 'site-1', dataset: 'file.csv', clockMs: 1_700_000_000_000 };
const POSITION = { line: 0, offset: 0, hash: '' };

export function csvLayout(header: readonly string[]): SourceLayout {
  return {
    path: '/f.csv',
    format: 'csv',
    compression: 'none',
    encoding: 'utf-8',
    delimiter: ',',
    jsonArray: false,
    headerBytes: 0,
    headerLines: 1,
    header,
  };
}

export function ndjsonLayout(): SourceLayout {
  return { ...csvLayout([]), path: '/f.ndjson', format: 'ndjson', headerLines: 0 };
}

/** `csv('id,name', '7,Ada')`: cells are split on commas, nothing more. */
export function csv(header: string, ...lines: string[]): { layout: SourceLayout; rows: RawRow[] } {
  return { layout: csvLayout(header.split(',')), rows: lines.map((line) => line.split(',')) };
}

export function ndjson(...rows: Record<string, unknown>[]): { layout: SourceLayout; rows: RawRow[] } {
  return { layout: ndjsonLayout(), rows: rows.map((json) => ({ json })) };
}

export function planOf(
  source: { layout: SourceLayout; rows: readonly RawRow[] },
  options: PlanOptions = {},
): PlanResult {
  return inferPlan(source.layout, source.rows, options);
}

export function blockOf(rows: readonly RawRow[], startRow = 0): RowBlock {
  return {
    start: { ...POSITION, row: startRow },
    end: { ...POSITION, row: startRow + rows.length },
    raw: new Uint8Array(),
    rows,
    isLast: false,
  };
}

export type SpecChanges = Partial<Pick<PrepareSpec, 'identity' | 'skipRows' | 'recent' | 'timesFrom'>>;

export function preparerOf(layout: SourceLayout, plan: Plan, changes: SpecChanges = {}): Preparer {
  return createPreparer({
    layout,
    plan,
    identity: IDENTITY,
    skipRows: 0,
    recent: { policy: 'allow', sinceSeconds: 0 },
    ...changes,
  });
}

export interface Sent {
  readonly row: number;
  readonly text: string;
  // oxlint-disable-next-line typescript/no-explicit-any -- tests look into what was sent
  readonly json: any;
  readonly keys: readonly number[];
  readonly single: SingleRequest | undefined;
  readonly isGuarded: boolean;
}

/** The operations of a chunk, read back the way a reader of the contract does. */
export function sentOf({ operations }: PreparedChunk): Sent[] {
  const sent: Sent[] = [];
  for (let index = 0; index < operations.count; index++) {
    const start = index === 0 ? 0 : operations.ends[index - 1]! + 1;
    const text = Buffer.from(operations.body.subarray(start, operations.ends[index])).toString('utf8');
    sent.push({
      row: operations.rows[index]!,
      text,
      json: text === '' ? undefined : JSON.parse(text),
      keys: [...operations.keys.subarray(index === 0 ? 0 : operations.keyEnds[index - 1]!, operations.keyEnds[index])],
      single: operations.singles.get(index),
      isGuarded: operations.guarded.has(index),
    });
  }
  return sent;
}

/** Plan and prepare in one go. */
export function run(
  source: { layout: SourceLayout; rows: readonly RawRow[] },
  options: PlanOptions = {},
  changes: SpecChanges = {},
): { chunk: PreparedChunk; sent: Sent[]; plan: Plan } {
  const { plan } = planOf(source, options);
  const chunk = preparerOf(source.layout, plan, changes).prepare(blockOf(source.rows));
  return { chunk, sent: sentOf(chunk), plan };
}

export function errorOf(act: () => unknown): CioBulkError {
  try {
    act();
  } catch (error) {
    if (error instanceof CioBulkError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}
