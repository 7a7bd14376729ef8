/**
 * CSV rows and flat rows of JSON that are devices, objects or relationships: each is put together as the operation of v2 that it
 * amounts to, and goes on as a line of NDJSON that says so itself (operation-rows.ts).
 */
import type { InvalidCode } from '../../domain/chunk.ts';
import type { ColumnPlan, Plan } from '../../domain/plan.ts';
import { BESIDE, isComposed, type ComposedKind } from '../../domain/roles.ts';
import { createIdentifiers, type NameKind } from '../checks/identifiers.ts';
import { jsonText } from '../values/json-text.ts';
import { scalarText, type JsonRecord } from '../values/json-values.ts';
import { createCellAttributes } from './cell-attributes.ts';
import { createFlatAttributes } from './flat-attributes.ts';
import { createOperationRows } from './operation-rows.ts';
import type { Packer } from './packer.ts';
import type { Emitter } from './writer.ts';

const PLATFORMS: ReadonlySet<string> = new Set(['ios', 'android']);
const WHOLE_FROM_1 = /^[1-9]\d*$/;

/** null when the plan's rows are people or events. */
export function createComposedCells(
  plan: Plan,
  packer: Packer,
  emitter: Emitter,
): ((cells: readonly string[]) => void) | null {
  if (!isComposed(plan.kind)) return null;
  const compose = createComposer(plan, plan.kind, packer);
  const operation = createOperationRows(plan, packer, emitter);
  const attributesOf = createCellAttributes(withoutBeside(plan, plan.kind), packer);
  return (cells) => {
    const composed = compose({ value: ({ index }) => cells[index] ?? '', attributes: () => attributesOf(cells) });
    if (composed !== null) operation(composed);
  };
}

/** null when the plan's rows are people or events. `operation` takes what a row amounts to. */
export function createComposedFields(
  plan: Plan,
  packer: Packer,
  operation: (json: JsonRecord) => void,
): ((json: JsonRecord) => void) | null {
  if (!isComposed(plan.kind)) return null;
  const compose = createComposer(plan, plan.kind, packer);
  const attributesOf = createFlatAttributes(withoutBeside(plan, plan.kind), packer);
  return (json) => {
    const composed = compose({
      value: ({ name }) => (Object.hasOwn(json, name) ? json[name] : undefined),
      attributes: () => attributesOf(json),
    });
    if (composed !== null) operation(composed);
  };
}

/** The constant that stands for a column is no attribute. */
function withoutBeside(plan: Plan, kind: ComposedKind): Plan {
  const { [BESIDE[kind]]: _, ...constants } = plan.constants;
  return { ...plan, constants };
}

/** A row of either format. */
interface Row {
  value(column: ColumnPlan): unknown;
  attributes(): JsonRecord | null;
}

/** An operation; null when the row is invalid (and settled as such). */
function createComposer(plan: Plan, kind: ComposedKind, packer: Packer): (row: Row) => JsonRecord | null {
  const isDelete = plan.action === 'delete';
  const { personOf, tokenOf, platformOf, objectOf } = createParts(plan, kind, packer);
  const composers: Readonly<Record<ComposedKind, (row: Row) => JsonRecord | null>> = {
    devices(row) {
      const identifiers = personOf(row);
      const token = identifiers === null ? null : tokenOf(row);
      if (token === null) return null;
      if (isDelete) return { type: 'person', identifiers, action: 'delete_device', device: { token } };
      const platform = platformOf(row);
      const given = platform === null ? null : row.attributes();
      if (given === null) return null;
      const { last_used: lastUsed, ...others } = given;
      const device = { token, platform, last_used: lastUsed || undefined, attributes: orNone(textsOf(others)) };
      return { type: 'person', identifiers, action: 'add_device', device };
    },
    objects(row) {
      const identifiers = objectOf(row);
      if (identifiers === null) return null;
      if (isDelete) return { type: 'object', identifiers, action: 'delete' };
      const attributes = row.attributes();
      return attributes === null ? null : { type: 'object', identifiers, action: 'identify', attributes };
    },
    relationships(row) {
      const identifiers = personOf(row);
      const object = identifiers === null ? null : objectOf(row);
      const given = object === null ? null : row.attributes();
      if (given === null) return null;
      const attributes = isDelete ? undefined : orNone(given);
      return {
        type: 'person',
        identifiers,
        action: isDelete ? 'delete_relationships' : 'add_relationships',
        cio_relationships: [{ identifiers: object, relationship_attributes: attributes }],
      };
    },
  };
  return composers[kind];
}

type NameRole = Exclude<NameKind, 'phone'>;

/** What a row says, part by part; null when that makes it invalid (and it is settled as such). */
interface Parts {
  personOf(row: Row): JsonRecord | null;
  tokenOf(row: Row): string | null;
  platformOf(row: Row): string | null;
  objectOf(row: Row): JsonRecord | null;
}

function createParts(plan: Plan, kind: ComposedKind, packer: Packer): Parts {
  const identifiers = createIdentifiers(plan, packer);
  const columns = new Map(plan.columns.map((column) => [column.role, column]));
  const beside = scalarText(plan.constants[BESIDE[kind]]) ?? '';
  /** '' when the row does not say it. */
  const textOf = (row: Row, role: NameRole): string | null => {
    const column = columns.get(role);
    const own = column && identifiers.of(row.value(column), role, column.name, column.index + 1 || undefined);
    return own === undefined || own === '' ? (role === BESIDE[kind] ? beside : '') : own;
  };
  const refuse = (code: InvalidCode, message: string, role: NameRole): null => {
    const { index = -1, name = role } = columns.get(role) ?? {};
    packer.invalid(code, message, index + 1 || undefined, name);
    return null;
  };
  const needed = (row: Row, role: NameRole): string | null => {
    const text = textOf(row, role);
    return text === '' ? refuse('no_identifier', `the row has no ${role}`, role) : text;
  };

  return {
    personOf(row) {
      for (const role of ['cio_id', 'id', 'email'] as const) {
        const text = textOf(row, role);
        if (text !== '') return text === null ? null : { [role]: text };
      }
      const role = (['id', 'email', 'cio_id'] as const).find((one) => columns.has(one)) ?? 'id';
      return refuse('no_identifier', 'the row has no identifier of a person', role);
    },
    tokenOf: (row) => needed(row, 'device_token'),
    platformOf(row) {
      const platform = textOf(row, 'device_platform')?.toLowerCase();
      if (platform === undefined || PLATFORMS.has(platform)) return platform ?? null;
      return refuse('bad_value', `the platform of a device must be ${[...PLATFORMS].join(' or ')}`, 'device_platform');
    },
    objectOf(row) {
      const typeId = textOf(row, 'object_type_id');
      if (typeId === null) return null;
      if (!WHOLE_FROM_1.test(typeId))
        return refuse('bad_identifier', 'the type of an object must be a whole number from 1', 'object_type_id');
      const id = needed(row, 'object_id');
      return id === null ? null : { object_type_id: typeId, object_id: id };
    },
  };
}

function orNone(attributes: JsonRecord): JsonRecord | undefined {
  return Object.keys(attributes).length === 0 ? undefined : attributes;
}

/** Attributes of devices are texts (docs/customerio.md 2.8). */
function textsOf(attributes: JsonRecord): JsonRecord {
  return Object.fromEntries(
    Object.entries(attributes).map(([name, value]) => [
      name,
      value === null ? null : (scalarText(value) ?? jsonText(value)),
    ]),
  );
}
