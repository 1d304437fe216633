// `annona pool …` and `annona quota …`, as they are declared: what operators own and edit. ownedRuns.ts runs them.

import { type GroupSpec, LIMIT_OPTION, type OptionSpec } from './spec.ts';

const FILE: OptionSpec = {
  flags: '-f, --file <path>',
  description: 'JSON or YAML; - for standard input; required',
};
const DRY_RUN: OptionSpec = { flags: '--dry-run', description: 'show what it would do; nothing is changed' };

export const POOL: GroupSpec = {
  name: 'pool',
  description: 'what there is to give: list, get, apply, remove',
  commands: [
    {
      name: 'list',
      description: 'pools with what is used and left',
      options: [{ flags: '--kind <kind>', description: 'of this kind' }, LIMIT_OPTION],
      examples: ['pool list', 'pool list --kind gpu'],
      role: 'agent',
      load: async () => (await import('./ownedRuns.ts')).listPools,
    },
    {
      name: 'get',
      description: 'one pool with its labels and windows',
      args: [['<id>', 'a pool']],
      examples: ['pool get gpu-a100-waw1'],
      role: 'agent',
      load: async () => (await import('./ownedRuns.ts')).getPool,
    },
    {
      name: 'apply',
      description: 'create the pool that a file describes, or change it to be so',
      options: [FILE, DRY_RUN],
      examples: ['pool apply -f pool.yaml --dry-run', 'pool apply -f pool.yaml'],
      role: 'operator',
      load: async () => (await import('./ownedRuns.ts')).applyPool,
    },
    {
      name: 'remove',
      description: 'take a pool away; what is leased from it runs to its end',
      args: [['<id>', 'a pool']],
      options: [DRY_RUN],
      examples: ['pool remove gpu-lab --dry-run'],
      role: 'operator',
      load: async () => (await import('./ownedRuns.ts')).removePool,
    },
  ],
};

export const QUOTA: GroupSpec = {
  name: 'quota',
  description: "departments' shares of a kind: list, get, apply, remove",
  commands: [
    {
      name: 'list',
      description: 'quotas that you may see',
      options: [
        { flags: '--department <id>', description: 'of this department' },
        { flags: '--kind <kind>', description: 'of this kind' },
        LIMIT_OPTION,
      ],
      examples: ['quota list', 'quota list --kind gpu'],
      role: 'operator',
      load: async () => (await import('./ownedRuns.ts')).listQuotas,
    },
    {
      name: 'get',
      description: 'one quota',
      args: [
        ['<department>', 'a department'],
        ['<kind>', 'a kind'],
      ],
      examples: ['quota get research gpu'],
      role: 'operator',
      load: async () => (await import('./ownedRuns.ts')).getQuota,
    },
    {
      name: 'apply',
      description: 'create the quota that a file describes, or change it to be so',
      options: [FILE, DRY_RUN],
      examples: ['quota apply -f quota.yaml --dry-run', 'quota apply -f quota.yaml'],
      role: 'operator',
      load: async () => (await import('./ownedRuns.ts')).applyQuota,
    },
    {
      name: 'remove',
      description: 'take a quota away: the department is then not limited in that kind',
      args: [
        ['<department>', 'a department'],
        ['<kind>', 'a kind'],
      ],
      options: [DRY_RUN],
      examples: ['quota remove research gpu'],
      role: 'operator',
      load: async () => (await import('./ownedRuns.ts')).removeQuota,
    },
  ],
};
