/**
 * The sandbox as a process of its own. Settings come as JSON in CIO_BULK_SANDBOX. It sends a parent that forked it
 * `{type: 'ready', url, port, siteId}` or `{type: 'failed', isUsage, message}`, and never outlives that parent.
 */
import { ConfigError } from './http/config-error.ts';
import { parseConfig } from './http/config.ts';
import { createSandbox, type Sandbox } from './http/server.ts';

const isForked = process.connected;

async function main(): Promise<void> {
  let sandbox: Sandbox | undefined;
  let isStopping = false;
  const stop = (): void => {
    if (isStopping) return;
    isStopping = true;
    (sandbox?.close() ?? Promise.resolve()).then(exit, exit);
  };
  process.once('disconnect', stop);
  process.once('SIGTERM', stop);
  // Ctrl-C reaches every process of the terminal. If there is a parent, it decides when the sandbox stops.
  process.on('SIGINT', () => {
    if (!isForked) stop();
  });
  process.on('SIGHUP', () => {
    if (!isForked) stop();
  });
  sandbox = await createSandbox(parseConfig(process.env['CIO_BULK_SANDBOX'] ?? '{}'));
  if (isStopping) stop();
  report({ type: 'ready', url: sandbox.url, port: sandbox.port, siteId: sandbox.siteId });
}

function exit(): void {
  process.exit(0);
}

function report(
  message:
    | { readonly type: 'ready'; readonly url: string; readonly port: number; readonly siteId: string }
    | { readonly type: 'failed'; readonly isUsage: boolean; readonly message: string },
): void {
  if (process.send !== undefined) process.send(message);
  else if (message.type === 'ready') process.stdout.write(`sandbox at ${message.url}\n`);
  else process.stderr.write(`sandbox: ${message.message}\n`);
}

main().catch((error: unknown) => {
  const message = error instanceof Error ? error.message : String(error);
  report({ type: 'failed', isUsage: error instanceof ConfigError, message });
  process.exitCode = error instanceof ConfigError ? 2 : 5;
  if (process.connected) process.disconnect();
});
