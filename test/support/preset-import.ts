import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import type { CliResult } from './cli.ts';
import type { Finishing } from './temp.ts';
import { openWorkspace, type Workspace } from './workspace.ts';

const FIXTURES = fileURLToPath(new URL('../../fixtures/presets/', import.meta.url));

export interface PresetImport {
  readonly workspace: Workspace;
  readonly result: CliResult;
  /** By id, or by e-mail where there is none. */
  readonly attributes: Awaited<ReturnType<Workspace['attributes']>>;
  /** Row, code and column of each. */
  readonly undelivered: readonly (readonly unknown[])[];
}

/**
 * What becomes of an export in an empty workspace: of a fixture by its name, or of the lines of a file. `preset` is a name, or the
 * mapping file that somebody has made of one.
 */
export async function importWithPreset(
  test: Finishing,
  preset: string | Readonly<Record<string, unknown>>,
  source: string | readonly string[],
  flags: readonly string[] = [],
): Promise<PresetImport> {
  const workspace = await openWorkspace(test);
  const path = typeof source === 'string' ? join(FIXTURES, source) : join(workspace.folder, 'export.csv');
  if (typeof source !== 'string') writeFileSync(path, `${source.join('\n')}\n`);
  const map = join(workspace.folder, 'map.json');
  if (typeof preset !== 'string') writeFileSync(map, JSON.stringify(preset));
  const mapping = typeof preset === 'string' ? ['--preset', preset] : ['--map', map];
  const result = await workspace.run(['import', path, ...mapping, '--json', ...flags]);
  return {
    workspace,
    result,
    attributes: await workspace.attributes(),
    undelivered: result.json.flatMap((line) =>
      line.type === 'undelivered' ? [[line['row'], line['code'], line['column']]] : [],
    ),
  };
}

/** How an import must have ended. */
export function expectEnd({ result }: PresetImport, counts: Readonly<Record<string, number>>): void {
  expect([result.summary, result.stderr]).toEqual([expect.objectContaining(counts), result.stderr]);
}
