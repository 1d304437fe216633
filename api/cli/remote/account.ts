// `annona account …` and `annona usage`, as they are declared; accountRuns.ts runs them.

import { type CommandSpec, type GroupSpec, LIMIT_OPTION } from './spec.ts';

const ID = ['<id>', 'an account, as `annona account list` shows it'] as const;

export const ACCOUNT: GroupSpec = {
  name: 'account',
  description: 'budgets: list, get, ledger, forecast',
  commands: [
    {
      name: 'list',
      description: 'accounts that you may see',
      options: [LIMIT_OPTION],
      examples: ['account list'],
      role: 'operator',
      load: async () => (await import('./accountRuns.ts')).listAccounts,
    },
    {
      name: 'get',
      description: 'one account: per period what is budgeted, reserved, spent and left',
      args: [ID],
      examples: ['account get research'],
      role: 'operator',
      load: async () => (await import('./accountRuns.ts')).getAccount,
    },
    {
      name: 'ledger',
      description: 'what was reserved, settled and refunded on an account',
      args: [ID],
      options: [{ flags: '--period <id>', description: 'of this period' }, LIMIT_OPTION],
      examples: ['account ledger research --limit 20'],
      role: 'operator',
      load: async () => (await import('./accountRuns.ts')).ledger,
    },
    {
      name: 'forecast',
      description: 'when an account runs out if it goes on like this',
      args: [ID],
      examples: ['account forecast research'],
      role: 'operator',
      load: async () => (await import('./accountRuns.ts')).forecast,
    },
  ],
};

export const USAGE: CommandSpec = {
  name: 'usage',
  description: 'what was asked, granted, held and paid in a span of time',
  options: [
    { flags: '--from <time>', description: 'RFC 3339: from then on' },
    { flags: '--to <time>', description: 'RFC 3339: until then' },
    { flags: '--by <list>', description: 'groups: department, class, kind and agent, separated by commas' },
    { flags: '--csv', description: 'comma-separated values, as the server writes them' },
  ],
  examples: [
    'usage',
    'usage --by department,class',
    'usage --from 2026-11-01T00:00:00Z --csv > november.csv',
  ],
  role: 'operator',
  load: async () => (await import('./accountRuns.ts')).usageReport,
};
