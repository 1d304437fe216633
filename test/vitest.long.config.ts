// The long figures (`npm run test:long`): the same rules as the short run, one file at a time, hours allowed.
// Never part of `npm test`; their printed JSON is committed under docs/runs/.
import { defineConfig, mergeConfig } from 'vitest/config';
import short from './vitest.config.ts';

// The disk is what a figure might be of.
const { include: _short, env: _inMemory, ...rules } = short.test ?? {};

export default mergeConfig(
  { ...short, test: rules },
  defineConfig({
    test: {
      include: ['test/**/*.long.ts'],
      // One at a time: a figure taken beside another run is a figure of both.
      maxWorkers: 1,
      testTimeout: 4 * 60 * 60_000,
      hookTimeout: 10 * 60_000,
    },
  }),
);
