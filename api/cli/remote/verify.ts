// `annona verify`, as it is declared; verifyRuns.ts runs it.

import type { CommandSpec } from './spec.ts';

export const VERIFY: CommandSpec = {
  name: 'verify',
  description:
    'check a decided tick without trusting who decided it: rows, digests, rules, every proven bound',
  args: [
    ['<tick>', 'a number: that tick of the server; else a file of a decided tick, - for standard input'],
  ],
  examples: [
    'verify 1042',
    'verify tick-1042.json',
    'tick examples/ticks/contended.json --json | npx annona verify -',
  ],
  role: 'operator',
  load: async () => (await import('./verifyRuns.ts')).verify,
};
