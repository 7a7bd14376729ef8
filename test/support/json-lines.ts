import { readFileSync } from 'node:fs';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import type { JsonLine } from './cli.ts';

export interface JsonSchema {
  readonly type?: string | readonly string[];
  readonly const?: string;
  readonly enum?: readonly (string | null)[];
  readonly description?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly additionalProperties?: JsonSchema | false;
  readonly items?: JsonSchema;
  readonly $ref?: string;
}

const SCHEMA = JSON.parse(readFileSync(new URL('../../docs/json-lines.schema.json', import.meta.url), 'utf8')) as {
  readonly $id: string;
  readonly $defs: Readonly<Record<string, JsonSchema>>;
};

/** The lines that docs/json-lines.schema.json describes, by name. */
export const LINES: Readonly<Record<string, JsonSchema>> = SCHEMA.$defs;

const ajv = new Ajv2020({ allErrors: true, allowUnionTypes: true });
ajv.addSchema(SCHEMA);
const validators = new Map(
  Object.keys(LINES).map((name) => [name, ajv.getSchema(`${SCHEMA.$id}#/$defs/${name}`)] as const),
);

/** Name of the one description that a line satisfies. If there is none, or more than one, it throws and says why. */
export function describedAs(line: JsonLine): string {
  const fitting = [...validators].filter(([, validate]) => validate?.(line) === true).map(([name]) => name);
  if (fitting.length === 1) return fitting[0] ?? '';
  const faults = [...validators]
    .filter(([name]) => name.split('_')[0] === line.type)
    .map(([name, validate]) => `as ${name}: ${faultsOf(validate)}`);
  throw new Error(`${JSON.stringify(line)} fits ${fitting.join(' and ') || 'nothing'}\n${faults.join('\n')}`);
}

function faultsOf(validate: ValidateFunction | undefined): string {
  return ajv.errorsText(validate?.errors, { dataVar: '' });
}
