import { execFile } from 'node:child_process';
import { CioBulkError } from '../domain/errors.ts';
import type { LoadPlan } from '../domain/loadtest.ts';
import type { K6Binary } from './find-k6.ts';
import { K6_CONFIG } from './k6-environment.ts';

const INSPECT_TIMEOUT_MS = 60_000;
const INSPECT_BYTES_MAX = 4_000_000;

/**
 * Asks k6 what a script would do. Nothing is sent: k6 compiles the script and prints its options, with the plan that `k6/lib` put
 * into the load scenario's environment. Throws `k6_failed` if the script cannot be run.
 */
export async function inspectPlan(
  k6: K6Binary,
  script: string,
  env: Readonly<Record<string, string>>,
): Promise<LoadPlan> {
  const text = await inspect(k6.path, script, env);
  const options = JSON.parse(text) as { scenarios?: { load?: { env?: { CIO_BULK_PLAN?: unknown } } } };
  const plan = options.scenarios?.load?.env?.CIO_BULK_PLAN;
  if (typeof plan !== 'string')
    throw new CioBulkError('k6_failed', `${script} has no plan: it is not one of the bundled scenarios`);
  return JSON.parse(plan) as LoadPlan;
}

function inspect(path: string, script: string, env: Readonly<Record<string, string>>): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { env, timeout: INSPECT_TIMEOUT_MS, maxBuffer: INSPECT_BYTES_MAX, windowsHide: true };
    execFile(
      path,
      ['inspect', '--config', K6_CONFIG, '--include-system-env-vars', script],
      options,
      (error, stdout, stderr) => {
        if (error === null) resolve(stdout);
        else
          reject(
            new CioBulkError('k6_failed', `k6 cannot run the scenario: ${firstError(stderr)}`, {
              hint: `try: k6 inspect ${script}`,
            }),
          );
      },
    );
  });
}

/** The message of k6's first log line, without stack and terminal escapes. */
function firstError(stderr: string): string {
  const message = /msg="((?:[^"\\]|\\.)*)"/.exec(stderr)?.[1] ?? stderr.trim().split('\n')[0] ?? '';
  return (message.split(String.raw`\n`)[0] ?? '').replace(/^Error: /, '').slice(0, 300) || 'it gave no reason';
}
