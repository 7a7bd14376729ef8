import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/announce.ts'],
    // Two cores: most tests spawn real processes, so more workers would only make them wait for each other.
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // No retry here: what fails one time in a thousand is a find. Tests that measure time say so (test/support/timed.ts).
    retry: 0,
    reporters: ['default'],
  },
});
