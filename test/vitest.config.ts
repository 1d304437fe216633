// The one test configuration: `npm test` and `vitest run --config test/vitest.config.ts` use it.
// No retries: a test that passes the second time is a fault that has been seen once.
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  root: join(import.meta.dirname, '..'),
  test: {
    include: ['test/**/*.test.ts'],
    // One PostgreSQL and one Kafka cluster for the run, each started by the first test that wants it.
    globalSetup: ['test/support/globalPostgres.ts', 'test/support/globalKafka.ts'],
    // Processes, not threads: tests start children, databases and worker threads, and end with them.
    pool: 'forks',
    // Three on two cores, and no more on bigger machines: files that start servers and brokers wait for them half of the time, and what
    // they start takes cores of its own.
    maxWorkers: 3,
    // Generous because a first database cluster takes 10 s on two busy cores; no test measures time with it.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    teardownTimeout: 20_000,
    retry: 0,
    reporters: ['default'],
  },
});
