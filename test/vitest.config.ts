// The one test configuration: `npm test` and `vitest run --config test/vitest.config.ts` use it.
// No retries: a test that passes the second time is a fault that has been seen once.
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';
import { LongestFirst } from './support/longestFirst.ts';
import { environmentOfTests } from './support/whereTestsRun.ts';

/**
 * Files whose worker is their own: they build what ships, and start, kill and count processes. For the others a worker goes
 * from file to file and keeps the modules: nothing of ours holds state in a module, and four hundred files that each load them again,
 * cold, took a third of the processor time of the run.
 */
const ALONE = [
  'test/crash/*.test.ts',
  'test/deploy/*.test.ts',
  'test/bench/smoke.test.ts',
  'test/examples/*.test.ts',
  'test/api/console/*.test.ts',
  'test/api/console/pages/*.test.ts',
  'test/adapters/postgres/embedded*.test.ts',
];

export default defineConfig({
  root: join(import.meta.dirname, '..'),
  test: {
    projects: [
      { extends: true, test: { name: 'alone', include: ALONE } },
      {
        extends: true,
        test: { name: 'shared', include: ['test/**/*.test.ts'], exclude: ALONE, isolate: false },
      },
    ],
    // One PostgreSQL and one Kafka cluster for the run, each started by the first test that wants it.
    globalSetup: ['test/support/globalPostgres.ts', 'test/support/globalKafka.ts'],
    env: environmentOfTests(),
    // Processes, not threads: tests start children, databases and worker threads, and end with them.
    pool: 'forks',
    sequence: { sequencer: LongestFirst },
    // Four on two cores, and no more on bigger machines: files that start servers and brokers wait for them half of the time, and what
    // they start takes cores of its own.
    maxWorkers: 4,
    // Generous because a first database cluster takes 10 s on two busy cores, and a property of 100 runs a minute where others run, too;
    // no test measures time with it.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    teardownTimeout: 20_000,
    // As patient as test/support/eventually.ts: a second, the default, is what a busy machine takes for nothing.
    expect: { poll: { timeout: 30_000 } },
    retry: 0,
    reporters: ['default'],
  },
});
