/** What a plan makes of the sample: payloads to show, and the events in it that could trigger campaigns. */
import type { RawRow, RowBlock } from '../../domain/block.ts';
import { operationBytes } from '../../domain/chunk.ts';
import type { InvalidRow, PreparedChunk, SingleRequest } from '../../domain/chunk.ts';
import type { PrepareSpec } from '../../domain/plan.ts';
import { createPreparer } from '../rows/prepare.ts';

export type SampleSpec = Pick<PrepareSpec, 'layout' | 'plan' | 'identity'>;

export interface SamplePayload {
  /** `person identify`, `object delete`, `event`... */
  readonly kind: string;
  /** Number of the row, 1 for the first. */
  readonly row: number;
  /** The operation as it would be sent (JSON), or a single's body. It holds a person's data: for stdout, never for a log. */
  readonly operation: string;
  readonly single: SingleRequest | null;
}

/** The first operation of every kind among the rows. */
export function samplePayloads(spec: SampleSpec, rows: readonly RawRow[]): SamplePayload[] {
  const { operations } = prepareSample(spec, rows, Number.POSITIVE_INFINITY);
  const byKind = new Map<string, SamplePayload>();
  const decoder = new TextDecoder();
  for (let index = 0; index < operations.count; index++) {
    const operation = decoder.decode(operationBytes(operations, index));
    const single = operations.singles.get(index) ?? null;
    const kind =
      single === null
        ? kindOf(operation)
        : `${single.method} ${single.path.replace(/customers\/[^/]+/, 'customers/…')}`;
    if (!byKind.has(kind)) byKind.set(kind, { kind, row: (operations.rows[index] ?? 0) + 1, operation, single });
  }
  return [...byKind.values()];
}

/** Events of the rows that are younger than `sinceSeconds` (unix), or have no time. */
export function recentInSample(spec: SampleSpec, rows: readonly RawRow[], sinceSeconds: number): number {
  return prepareSample(spec, rows, sinceSeconds).operations.guarded.size;
}

/** What is wrong with the rows when not one of them can be sent; null when one can, or is left out on purpose, or there are none. */
export function sampleFaults(spec: SampleSpec, rows: readonly RawRow[]): readonly InvalidRow[] | null {
  const { invalid } = prepareSample(spec, rows, Number.POSITIVE_INFINITY);
  return rows.length > 0 && invalid.length === rows.length ? invalid : null;
}

function prepareSample(spec: SampleSpec, rows: readonly RawRow[], sinceSeconds: number): PreparedChunk {
  const position = { row: 0, line: 0, offset: 0, hash: '' };
  const block: RowBlock = { start: position, end: position, raw: new Uint8Array(), rows, isLast: true };
  return createPreparer({ ...spec, skipRows: 0, recent: { policy: 'guard', sinceSeconds } }).prepare(block);
}

function kindOf(operation: string): string {
  const parsed = JSON.parse(operation) as { type?: string; action?: string };
  return `${parsed.type ?? ''} ${parsed.action ?? ''}`.trim();
}
