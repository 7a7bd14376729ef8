import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

/** What a helper needs from a test: a place to register cleanup. It is the test's own context, so tests can run concurrently. */
export interface Finishing {
  onTestFinished(undo: () => void | Promise<void>): void;
}

/** All tests of a file, or of the `describe` that uses this while it collects its tests: cleanup comes after the last of them. */
export const SUITE: Finishing = { onTestFinished: (undo) => afterAll(undo) };

/** A temporary folder, removed when the test ends. No test makes one in another way. */
export function tempFolder(test: Finishing): string {
  const folder = mkdtempSync(join(tmpdir(), 'cio-bulk-test-'));
  test.onTestFinished(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
  return folder;
}

/** For one run of a property, of which a test has many: what `run` registers is undone when it ends. */
export async function finishing<T>(run: (test: Finishing) => Promise<T>): Promise<T> {
  const undos: (() => void | Promise<void>)[] = [];
  try {
    return await run({ onTestFinished: (undo) => void undos.push(undo) });
  } finally {
    for (const undo of undos.toReversed()) await undo();
  }
}

/** Writes a CSV of people `u1`, `u2`, ... with an e-mail address and one attribute; returns its path. */
export function peopleCsv(folder: string, rows: number, name = 'people.csv'): string {
  const lines = Array.from({ length: rows }, (_, i) => `u${i + 1},u${i + 1}@example.com,plan-${i % 7}`);
  const path = join(folder, name);
  writeFileSync(path, `id,email,plan\n${lines.join('\n')}\n`);
  return path;
}

/** Writes a CSV of events, each with its own person and time, all too old to trigger anything; returns its path. */
export function eventsCsv(folder: string, rows: number, name = 'events.csv'): string {
  const lines = Array.from({ length: rows }, (_, i) => `u${i + 1},order_placed,${1_600_000_000 + i},${i}`);
  const path = join(folder, name);
  writeFileSync(path, `id,event,timestamp,amount\n${lines.join('\n')}\n`);
  return path;
}
