import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Finishing } from '../temp.ts';
import { until } from '../until.ts';

const SCRIPT = fileURLToPath(new URL('./sender.mjs', import.meta.url));

/** A process of its own that starts whatever the budget lets it. */
export interface Sender {
  readonly child: ChildProcess;
  /** When each start came, in milliseconds of the clock that all processes of this machine share. */
  starts(): number[];
  /** What it has said. */
  said(): string;
  /** Its work is over. */
  readonly ended: Promise<void>;
}

export async function startSender(
  test: Finishing,
  options: { readonly port: number; readonly rate: number; readonly forMs: number },
): Promise<Sender> {
  const child = spawn(process.execPath, [SCRIPT, JSON.stringify(options)], { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (said += text));
  const ended = once(child, 'close').then(() => undefined);
  test.onTestFinished(async () => {
    child.kill('SIGCONT');
    child.kill('SIGKILL');
    await ended;
  });
  await until(
    () => said.includes('ready\n'),
    'the sender to be ready',
    () => said,
  );
  return {
    child,
    starts: () => [...said.matchAll(/^start (\S+)$/gm)].map(([, at]) => Number(at)),
    said: () => said,
    ended,
  };
}

/** What the clock of the machine says, as the senders tell it. */
export function machineNow(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
