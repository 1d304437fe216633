// `annona approval …`, as it is declared; approvalRuns.ts runs it.

import { type GroupSpec, LIMIT_OPTION, type OptionSpec } from './spec.ts';

const ID = ['<id>', 'an approval, as `annona approval list` shows it'] as const;
const REASON: OptionSpec = { flags: '--reason <text>', description: 'told to whoever asked; required' };
const DIGEST: OptionSpec = {
  flags: '--digest <digest>',
  description: 'what you have read; by default the approval is read first',
};

export const APPROVAL: GroupSpec = {
  name: 'approval',
  description: 'what policies ask reviewers for: list, get, approve, reject',
  commands: [
    {
      name: 'list',
      description: 'approvals that you may see, newest request first',
      options: [
        {
          flags: '--state <state>',
          description: 'seeking, scheduled, approved, rejected, lapsed or dropped',
        },
        { flags: '--skill <skill>', description: 'that ask for this skill' },
        { flags: '--request <id>', description: 'that this request waits for' },
        LIMIT_OPTION,
      ],
      examples: [
        'approval list --state scheduled --as reviewer@data-science',
        'approval list --request req_01kb5n0qfx0000000000000001 --json',
      ],
      role: 'reviewer',
      load: async () => (await import('./approvalRuns.ts')).listApprovals,
    },
    {
      name: 'get',
      description: 'one approval: what is asked, for which purpose, until when it can be ruled on',
      args: [ID],
      examples: ['approval get apr_01kb5n0qfx0000000000000001_4_0'],
      role: 'reviewer',
      load: async () => (await import('./approvalRuns.ts')).getApproval,
    },
    {
      name: 'approve',
      description: 'let the request be granted',
      args: [ID],
      options: [REASON, DIGEST],
      examples: ['approval approve apr_01kb5n0qfx0000000000000001_4_0 --reason "lawful basis: contract"'],
      role: 'reviewer',
      load: async () => (await import('./approvalRuns.ts')).approve,
    },
    {
      name: 'reject',
      description: 'deny the request, with a reason',
      args: [ID],
      options: [REASON, DIGEST],
      examples: ['approval reject apr_01kb5n0qfx0000000000000001_4_0 --reason "purpose too broad"'],
      role: 'reviewer',
      load: async () => (await import('./approvalRuns.ts')).reject,
    },
  ],
};
