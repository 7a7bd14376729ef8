/** Constant attributes: `--set key=value`, and `constants` of a mapping file. */
import { CioBulkError } from '../../domain/errors.ts';
import { booleanText, isPlainDecimal } from '../values/values.ts';

type MutableRecord = Record<string, unknown>;

/** Dotted keys nest. `--set` wins over the file; its values are typed as cells are. */
export function parseConstants(
  set: readonly string[],
  fromFile: Readonly<Record<string, unknown>>,
  types: 'auto' | 'string',
): Record<string, unknown> {
  const constants: MutableRecord = {};
  for (const [key, value] of Object.entries(fromFile)) putDotted(constants, key, value);
  for (const item of set) {
    const equals = item.indexOf('=');
    if (equals < 1)
      throw new CioBulkError('usage', `--set: "${item}" is not key=value`, { hint: 'for example --set source=crm' });
    putDotted(
      constants,
      item.slice(0, equals),
      types === 'string' ? item.slice(equals + 1) : typed(item.slice(equals + 1)),
    );
  }
  return constants;
}

function typed(text: string): unknown {
  const boolean = booleanText(text);
  if (boolean !== null) return boolean === 'true';
  return isPlainDecimal(text) && String(Number(text)) === text ? Number(text) : text;
}

function putDotted(target: MutableRecord, key: string, value: unknown): void {
  const path = key.split('.');
  if (path.some((name) => name === '' || name === '__proto__')) {
    throw new CioBulkError('mapping', `the constant "${key}" has no usable name`, {
      hint: 'use a name, or names joined by dots, such as address.city',
    });
  }
  let record = target;
  for (const name of path.slice(0, -1)) {
    const found = Object.hasOwn(record, name) ? record[name] : undefined;
    const isOpen = typeof found === 'object' && found !== null && !Array.isArray(found);
    const next: MutableRecord = isOpen ? { ...found } : {};
    record[name] = next;
    record = next;
  }
  record[path.at(-1) ?? ''] = value;
}
