/** The mapping file that a command is given, and what it says of how the source is written. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { CioBulkError } from '../../domain/errors.ts';
import { FILE_KEYS, parseMappingFile } from '../../mapping/plan/mapping-file.ts';
import type { MappingFile } from '../../mapping/plan/plan-options.ts';
import { readPreset } from '../../reading/presets.ts';
import { text } from './common.ts';
import { readChoice } from './sending.ts';
import { encodingOf, tableOptions } from './table.ts';

export const FORMATS = ['auto', 'csv', 'tsv', 'ndjson'] as const;

/** The mapping file of a command, and its text for the fingerprint of a run. */
export interface Mapping {
  readonly text: string;
  readonly file: MappingFile;
}

/** What `--map` or `--preset` names; undefined when neither was given. */
export function mappingOf(flags: Record<string, unknown>, cwd: string): Mapping | undefined {
  const [path, preset] = [text(flags, 'map'), text(flags, 'preset')];
  if (path !== undefined && preset !== undefined)
    throw new CioBulkError('usage', '--map and --preset contradict each other', {
      hint: `write the preset to a file, edit it and use that alone: cio-bulk validate <file> --preset ${preset} --write-map map.json`,
    });
  const mapping = preset !== undefined ? readPreset(preset) : path === undefined ? undefined : readMap(path, cwd);
  if (mapping !== undefined) assertFileKeys(mapping.file);
  return mapping;
}

/** What a mapping file says of the source is held to the same as the flags, and its faults are its own. */
function assertFileKeys({ file, where }: MappingFile): void {
  for (const [key, value] of Object.entries(file)) {
    try {
      if (key === 'encoding') encodingOf(value);
      else if (key === 'format') readChoice({ format: value }, 'format', '--format', FORMATS);
      else tableOptions({ [camelCase(key)]: value });
    } catch (error) {
      if (!(error instanceof CioBulkError)) throw error;
      throw new CioBulkError('mapping', `${where(`/file/${key}`)}: as ${error.message}`, {
        ...(error.hint === undefined ? {} : { hint: error.hint }),
        cause: error,
      });
    }
  }
}

/** How a source is written, as the mapping file says where the flags do not. */
export function withFileKeys(flags: Record<string, unknown>, { file }: MappingFile): Record<string, unknown> {
  const isUnsaid = (key: string): boolean => flags[key] === undefined || flags[key] === FLAG_DEFAULTS[key];
  const own = Object.entries(file)
    .map(([key, value]) => [camelCase(key), value] as const)
    .filter(([key]) => isUnsaid(key));
  return { ...flags, ...Object.fromEntries(own) };
}

/** How the source is written, with the keys of a mapping file, as far as it was said. */
export function saidOfFile(options: Record<string, unknown>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    FILE_KEYS.flatMap((key): [string, string][] => {
      const flag = camelCase(key);
      const value = text(options, flag);
      return value === undefined || value === FLAG_DEFAULTS[flag] ? [] : [[key, value]];
    }),
  );
}

function camelCase(key: string): string {
  return key.replace(/_(\w)/, (_, letter: string) => letter.toUpperCase());
}

const FLAG_DEFAULTS: Readonly<Record<string, string>> = {
  format: 'auto',
  encoding: 'auto',
  delimiter: 'auto',
  skipLines: '0',
  ragged: 'error',
  repeatedColumns: 'error',
};

function readMap(path: string, cwd: string): Mapping {
  const content = contentOf(path, cwd);
  return { text: content, file: parseMappingFile(content, path) };
}

function contentOf(path: string, cwd: string): string {
  try {
    return readFileSync(resolve(cwd, path), 'utf8');
  } catch (error) {
    throw new CioBulkError('mapping', `--map ${path} cannot be read`, { cause: error });
  }
}
