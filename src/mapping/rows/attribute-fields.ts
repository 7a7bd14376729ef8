/** The attribute columns of a CSV plan, compiled to a function that writes one row's JSON object. */
import type { ColumnPlan, Plan } from '../../domain/plan.ts';
import { ATTRIBUTE_VALUE_BYTES_MAX } from '../../domain/limits.ts';
import { attributeTree } from './attribute-tree.ts';
import type { AttributeNode } from './attribute-tree.ts';
import { canonicalText, jsonText, quote } from '../values/json-text.ts';
import type { Packer } from './packer.ts';
import { createMadeCell, madeColumn } from './made-cell.ts';
import { createTypedCell } from './typed-cell.ts';
import { makesValues } from '../values/steps.ts';

/** Shorter texts cannot be over the limit: no UTF-16 unit has more than 3 bytes in UTF-8. */
const SURELY_SHORT = Math.floor(ATTRIBUTE_VALUE_BYTES_MAX / 3);

type Field =
  | {
      readonly kind: 'column';
      readonly fragment: string;
      readonly column: ColumnPlan;
      readonly zone: string | null;
      readonly isPlainText: boolean;
    }
  /** A column whose value steps may make something else than a text. */
  | { readonly kind: 'made'; readonly fragment: string; readonly column: ColumnPlan; readonly zone: string | null }
  | { readonly kind: 'group'; readonly fragment: string; readonly fields: readonly Field[] }
  | { readonly kind: 'constant'; readonly fragment: string };

/**
 * A function from cells to JSON, or to null when the row is invalid (and settled as such). `first` goes in front: fields
 * that are written already. Events are written with sorted keys, so that the text sent is also the text that is hashed.
 */
export function compileAttributes(
  plan: Plan,
  isEvents: boolean,
  packer: Packer,
): (cells: readonly string[], first: string) => string | null {
  const typedCell = createTypedCell(packer, isEvents);
  const madeCell = createMadeCell(plan, packer, typedCell);
  const fields = compile(attributeTree(plan), plan, isEvents);

  const writeFields = (fields: readonly Field[], cells: readonly string[], first: string): string | null => {
    let text = first;
    for (let at = 0; at < fields.length; at++) {
      const field = fields[at];
      if (field === undefined) break;
      let value = '';
      if (field.kind === 'column') {
        const cell = cells[field.column.index] ?? '';
        if (cell === '') {
          if (field.column.empty === 'omit') continue;
          value = field.column.empty === 'null' ? 'null' : '""';
        } else if (field.isPlainText && cell.length <= SURELY_SHORT) {
          value = packer.quote(cell);
        } else {
          const typed = typedCell(cell, field.column, field.zone);
          if (typed === null) return null;
          value = typed;
        }
      } else if (field.kind !== 'constant') {
        const own =
          field.kind === 'group' ? writeGroup(field.fields, cells) : madeCell(field.column, field.zone, cells);
        if (own === null) return null;
        if (own === '') continue;
        value = own;
      }
      text += text === '' ? field.fragment + value : `,${field.fragment}${value}`;
    }
    return text;
  };

  /** '' when there is nothing in it. */
  const writeGroup = (fields: readonly Field[], cells: readonly string[]): string | null => {
    const inner = writeFields(fields, cells, '');
    return inner === null || inner === '' ? inner : `{${inner}}`;
  };

  return (cells, first) => {
    const text = writeFields(fields, cells, first);
    return text === null ? null : `{${text}}`;
  };
}

function compile(nodes: ReadonlyMap<string, AttributeNode>, plan: Plan, isEvents: boolean): Field[] {
  const write = isEvents ? canonicalText : jsonText;
  const names = isEvents ? [...nodes.keys()].toSorted() : [...nodes.keys()];
  return names.flatMap((name): Field[] => {
    const node = nodes.get(name);
    if (node === undefined) return [];
    const fragment = `${quote(name)}:`;
    if (node.kind === 'constant') return [{ kind: 'constant', fragment: fragment + write(node.value) }];
    if (node.kind === 'group') return [{ kind: 'group', fragment, fields: compile(node.nodes, plan, isEvents) }];
    const { column } = node;
    const zone = column.timezone ?? plan.timezone;
    if (column.steps !== undefined && makesValues(column.steps))
      return [{ kind: 'made', fragment, column: madeColumn(plan.kind, column), zone }];
    return [{ kind: 'column', fragment, column, zone, isPlainText: column.type === 'string' }];
  });
}
