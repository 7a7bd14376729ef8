/** Loaded before a measured program: at its exit it writes down what the whole process used, all threads included. */
import { readFileSync, writeFileSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';

export interface Usage {
  readonly cpuSeconds: number;
  readonly peakRssBytes: number;
}

const path = process.env['CIO_BULK_BENCH_USAGE'];
if (isMainThread && path !== undefined) {
  process.once('exit', () => {
    const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
    const usage: Usage = {
      cpuSeconds: (userCPUTime + systemCPUTime) / 1e6,
      peakRssBytes: (peakOfThisImageKb() ?? maxRSS) * 1024,
    };
    writeFileSync(path, JSON.stringify(usage));
  });
}

/** On Linux `maxRSS` also knows the process that spawned this one; the status file does not. */
function peakOfThisImageKb(): number | undefined {
  try {
    const kb = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
    return kb === undefined ? undefined : Number(kb);
  } catch {
    return undefined;
  }
}
