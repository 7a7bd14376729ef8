import { dirname, isAbsolute, join, relative } from 'node:path';
import { Secret } from '../domain/secret.ts';
import { plural } from '../domain/text/numbers.ts';
import { safeLine } from '../domain/text/safe-text.ts';
import type { Terminal } from '../output/terminal.ts';
import type { Defer } from './closing.ts';
import { startSandbox, type Sandbox } from './sandbox-process.ts';
import type { Target } from './target.ts';

/** The target of `--sandbox`: a sandbox that keeps its database beside the journal and ends with the session. */
export async function openOwnSandbox(
  { journalPath, cwd, terminal }: { readonly journalPath: string; readonly cwd: string; readonly terminal: Terminal },
  defer: Defer,
): Promise<Target> {
  const db = join(dirname(journalPath), 'sandbox.db');
  const sandbox = await startSandbox({ db });
  defer(() => closeSandbox(sandbox, shownPath(db, cwd), terminal));
  return {
    trackUrl: sandbox.trackUrl,
    appUrl: sandbox.appUrl,
    siteId: new Secret(sandbox.siteId),
    trackApiKey: new Secret(sandbox.trackApiKey),
    appApiKey: new Secret(sandbox.appApiKey),
    region: undefined,
    isSandbox: true,
    environment: 'sandbox',
  };
}

async function closeSandbox(sandbox: Sandbox, path: string, terminal: Terminal): Promise<void> {
  try {
    const state = await sandbox.state();
    terminal.say(
      `The sandbox now holds ${plural(state.people, 'person', 'people')} and ${plural(state.events, 'event')} (${safeLine(path)})`,
    );
  } catch {
    // it answers no more: there is nothing to say about it
  } finally {
    await sandbox.stop();
  }
}

/** From where the user stands, unless it lies elsewhere. */
function shownPath(path: string, cwd: string): string {
  const from = relative(cwd, path);
  return from.startsWith('..') || isAbsolute(from) ? path : from;
}
