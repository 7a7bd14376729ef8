import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { JsonLine } from './cli.ts';
import type { Finishing } from './temp.ts';
import { openWorkspace, type StoredEvent, type Workspace } from './workspace.ts';

const FIXTURES = fileURLToPath(new URL('../../fixtures/presets/', import.meta.url));

/** An archive after its import with a preset. */
export interface Arrived {
  readonly workspace: Workspace;
  readonly code: number | null;
  readonly stderr: string;
  readonly counts: Readonly<Record<'read' | 'delivered' | 'invalid' | 'skipped', unknown>>;
  /** What `validate` says of skipped rows. */
  readonly skippedBy: unknown;
  /** `19: no_identifier`. */
  readonly invalid: readonly string[];
  readonly events: readonly StoredEvent[];
  /** @throws when there is none, or more than one */
  event(name: string): StoredEvent;
}

/** `source` is the name of a fixture, or rows. */
export async function importWithPreset(
  test: Finishing,
  preset: string,
  source: string | readonly Readonly<Record<string, unknown>>[],
  flags: readonly string[] = [],
): Promise<Arrived> {
  const workspace = await openWorkspace(test);
  const file = typeof source === 'string' ? source : 'rows.ndjson';
  const path = join(workspace.folder, file);
  if (typeof source === 'string') copyFileSync(FIXTURES + source, path);
  else writeFileSync(path, source.map((row) => `${JSON.stringify(row)}\n`).join(''));
  const args = [file, '--preset', preset, '--json', ...flags];
  const seen = await workspace.run(['validate', ...args]);
  const result = await workspace.run(['import', ...args]);
  const events = await workspace.events();
  const { summary } = result;
  return {
    workspace,
    code: result.code,
    stderr: result.stderr,
    counts: {
      read: summary?.['rows_read'],
      delivered: summary?.['delivered'],
      invalid: summary?.['invalid'],
      skipped: summary?.['skipped'],
    },
    skippedBy: seen.summary?.['skipped_by'],
    invalid: result.json.filter(({ type }) => type === 'undelivered').map(faultText),
    events,
    event(name) {
      const [found, ...others] = events.filter((event) => event.name === name);
      if (found === undefined || others.length > 0)
        throw new Error(`${others.length === 0 ? 'no event' : 'several events'} "${name}"\n${result.stderr}`);
      return found;
    },
  };
}

function faultText({ row, code }: JsonLine): string {
  return `${String(row)}: ${String(code)}`;
}

/** `2026-02-02T01:07:03Z` in whole seconds. */
export function seconds(time: string): number {
  return Math.floor(Date.parse(time) / 1000);
}
