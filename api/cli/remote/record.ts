// `annona record`, as it is declared; recordRuns.ts runs it.

import type { CommandSpec } from './spec.ts';

export const RECORD: CommandSpec = {
  name: 'record',
  description:
    'the newest requests as the policies see them, for `annona policy impact`; with --history what the server decided, to be replayed',
  options: [
    { flags: '--last <number>', description: 'so many of the newest, at most 10000', fallback: '1000' },
    { flags: '-o, --output <file>', description: 'write it there; by default to standard output' },
    {
      flags: '--history',
      description: 'ticks with their inputs and events, the checkpoint before them',
    },
    {
      flags: '--ticks <range>',
      description: 'with --history: FROM..TO, or FROM.. up to the newest; by default all',
    },
    {
      flags: '--audit',
      description:
        'with --history: the audit too, its seals and their signed head, for those who may read it',
    },
  ],
  examples: [
    'record -o requests.json',
    'record --last 10000 -o requests.json',
    'record --history --ticks 1000.. -o history.jsonl',
  ],
  role: 'operator',
  load: async () => (await import('./recordRuns.ts')).record,
};
