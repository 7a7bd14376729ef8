import type { Reporter, TestModule, TestSpecification } from 'vitest/node';

const SAY_EVERY_MS = 20_000;

/**
 * How far a long run is, in a line every twenty seconds: `[ 41 of 115 files, 512 tests passed, 3 min ]`. Only where vitest's own
 * reporter has no terminal on which it could keep such a line up to date.
 */
export function createProgressReporter(): Reporter {
  let files = 0;
  let ended = 0;
  const tests = { passed: 0, failed: 0, skipped: 0, pending: 0 };
  let startedAt = performance.now();
  let saidAt = startedAt;

  return {
    onTestRunStart(specifications: readonly TestSpecification[]) {
      files = specifications.length;
      startedAt = saidAt = performance.now();
    },
    onTestModuleEnd(module: TestModule) {
      ended++;
      for (const test of module.children.allTests()) tests[test.result().state]++;
      const now = performance.now();
      if (process.stdout.isTTY || now - saidAt < SAY_EVERY_MS || ended === files) return;
      saidAt = now;
      const failed = tests.failed === 0 ? '' : `, ${tests.failed} failed`;
      process.stdout.write(
        `[ ${ended} of ${files} files, ${tests.passed} tests passed${failed}, ${timeText(now - startedAt)} ]\n`,
      );
    },
  };
}

function timeText(ms: number): string {
  const seconds = Math.round(ms / 1000);
  return seconds < 100 ? `${seconds} s` : `${(seconds / 60).toFixed(1)} min`;
}
