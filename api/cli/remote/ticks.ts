// `annona ticks …`, as it is declared; ticksRuns.ts runs it. What a tick of a file decides is `annona tick`.

import { type GroupSpec, LIMIT_OPTION } from './spec.ts';

const NUMBER = ['<tick>', 'its number, as `annona ticks list` shows it'] as const;

export const TICKS: GroupSpec = {
  name: 'ticks',
  description: 'what ticks decided and how well: list, get, file, quality',
  commands: [
    {
      name: 'list',
      description: 'ticks, newest first',
      options: [LIMIT_OPTION],
      examples: ['ticks list --limit 5'],
      role: 'operator',
      load: async () => (await import('./ticksRuns.ts')).listTicks,
    },
    {
      name: 'get',
      description: 'one tick: its counts, its stages and how their quality is proved',
      args: [NUMBER],
      examples: ['ticks get 1042'],
      role: 'operator',
      load: async () => (await import('./ticksRuns.ts')).getTick,
    },
    {
      name: 'quality',
      description: 'how good the newest ticks were proved to be: by gap and class, given up, faults',
      options: [
        { flags: '--last <number>', description: 'so many of the newest, at most 10000', fallback: '1000' },
      ],
      examples: ['ticks quality', 'ticks quality --last 10000 --json'],
      role: 'operator',
      load: async () => (await import('./ticksRuns.ts')).tickQuality,
    },
    {
      name: 'file',
      description: 'a late tick as a file, for `annona tick` to decide it again',
      args: [NUMBER],
      options: [
        { flags: '-o, --output <path>', description: 'write it there; by default to standard output' },
      ],
      examples: ['ticks file 1042 -o tick.json', 'ticks file 1042 | npx annona tick -'],
      role: 'operator',
      load: async () => (await import('./ticksRuns.ts')).tickFile,
    },
  ],
};
