/** NDJSON rows to operations: each line may have any of three forms. */
import type { Plan } from '../../domain/plan.ts';
import type { Emitter } from './writer.ts';
import { createComposedFields } from './composed-rows.ts';
import { createFlatRows } from './flat-rows.ts';
import { jsonForm } from './json-form.ts';
import { UnwritableValue } from '../values/json-text.ts';
import { isRecord } from '../values/json-values.ts';
import type { JsonRecord } from '../values/json-values.ts';
import { createNulls } from '../values/nulls.ts';
import { createLift } from './lifted-rows.ts';
import { createOperationRows } from './operation-rows.ts';
import type { Packer } from './packer.ts';
import { createRowSkips } from './skipped-rows.ts';
import { createSteppedRows } from './stepped-rows.ts';
import { createTypedRows } from './typed-rows.ts';

/** What `cio-bulk failures` has added to a row is not sent, wherever somebody has put it. */
const ADDED = 'cio_bulk_';
const PAYLOADS: ReadonlySet<string> = new Set(['attributes', 'data', 'properties', 'traits']);

function withoutAdded(json: JsonRecord): JsonRecord {
  return Object.keys(json).some(
    (name) => isAdded(name) || (PAYLOADS.has(name) && isRecord(json[name]) && Object.keys(json[name]).some(isAdded)),
  )
    ? stripped(json, true)
    : json;
}

function isAdded(name: string): boolean {
  return name.startsWith(ADDED);
}

function stripped(record: JsonRecord, isRow: boolean): JsonRecord {
  const own = Object.entries(record).filter(([name]) => !isAdded(name));
  return Object.fromEntries(
    own.map(([name, value]) => [name, isRow && PAYLOADS.has(name) && isRecord(value) ? stripped(value, false) : value]),
  );
}

export function createJsonRows(plan: Plan, packer: Packer, emitter: Emitter): (json: JsonRecord) => void {
  const operation = createOperationRows(plan, packer, emitter);
  const rows = {
    operation,
    typed: createTypedRows(plan, packer, emitter, operation),
    flat: createComposedFields(plan, packer, operation) ?? createFlatRows(plan, packer, emitter),
  };
  const nulls = createNulls(plan.nulls);
  const steps = createSteppedRows(plan, packer);
  const lift = createLift(plan);
  const isSkipped = createRowSkips(plan.skipRows);
  return (json) => {
    const given = withoutAdded(json);
    const form = jsonForm(given, plan.hasTypedLines === true);
    const own = lift === null || form !== 'flat' ? given : lift(given);
    if (isSkipped?.({ json: own }) === true) return packer.skip('skip_rows');
    try {
      const filled = nulls === null || form === 'operation' ? own : nulls.json(own);
      const stepped = steps === null || form !== 'flat' ? filled : steps.json(filled);
      if (stepped !== null) rows[form](stepped);
    } catch (error) {
      if (!(error instanceof UnwritableValue)) throw error;
      packer.invalid('bad_value', error.message);
    }
  };
}
