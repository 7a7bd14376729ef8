import { defineConfig } from 'vitest/config';
import { createProgressReporter } from './test/support/progress-reporter.ts';

/** `.ci/run` names a file for a report that it can read. */
const outputFile = process.env['TEST_REPORT'];
const report: ['json', { outputFile: string }][] = outputFile === undefined ? [] : [['json', { outputFile }]];

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/announce.ts'],
    // Most tests spawn real processes: on two cores, more workers would only wait for each other.
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // No retries: a test that fails once in a thousand runs has found something. Tests that measure time opt in (test/support/timed.ts).
    retry: 0,
    reporters: ['default', createProgressReporter(), ...report],
  },
});
