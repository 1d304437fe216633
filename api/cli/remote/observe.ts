// `annona queue`, `annona events` and `annona top`, as they are declared: what is going on.

import type { CommandSpec } from './spec.ts';

export const QUEUE: CommandSpec = {
  name: 'queue',
  description: 'how many wait for which reason, most common first',
  examples: ['queue', 'queue --json'],
  role: 'operator',
  load: async () => (await import('./queueRuns.ts')).queue,
};

export const EVENTS: CommandSpec = {
  name: 'events',
  description: 'follow what happens, across broken connections, each event once',
  options: [
    {
      flags: '--since <place>',
      description: 'go on behind this place (`place` of --json); by default from now',
    },
    { flags: '--type <types>', description: 'only these types, separated by commas' },
    { flags: '--request <id>', description: 'only of this request' },
    { flags: '--count <number>', description: 'end after so many; by default at Ctrl-C' },
  ],
  examples: ['events', 'events --type annona.request.granted.v1 --json', 'events --since eyJtYWluIjoxMDEyfQ'],
  role: 'operator',
  load: async () => (await import('./eventsRuns.ts')).events,
};

export const TOP: CommandSpec = {
  name: 'top',
  description: 'pools, queue and decisions on one screen, as they change; q leaves',
  options: [
    { flags: '--once', description: 'show it once and end' },
    {
      flags: '--every <seconds>',
      description: 'how often it asks for what events do not tell',
      fallback: '2',
    },
  ],
  examples: ['top', 'top --once'],
  role: 'operator',
  load: async () => (await import('./topRuns.ts')).top,
};
