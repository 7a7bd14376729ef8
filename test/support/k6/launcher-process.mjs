// A launcher in a process of its own, to be killed: arguments are URL, directory, k6. Prints k6's pid once it runs.
import { setTimeout as sleep } from 'node:timers/promises';
import { Secret } from '../../../dist/domain/secret.js';
import { prepareLoadtest, runLoadtest } from '../../../dist/loadtest/run-loadtest.js';

const [url, root, k6Bin] = process.argv.slice(2);
const stopping = new AbortController();
process.once('SIGINT', () => stopping.abort());

const target = {
  trackUrl: url,
  siteId: new Secret('site'),
  trackApiKey: new Secret('very-secret-track-key'),
  isSandbox: true,
  environment: undefined,
  region: null,
  workspaceId: null,
};
const prepared = await prepareLoadtest({
  request: { scenario: 'ramp', rate: 40, durationMs: 30_000, maxUsers: 5_000, p95Ms: 500, p99Ms: 2_000 },
  target,
  env: process.env,
  cwd: process.cwd(),
  k6Bin,
});
const { summary } = await runLoadtest({
  run: 'killtest',
  prepared,
  target,
  env: process.env,
  workspace: 'test',
  ledger: {
    plan() {},
    started: (_id, pid) => process.stdout.write(`k6 ${pid}\n`),
    finish() {},
    markCleaned() {},
    uncleaned: () => [],
    list: () => [],
  },
  root,
  clock: {
    now: Date.now,
    monotonic: () => performance.now(),
    sleep: (ms, signal) => sleep(Math.max(0, ms), undefined, { signal }).catch(() => undefined),
  },
  stopping: stopping.signal,
  aborting: new AbortController().signal,
  onSample() {},
});
process.stdout.write(`${JSON.stringify(summary)}\n`);
