import { createInterface } from 'node:readline/promises';
import type { Host } from '../domain/host.ts';

/** Asks a person at the terminal. Ctrl-C there counts as no answer. */
export async function ask(host: Host, question: string): Promise<string> {
  const lines = createInterface({ input: host.stdin, output: host.stderr });
  try {
    return await lines.question(question, { signal: host.stopping });
  } catch {
    return '';
  } finally {
    lines.close();
  }
}
