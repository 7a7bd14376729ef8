import { startSandbox, type Sandbox, type SandboxOptions } from '../../src/session/sandbox-process.ts';
import { CREDENTIALS } from './cli.ts';
import type { Finishing } from './temp.ts';

/** A sandbox in its own process that knows the credentials `runCli` sends. Stopped when the test ends. */
export async function sandboxFor(test: Finishing, options: SandboxOptions = {}): Promise<Sandbox> {
  const sandbox = await startSandbox({ siteId: CREDENTIALS.siteId, trackApiKey: CREDENTIALS.apiKey, ...options });
  test.onTestFinished(() => sandbox.stop());
  return sandbox;
}
