/** The attribute columns of a CSV plan, compiled to a function that writes one row's JSON object. */
import type { ColumnPlan, Plan } from '../../domain/plan.ts';
import { ATTRIBUTE_VALUE_BYTES_MAX, bytesOver } from '../../domain/limits.ts';
import { attributeTree } from './attribute-tree.ts';
import type { AttributeNode } from './attribute-tree.ts';
import { consentShape, consentText, NO_CONSENT } from '../values/consent.ts';
import { canonicalText, jsonText, quote } from '../values/json-text.ts';
import type { Packer } from './packer.ts';
import { parseTime, timeFault, timeNote } from '../values/times.ts';
import { booleanText, booleanWord, isPlainDecimal } from '../values/values.ts';

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
  const write = isEvents ? canonicalText : jsonText;
  const compile = (nodes: ReadonlyMap<string, AttributeNode>): Field[] => {
    const names = isEvents ? [...nodes.keys()].toSorted() : [...nodes.keys()];
    return names.flatMap((name): Field[] => {
      const node = nodes.get(name);
      if (node === undefined) return [];
      const key = `${quote(name)}:`;
      if (node.kind === 'constant') return [{ kind: 'constant', fragment: key + write(node.value) }];
      if (node.kind === 'group') return [{ kind: 'group', fragment: key, fields: compile(node.nodes) }];
      const { column } = node;
      return [
        {
          kind: 'column',
          fragment: key,
          column,
          zone: column.timezone ?? plan.timezone,
          isPlainText: column.type === 'string',
        },
      ];
    });
  };
  const limitBytes = isEvents ? Number.POSITIVE_INFINITY : ATTRIBUTE_VALUE_BYTES_MAX;
  const fields = compile(attributeTree(plan));

  /** JSON text of a cell that is not empty, '' when the row is invalid. */
  const valueOf = (cell: string, column: ColumnPlan, zone: string | null): string => {
    const misfit = typedText(cell, column, zone, packer);
    if (misfit !== null) return misfit;
    if (cell.length > SURELY_SHORT) {
      const bytes = bytesOver(cell, limitBytes);
      if (bytes > 0) {
        packer.invalid(
          'too_long',
          `the value has ${bytes} bytes; the limit is ${limitBytes}`,
          column.index + 1,
          column.name,
        );
        return '';
      }
    }
    return packer.quote(cell);
  };

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
          value = valueOf(cell, field.column, field.zone);
          if (value === '') return null;
        }
      } else if (field.kind === 'group') {
        const inner = writeFields(field.fields, cells, '');
        if (inner === null) return null;
        if (inner === '') continue;
        value = `{${inner}}`;
      }
      text += text === '' ? field.fragment + value : `,${field.fragment}${value}`;
    }
    return text;
  };

  return (cells, first) => {
    const text = writeFields(fields, cells, first);
    return text === null ? null : `{${text}}`;
  };
}

/** JSON text of a cell by its column's type; null = write it as text; '' = invalid, and settled as such. */
function typedText(cell: string, column: ColumnPlan, zone: string | null, packer: Packer): string | null {
  const { type } = column;
  const consent = column.strict ? consentShape(column.path) : null;
  switch (type) {
    case 'string':
      return null;
    case 'number':
      if (isPlainDecimal(cell)) return cell;
      break;
    case 'boolean': {
      const text = column.strict ? booleanWord(cell) : booleanText(cell);
      if (text !== null) return text;
      break;
    }
    case 'json':
      if (consent !== null) {
        const text = consentText(cell, consent);
        if (text !== null) return text;
      } else if (isJson(cell)) return cell;
      break;
    case 'timestamp': {
      const timeMs = parseTime(cell, column.format, zone);
      if (Number.isNaN(timeMs)) {
        packer.invalid(
          'bad_timestamp',
          `the value ${timeFault(cell, column.format, zone)}`,
          column.index + 1,
          column.name,
        );
        return '';
      }
      const note = timeNote(cell, column.format, zone);
      if (note !== null) packer.warn(note, column.name);
      return String(Math.floor(timeMs / 1000));
    }
  }
  if (column.strict) {
    packer.invalid(
      'bad_value',
      consent === null ? `the value is no ${type}, which the mapping demands` : `the value ${NO_CONSENT}`,
      column.index + 1,
      column.name,
    );
    return '';
  }
  packer.warn(`not_${type}`, column.name);
  return null;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
