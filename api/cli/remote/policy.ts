// `annona policy push|list|activate|rollback|compare|status`, as they are declared; policyRuns.ts runs them.

import { type CommandSpec, LIMIT_OPTION, type OptionSpec } from './spec.ts';

const REVISION = ['<revision>', 'of a stored bundle, or `shipped` for the policies of the product'] as const;
const EXPECT: OptionSpec = {
  flags: '--expect <sequence>',
  description: 'only if this is still the sequence that `annona policy status` shows',
};

export const POLICY: readonly CommandSpec[] = [
  {
    name: 'push',
    description: 'bring a signed bundle to a server; nothing is active by it',
    args: [['<file>', 'what `annona policy build --sign` or `annona policy sign` wrote']],
    options: [{ flags: '--activate', description: 'and judge by it from the next tick on' }],
    examples: ['policy push my-policies.bundle.json', 'policy push my-policies.bundle.json --activate'],
    role: 'policy-author',
    load: async () => (await import('./policyRuns.ts')).push,
  },
  {
    name: 'list',
    description: 'bundles that a server has, newest first',
    options: [LIMIT_OPTION],
    examples: ['policy list'],
    role: 'policy-author',
    load: async () => (await import('./policyRuns.ts')).listBundles,
  },
  {
    name: 'activate',
    description: 'judge by a bundle from the next tick on; what was active is kept ready',
    args: [REVISION],
    options: [EXPECT],
    examples: ['policy activate shipped'],
    role: 'policy-author',
    load: async () => (await import('./policyRuns.ts')).activate,
  },
  {
    name: 'rollback',
    description: 'go back to what was active before, at once',
    options: [EXPECT],
    examples: ['policy rollback'],
    role: 'policy-author',
    load: async () => (await import('./policyRuns.ts')).rollback,
  },
  {
    name: 'compare',
    description: 'compare a bundle with the active one on live traffic, without an effect',
    args: [['[revision]', 'of a stored bundle; without one the comparison ends']],
    options: [
      EXPECT,
      {
        flags: '--promote-after <ticks>',
        description: 'activate it after so many ticks without a difference',
      },
    ],
    examples: ['policy compare shipped --promote-after 1000', 'policy compare'],
    role: 'policy-author',
    load: async () => (await import('./policyRuns.ts')).compare,
  },
  {
    name: 'status',
    description: 'which policies are in force, the candidate, what failed, and which rules are idle',
    examples: ['policy status'],
    role: 'policy-author',
    load: async () => (await import('./policyRuns.ts')).status,
  },
];
