/** Rows to operations: everything that happens to a row between reading and batching. Pure but for its memory of what was just prepared. */
import { NEW_BUFFERS, type Buffers } from '../domain/buffers.ts';
import type { RowBlock } from '../domain/block.ts';
import type { PreparedChunk } from '../domain/chunk.ts';
import type { PrepareSpec } from '../domain/plan.ts';
import { createRowLookup } from '../domain/row-ranges.ts';
import { createCellRows } from './cell-rows.ts';
import { createEmitter } from './emitter.ts';
import { createJsonRows } from './json-rows.ts';
import { createPacker } from './packer.ts';

export interface Preparer {
  /** Blocks must come in file order. The chunk's buffers share no memory with anything else: they may be transferred. */
  prepare(block: RowBlock): PreparedChunk;
  /** Operations so far that are events, pages or screens. */
  eventCount(): number;
}

export function createPreparer(spec: Pick<PrepareSpec, 'layout' | 'plan' | 'identity' | 'skipRows' | 'recent'>, buffers: Buffers = NEW_BUFFERS): Preparer {
  const onlyRecent = spec.recent.policy === 'only';
  const isSettledBefore = createRowLookup(onlyRecent ? (spec.recent.exceptRows ?? []) : []);
  const packer = createPacker(buffers, onlyRecent);
  const emitter = createEmitter(spec, packer);
  const cellRow = createCellRows(spec.plan, packer, emitter);
  const jsonRow = createJsonRows(spec.plan, packer, emitter);

  return {
    eventCount: emitter.eventCount,
    prepare(block) {
      const { rows } = block;
      for (let index = 0; index < rows.length; index++) {
        const row = rows[index];
        if (row === undefined) continue;
        packer.index = index;
        packer.row = block.start.row + index + 1;
        if (packer.row <= spec.skipRows) packer.skip('skip_option');
        else if (onlyRecent && isSettledBefore(packer.row)) packer.skip('sent_before');
        else if (Array.isArray(row)) cellRow(row);
        else if ('json' in row) jsonRow(row.json);
        else packer.invalid(row.fault, row.message, row.column);
      }
      const chunk = packer.finish(block);
      emitter.changes.endChunk(chunk.operations);
      return chunk;
    },
  };
}
