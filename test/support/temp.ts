import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What a helper needs of a test: a place to say what must be undone. A test's own context has it, so that tests may run side by side. */
export interface Finishing {
  onTestFinished(undo: () => void | Promise<void>): void;
}

/** A folder of its own for one test, gone when the test ends. */
export function tempFolder(test: Finishing): string {
  const folder = mkdtempSync(join(tmpdir(), 'cio-bulk-test-'));
  test.onTestFinished(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
  return folder;
}

/** A CSV of people `u1`, `u2`, ... with an e-mail and one attribute; the path. */
export function peopleCsv(folder: string, rows: number, name = 'people.csv'): string {
  const lines = Array.from({ length: rows }, (_, i) => `u${i + 1},u${i + 1}@example.com,plan-${i % 7}`);
  const path = join(folder, name);
  writeFileSync(path, `id,email,plan\n${lines.join('\n')}\n`);
  return path;
}

/** A CSV of events, each of another person and with a time of its own, all old enough to trigger nothing; the path. */
export function eventsCsv(folder: string, rows: number, name = 'events.csv'): string {
  const lines = Array.from({ length: rows }, (_, i) => `u${i + 1},order_placed,${1_600_000_000 + i},${i}`);
  const path = join(folder, name);
  writeFileSync(path, `id,event,timestamp,amount\n${lines.join('\n')}\n`);
  return path;
}
