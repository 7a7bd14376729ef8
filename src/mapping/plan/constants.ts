/** Constant attributes: `--set key=value`, and `constants` of a mapping file. */
import { CioBulkError } from '../../domain/errors.ts';
import { escapePointer } from './json-source.ts';
import type { MappingFile } from './plan-options.ts';
import { booleanText, isPlainDecimal } from '../values/values.ts';

type MutableRecord = Record<string, unknown>;

/** `placeOf`: where a constant stands in the file, for the beginning of a message. Dotted keys nest. `--set` wins over the file; its values are typed as cells are. */
export function parseConstants(
  set: readonly string[],
  fromFile: Readonly<Record<string, unknown>>,
  types: 'auto' | 'string',
  placeOf: (key: string) => string = () => '',
): Record<string, unknown> {
  const constants: MutableRecord = {};
  for (const [key, value] of Object.entries(fromFile)) putDotted(constants, key, value, placeOf(key));
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

/** Where a constant of a mapping file stands there, for the beginning of a message; empty for all others. */
export function constantPlaces(map: MappingFile | null | undefined): (key: string) => string {
  return (key) =>
    map && Object.hasOwn(map.constants, key) ? `${map.where(`/constants/${escapePointer(key)}`)}: ` : '';
}

function typed(text: string): unknown {
  const boolean = booleanText(text);
  if (boolean !== null) return boolean === 'true';
  return isPlainDecimal(text) && String(Number(text)) === text ? Number(text) : text;
}

function putDotted(target: MutableRecord, key: string, value: unknown, place = ''): void {
  const path = key.split('.');
  if (path.some((name) => name === '' || name === '__proto__')) {
    throw new CioBulkError('mapping', `${place}the constant "${key}" has no usable name`, {
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
