// The long figures (`npm run test:long`): the same rules as the short run, one file at a time, hours allowed.
// Never part of `npm test`; their printed JSON is committed under docs/runs/.
import { defineConfig, mergeConfig } from 'vitest/config';
import short from './vitest.config.ts';

// Nothing that a figure might be of: the disk, and a process that only this file has used.
const { projects: _shared, env: _inMemory, sequence: _order, ...rules } = short.test ?? {};

export default mergeConfig(
  { ...short, test: rules },
  defineConfig({
    test: {
      include: ['test/**/*.long.ts'],
      env: {},
      // One at a time: a figure taken beside another run is a figure of both.
      maxWorkers: 1,
      testTimeout: 4 * 60 * 60_000,
      hookTimeout: 10 * 60_000,
    },
  }),
);
