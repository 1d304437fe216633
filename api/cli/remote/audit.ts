// `annona audit …`, as it is declared; auditRuns.ts runs it. Whether its chain holds is `annona verify --chain`.

import type { GroupSpec } from './spec.ts';

export const AUDIT: GroupSpec = {
  name: 'audit',
  description: 'who did what, for auditors and administrators: list, head',
  commands: [
    {
      name: 'list',
      description: 'entries, oldest first',
      options: [
        { flags: '--after <sequence>', description: 'those behind it', fallback: '0' },
        { flags: '--limit <number>', description: 'at most so many, up to 500', fallback: '50' },
        { flags: '--act <act>', description: 'of that act: submit, cancel, edit, granted, role-refused, …' },
        { flags: '--actor <subject>', description: 'by that subject' },
        { flags: '--department <id>', description: 'of that department' },
        { flags: '--object <id>', description: 'about that request, lease, or whatever was edited' },
      ],
      examples: ['audit list --act edit', 'audit list --after 1200 --limit 500 --json'],
      role: 'auditor',
      load: async () => (await import('./auditRuns.ts')).listAudit,
    },
    {
      name: 'head',
      description: 'the signed head of the chain: keep it elsewhere, and later ends cannot be cut off unseen',
      options: [
        { flags: '-o, --output <file>', description: 'write it there, for `annona verify --chain --head`' },
      ],
      examples: ['audit head -o head.json'],
      role: 'auditor',
      load: async () => (await import('./auditRuns.ts')).auditHead,
    },
  ],
};
