/** The mapping files that come with the program, one for each kind of export (docs/presets.md). */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { RawRow } from '../domain/block.ts';
import { CioBulkError } from '../domain/errors.ts';
import type { SourceLayout } from '../domain/plan.ts';
import { isRecord } from '../mapping/values/json-values.ts';
import { parseMappingFile } from '../mapping/plan/mapping-file.ts';
import type { MappingFile } from '../mapping/plan/plan-options.ts';

const FOLDER = fileURLToPath(new URL('../../presets/', import.meta.url));
const ENDING = '.json';

export function presetNames(): readonly string[] {
  return readdirSync(FOLDER)
    .filter((name) => name.endsWith(ENDING))
    .map((name) => name.slice(0, -ENDING.length))
    .toSorted();
}

/** @throws CioBulkError `usage` */
export function readPreset(name: string): { readonly text: string; readonly file: MappingFile } {
  const names = presetNames();
  if (!names.includes(name))
    throw new CioBulkError('usage', `--preset ${JSON.stringify(name)}: there is no such preset`, {
      hint: `the presets are ${names.join(', ')}`,
    });
  const text = textOf(name);
  return { text, file: parseMappingFile(text, `preset ${name}`) };
}

function textOf(preset: string): string {
  return readFileSync(`${FOLDER}${preset}${ENDING}`, 'utf8');
}

export interface Suggestion {
  readonly preset: string;
  /** `a customer export of Shopify`. */
  readonly title: string;
}

/** All that a suggestion needs of a preset: it is made at every start, and checks them no more than that. */
interface PresetHead {
  readonly title?: string;
  readonly recognised_by?: readonly string[];
}

/** Rows of the sample that are looked at: fields may be missing in some. */
const LOOKED_AT = 50;

/** The preset whose columns a source has; of several, the one that asks for most. null when there is none. */
export function suggestedPreset(layout: SourceLayout, sample: readonly RawRow[]): Suggestion | null {
  const header = layout.header.map((name) => name.trim());
  const lines = sample.slice(0, LOOKED_AT).flatMap((row) => (!Array.isArray(row) && 'json' in row ? [row.json] : []));
  const has = (name: string): boolean =>
    layout.format === 'ndjson' ? lines.some((line) => hasField(line, name.split('.'))) : header.includes(name);
  let best: Suggestion | null = null;
  let mostNames = 0;
  for (const preset of presetNames()) {
    const { recognised_by: recognisedBy = [], title = preset } = JSON.parse(textOf(preset)) as PresetHead;
    if (recognisedBy.length <= mostNames || !recognisedBy.every(has)) continue;
    best = { preset, title };
    mostNames = recognisedBy.length;
  }
  return best;
}

function hasField(value: unknown, [name, ...rest]: readonly string[]): boolean {
  if (name === undefined) return true;
  return isRecord(value) && Object.hasOwn(value, name) && hasField(value[name], rest);
}
