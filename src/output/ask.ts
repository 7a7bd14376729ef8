import { createInterface } from 'node:readline';
import type { Host } from '../domain/host.ts';

/**
 * Asks a person at the terminal; the end of the input counts as no answer. The terminal stays in its own mode, so that Ctrl-C
 * is a signal here as everywhere: the question is dropped, and the abort ends the command with 130.
 */
export async function ask(host: Host, question: string): Promise<string> {
  const lines = createInterface({ input: host.stdin, output: host.stderr, terminal: false });
  try {
    return await new Promise<string>((resolve, reject) => {
      const stop = (): void => reject(host.stopping.reason);
      if (host.stopping.aborted) stop();
      host.stopping.addEventListener('abort', stop, { once: true });
      lines.once('close', () => resolve(''));
      lines.question(question, { signal: host.stopping }, resolve);
    });
  } catch (error) {
    host.stderr.write('\n'); // the cursor still stands behind the question
    throw error;
  } finally {
    lines.close();
  }
}

/** Whether there is a person who can answer. */
export function canAsk(host: Host): boolean {
  return host.stdin.isTTY === true && host.stderr.isTTY === true;
}

/** Asks for one word, and takes nothing else for it: `don't delete` is not `delete`. */
export async function askForWord(host: Host, question: string, word: string): Promise<boolean> {
  return (await ask(host, `${question} Type "${word}" to go on: `)).trim() === word;
}
