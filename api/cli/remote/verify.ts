// `annona verify`, as it is declared; verifyRuns.ts runs it.

import type { CommandSpec } from './spec.ts';

export const VERIFY: CommandSpec = {
  name: 'verify',
  description:
    'check a decided tick without trusting who decided it: rows, digests, rules, every proven bound',
  args: [
    [
      '<tick>',
      'a number: that tick of the server; FROM..TO: those ticks; else a file of a decided tick, or of a history; - for standard input',
    ],
  ],
  options: [
    {
      flags: '--replay',
      description: 'decide the ticks again from a checkpoint and their inputs, and compare every digest',
    },
    { flags: '--ticks <range>', description: 'with --replay of a file: compare these alone' },
    {
      flags: '--policy <bundle>',
      description:
        'with --replay: ask these policies again where they were in force; shipped for those of the product',
    },
    {
      flags: '--chain',
      description: 'follow the chains of ticks and audit, from a server or a file of its history',
    },
    { flags: '--head <file>', description: 'with --chain: a signed head that was kept before' },
    {
      flags: '--key <file>',
      description: 'with --chain: the public keys to trust, instead of those told with the head',
    },
  ],
  examples: [
    'verify 1042',
    'verify tick-1042.json',
    'verify 1000..1042 --replay',
    'verify history.jsonl --replay --ticks 1042',
    'verify history.jsonl --chain --head head.json',
    'tick examples/ticks/contended.json --json | npx annona verify -',
  ],
  role: 'operator',
  load: async () => (await import('./verifyRuns.ts')).verify,
};
