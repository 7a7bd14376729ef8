/** Rows to operations: everything that happens to a row between reading and batching. Pure but for its memory of what was just prepared. */
import { NEW_BUFFERS, type Buffers } from '../../domain/buffers.ts';
import type { RowBlock } from '../../domain/block.ts';
import type { PreparedChunk } from '../../domain/chunk.ts';
import type { PrepareSpec } from '../../domain/plan.ts';
import { createRowLookup } from '../../domain/row-ranges.ts';
import { createCellRows } from './cell-rows.ts';
import { createComposedCells } from './composed-rows.ts';
import { createHeaderCheck } from './header-row.ts';
import { createEmitter } from './write-operation.ts';
import { createJsonRows } from './json-rows.ts';
import { createNulls } from '../values/nulls.ts';
import { createPacker } from './packer.ts';
import { createRowSkips } from './skipped-rows.ts';
import { createSteppedRows, type SteppedRows } from './stepped-rows.ts';
import { createWriteTimes } from './write-times.ts';

export interface Preparer {
  /** Blocks must come in file order. The chunk's buffers share no memory with anything else: they may be transferred. */
  prepare(block: RowBlock): PreparedChunk;
  /** Operations so far that are events, pages or screens. */
  eventCount(): number;
}

/** Half an identifier may be the whole one of somebody else. */
const CUT_OFF =
  'the last line has no line end and may have been cut off, which could remove the wrong person: add a line end if it is whole';

export function createPreparer(
  spec: Pick<PrepareSpec, 'layout' | 'plan' | 'identity' | 'skipRows' | 'recent'> &
    Partial<Pick<PrepareSpec, 'timesFrom'>>,
  buffers: Buffers = NEW_BUFFERS,
  now: () => number = () => 0,
): Preparer {
  const onlyRecent = spec.recent.policy === 'only';
  const isSettledBefore = createRowLookup(onlyRecent ? (spec.recent.exceptRows ?? []) : []);
  const packer = createPacker(buffers, onlyRecent, spec.layout.header.length || undefined);
  const times = typeof spec.timesFrom === 'number' ? createWriteTimes(spec.timesFrom) : null;
  const emitter = createEmitter(spec, packer, times);
  const nulls = createNulls(spec.plan.nulls);
  const steps = createSteppedRows(spec.plan, packer);
  const steppedRow = createComposedCells(spec.plan, packer, emitter) ?? createCellRows(spec.plan, packer, emitter);
  const filledRow = steps === null ? steppedRow : stepping(steps, steppedRow);
  const cellRow = nulls === null ? filledRow : (cells: readonly string[]) => filledRow(nulls.cells(cells));
  const jsonRow = createJsonRows(spec.plan, packer, emitter);
  const isHeader = createHeaderCheck(spec.layout.header);
  const isSkipped = createRowSkips(spec.plan.skipRows);
  const refusesUnended = spec.plan.action === 'delete' || spec.plan.action === 'suppress';

  return {
    eventCount: emitter.eventCount,
    prepare(block) {
      const { rows } = block;
      times?.setClock(now());
      packer.isPlain = block.isPlain === true && steps?.isEscaped !== true;
      for (let index = 0; index < rows.length; index++) {
        const row = rows[index];
        if (row === undefined) continue;
        packer.index = index;
        packer.row = block.start.row + index + 1;
        if (packer.row <= spec.skipRows) packer.skip('skip_option');
        else if (refusesUnended && packer.row > (block.unended?.row ?? Infinity)) packer.invalid('cut_off', CUT_OFF);
        else if (onlyRecent && isSettledBefore(packer.row)) packer.skip('sent_before');
        else if (Array.isArray(row)) {
          if (isHeader(row)) packer.skip('header_again');
          else if (isSkipped?.(row) === true) packer.skip('skip_rows');
          else cellRow(row);
        } else if ('json' in row) jsonRow(row.json);
        else packer.unreadable(row);
      }
      if (block.unended) packer.warn('unended_line', null);
      if (block.isHeldBack) packer.warn('held_back', null);
      const chunk = packer.finish(block);
      emitter.endChunk(chunk.operations);
      return chunk;
    },
  };
}

type CellRow = (cells: readonly string[]) => void;

function stepping(steps: SteppedRows, cellRow: CellRow): CellRow {
  return (cells) => {
    const stepped = steps.cells(cells);
    if (stepped !== null) cellRow(stepped);
  };
}
