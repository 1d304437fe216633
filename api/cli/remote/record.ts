// `annona record`, as it is declared; recordRuns.ts runs it.

import type { CommandSpec } from './spec.ts';

export const RECORD: CommandSpec = {
  name: 'record',
  description: 'the newest requests as the policies see them, for `annona policy impact`',
  options: [
    { flags: '--last <number>', description: 'so many of the newest, at most 10000', fallback: '1000' },
    { flags: '-o, --output <file>', description: 'write it there; by default to standard output' },
  ],
  examples: ['record -o requests.json', 'record --last 10000 -o requests.json'],
  role: 'operator',
  load: async () => (await import('./recordRuns.ts')).record,
};
