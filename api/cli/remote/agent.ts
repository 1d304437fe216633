// `annona agent …` and `annona department …`, as they are declared; agentRuns.ts runs them.

import { type GroupSpec, LIMIT_OPTION, type OptionSpec } from './spec.ts';

const ID = ['<id>', 'an agent, as `annona agent list` shows it'] as const;
const DRY_RUN: OptionSpec = { flags: '--dry-run', description: 'show what it would do; nothing is changed' };

export const AGENT: GroupSpec = {
  name: 'agent',
  description: 'the services that act for departments: list, get, register, skills, heartbeat, retire',
  commands: [
    {
      name: 'list',
      description: 'agents that you may see',
      options: [
        { flags: '--department <id>', description: 'of this department' },
        { flags: '--skill <name>', description: 'that can do this' },
        LIMIT_OPTION,
      ],
      examples: ['agent list', 'agent list --department research --skill cuda'],
      role: 'operator',
      load: async () => (await import('./agentRuns.ts')).listAgents,
    },
    {
      name: 'get',
      description: 'one agent',
      args: [ID],
      examples: ['agent get forge-01'],
      role: 'operator',
      load: async () => (await import('./agentRuns.ts')).getAgent,
    },
    {
      name: 'register',
      description: 'add an agent to a department, by flags or by a file',
      args: [['[id]', 'its id; with -f the one of the file']],
      options: [
        { flags: '-f, --file <path>', description: 'an agent in JSON or YAML; - for standard input' },
        { flags: '--department <id>', description: 'whom it acts for' },
        { flags: '--skills <list>', description: 'separated by commas: what other agents may ask of it' },
        { flags: '--roles <list>', description: 'separated by commas' },
        { flags: '--clearance <name>', description: 'public, internal, confidential or restricted' },
        { flags: '--accounts <list>', description: 'separated by commas: what its grants are charged to' },
        { flags: '--concurrency <number>', description: 'how many tasks it takes at a time' },
        { flags: '--price <number>', description: 'minor units of money that an hour of it costs' },
        DRY_RUN,
      ],
      examples: [
        'agent register scout-01 --department research --skills search,summarise --clearance internal --accounts research',
        'agent register -f agent.yaml',
      ],
      role: 'operator',
      load: async () => (await import('./agentRuns.ts')).register,
    },
    {
      name: 'skills',
      description: 'show what an agent can do, or change it',
      args: [ID],
      options: [
        { flags: '--set <list>', description: 'exactly these, separated by commas' },
        { flags: '--add <list>', description: 'these too' },
        { flags: '--remove <list>', description: 'these no more' },
        DRY_RUN,
      ],
      examples: ['agent skills scout-01', 'agent skills scout-01 --add translate'],
      role: 'operator',
      load: async () => (await import('./agentRuns.ts')).skills,
    },
    {
      name: 'heartbeat',
      description: 'say that an agent is alive, as that agent',
      args: [['[id]', 'the agent that calls; with --as it need not be said']],
      examples: ['agent heartbeat --as scout-01', 'agent heartbeat scout-01'],
      role: 'agent',
      load: async () => (await import('./agentRuns.ts')).heartbeat,
    },
    {
      name: 'retire',
      description: 'let an agent ask for nothing more; it keeps what it holds until that ends',
      args: [ID],
      options: [DRY_RUN],
      examples: ['agent retire scout-01'],
      role: 'operator',
      load: async () => (await import('./agentRuns.ts')).retire,
    },
  ],
};

export const DEPARTMENT: GroupSpec = {
  name: 'department',
  description: 'the tenants: list, get',
  commands: [
    {
      name: 'list',
      description: 'departments that you may see',
      options: [LIMIT_OPTION],
      examples: ['department list'],
      role: 'operator',
      load: async () => (await import('./agentRuns.ts')).listDepartments,
    },
    {
      name: 'get',
      description: 'one department: its clearance, classes, kinds and limits',
      args: [['<id>', 'a department']],
      examples: ['department get research'],
      role: 'operator',
      load: async () => (await import('./agentRuns.ts')).getDepartment,
    },
  ],
};
