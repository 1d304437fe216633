// `annona lease …`, as it is declared; leaseRuns.ts runs it.

import { type GroupSpec, LIMIT_OPTION, type OptionSpec } from './spec.ts';

const ID = ['<id>', 'a lease, as `annona lease list` shows it, or latest'] as const;
const EPOCH: OptionSpec = {
  flags: '--epoch <number>',
  description: "the lease's fencing number; by default it is read first",
};

export const LEASE: GroupSpec = {
  name: 'lease',
  description: 'hold units: list, get, heartbeat, extend, release, acknowledge',
  commands: [
    {
      name: 'list',
      description: 'leases that you may see, newest first',
      options: [
        { flags: '--state <state>', description: 'granted, active, revoking, released, expired or revoked' },
        { flags: '--department <id>', description: 'of this department' },
        { flags: '--agent <id>', description: 'of this agent' },
        { flags: '--kind <kind>', description: 'that hold units of this kind' },
        { flags: '--pool <id>', description: 'that hold units of this pool' },
        LIMIT_OPTION,
      ],
      examples: ['lease list', 'lease list --state active --json'],
      role: 'agent',
      load: async () => (await import('./leaseRuns.ts')).listLeases,
    },
    {
      name: 'get',
      description: 'one lease: what it holds, until when, and its epoch',
      args: [ID],
      examples: ['lease get lse_0000003k_000'],
      role: 'agent',
      load: async () => (await import('./leaseRuns.ts')).getLease,
    },
    {
      name: 'heartbeat',
      description: 'keep a lease alive, once or until Ctrl-C',
      args: [ID],
      options: [EPOCH, { flags: '--keep', description: 'go on at a third of the time-out, until Ctrl-C' }],
      examples: ['lease heartbeat lse_0000003k_000', 'lease heartbeat lse_0000003k_000 --keep'],
      role: 'agent',
      load: async () => (await import('./leaseRuns.ts')).heartbeat,
    },
    {
      name: 'extend',
      description: 'ask to hold a lease longer; the next tick decides',
      args: [ID],
      options: [{ flags: '--by <time>', description: 'how much longer: 90s, 30m, 2h; required' }, EPOCH],
      examples: ['lease extend lse_0000003k_000 --by 30m'],
      role: 'agent',
      load: async () => (await import('./leaseRuns.ts')).extend,
    },
    {
      name: 'release',
      description: 'give a lease back; what it did not use is refunded',
      args: [ID],
      options: [EPOCH],
      examples: ['lease release lse_0000003k_000'],
      role: 'agent',
      load: async () => (await import('./leaseRuns.ts')).release,
    },
    {
      name: 'acknowledge',
      description: 'give back a lease that is being revoked; its request is taken up again',
      args: [ID],
      options: [EPOCH],
      examples: ['lease acknowledge lse_0000003k_000'],
      role: 'agent',
      load: async () => (await import('./leaseRuns.ts')).acknowledge,
    },
  ],
};
