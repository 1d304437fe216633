// Who may do what: one table of role by action. The cell says how far it reaches, and so also whose rows are seen.
// Invariant: a route names its action and nothing else decides; docs/permissions.md is written from this table, a test compares both.

import type { Role } from '../../scheduler/index.ts';
import { ROLES } from '../../scheduler/index.ts';
import type { Principal, Scope } from '../ports.ts';

/** `own`: of the agent itself. `department`: of its department. `all`: of the organisation. */
export type Reach = 'none' | 'own' | 'department' | 'all';

export const ACTIONS = {
  readSelf: 'read who one is, and what one may do',
  submit: 'submit requests, one or a batch',
  cancel: 'cancel a request',
  readRequests: 'read requests, their reasons and their events',
  readLeases: 'read leases and extensions',
  heartbeat: 'keep a lease alive',
  extend: 'ask to hold a lease longer',
  release: 'release a lease',
  acknowledge: 'acknowledge that a lease is taken back',
  readApprovals: 'read what reviewers are asked, and their rulings',
  rule: 'approve or reject what a policy asks a reviewer for',
  readPools: 'read pools, their capacity, use and windows',
  readTicks: 'read ticks and their certificates',
  readEvents: 'follow events',
  readAccounts: 'read accounts, their ledger and forecast',
  editBudgets: 'edit what the periods of accounts have to spend',
  readUsage: 'read usage',
  readAgents: 'read agents, their skills and when they were last heard of',
  editAgents: 'register, edit and retire agents',
  heartbeatAgent: 'say that an agent is there',
  readDepartments: 'read departments and what they are entitled to',
  editPools: 'make, edit and remove pools',
  readQuotas: 'read quotas and what is used of them',
  editQuotas: 'make, edit and remove quotas',
  readTickFiles: 'take a tick home as a file',
  readHistory: 'take home records, inputs and events of ticks, for replays',
  readAudit: 'read the audit, its seals and their signed head',
  readPolicyRows: 'read requests as the policies see them',
  readPolicies: 'read which policies are in force, and what is known of a candidate',
  editPolicies: 'bring in policy bundles, activate them, roll back, compare a candidate',
  readDecisionLog: 'read the decision log and the differences of a candidate, row by row',
  readJobs: 'read side jobs and take their results',
  runJobs: 'ask for side jobs, simulations among them, and cancel them',
  readWebhooks: 'read webhooks and what could not be delivered',
  editWebhooks: 'make and remove webhooks, and have deliveries tried again',
} as const;
export type Action = keyof typeof ACTIONS;

/** Probes, metrics and the error catalogue: they name nobody and hold no row of a department. */
export type RouteAction = Action | 'public';

const READER: Readonly<Record<Action, Reach>> = {
  readSelf: 'department',
  submit: 'none',
  cancel: 'none',
  readRequests: 'department',
  readLeases: 'department',
  heartbeat: 'none',
  extend: 'none',
  release: 'none',
  acknowledge: 'none',
  readApprovals: 'department',
  rule: 'none',
  readPools: 'all',
  readTicks: 'department',
  readEvents: 'department',
  readAccounts: 'department',
  editBudgets: 'none',
  readUsage: 'department',
  readAgents: 'all',
  editAgents: 'none',
  heartbeatAgent: 'none',
  readDepartments: 'all',
  editPools: 'none',
  readQuotas: 'all',
  editQuotas: 'none',
  readTickFiles: 'none',
  readHistory: 'none',
  readAudit: 'none',
  readPolicyRows: 'none',
  readPolicies: 'all',
  editPolicies: 'none',
  readDecisionLog: 'none',
  readJobs: 'department',
  runJobs: 'none',
  readWebhooks: 'none',
  editWebhooks: 'none',
};
const OVERSEER: Readonly<Record<Action, Reach>> = {
  ...READER,
  readRequests: 'all',
  readLeases: 'all',
  readApprovals: 'all',
  readTicks: 'all',
  readEvents: 'all',
  readAccounts: 'all',
  readUsage: 'all',
  readHistory: 'all',
  readAudit: 'all',
  readPolicyRows: 'all',
  readDecisionLog: 'all',
  readJobs: 'all',
  runJobs: 'all',
};
const STEWARD: Readonly<Record<Action, Reach>> = {
  ...OVERSEER,
  editAgents: 'all',
  editPools: 'all',
  editQuotas: 'all',
  editBudgets: 'all',
  readTickFiles: 'all',
};

/**
 * Cancel, release and acknowledgement stay inside the department, also for operators: the fold drops an act on another department's
 * request, so a wider cell would answer 202 and do nothing.
 * `readTicks` is `department` where what names other departments is withheld.
 */
export const PERMISSIONS: Readonly<Record<Role, Readonly<Record<Action, Reach>>>> = {
  agent: {
    readSelf: 'own',
    submit: 'own',
    cancel: 'own',
    readRequests: 'own',
    readLeases: 'own',
    heartbeat: 'own',
    extend: 'own',
    release: 'own',
    acknowledge: 'own',
    readApprovals: 'own',
    rule: 'none',
    readPools: 'all',
    readTicks: 'department',
    readEvents: 'own',
    readAccounts: 'own',
    editBudgets: 'none',
    readUsage: 'own',
    readAgents: 'all',
    editAgents: 'none',
    heartbeatAgent: 'own',
    readDepartments: 'all',
    editPools: 'none',
    readQuotas: 'all',
    editQuotas: 'none',
    readTickFiles: 'none',
    readHistory: 'none',
    readAudit: 'none',
    readPolicyRows: 'none',
    readPolicies: 'none',
    editPolicies: 'none',
    readDecisionLog: 'none',
    readJobs: 'none',
    runJobs: 'none',
    readWebhooks: 'none',
    editWebhooks: 'none',
  },
  'department-head': {
    ...READER,
    cancel: 'department',
    release: 'department',
    acknowledge: 'department',
    editAgents: 'department',
    runJobs: 'department',
    readWebhooks: 'department',
    editWebhooks: 'department',
  },
  // Of the skills that its department has reviewers for, and of its own department; it rules on what is of other departments.
  reviewer: { ...READER, readApprovals: 'all', rule: 'all' },
  // Rows of requests name people of other departments: an author is given a record by who oversees.
  'policy-author': { ...READER, editPolicies: 'all' },
  // Who did what is for those who oversee operators too.
  operator: { ...STEWARD, readAudit: 'none' },
  auditor: OVERSEER,
  administrator: { ...STEWARD, editPolicies: 'all', readWebhooks: 'all', editWebhooks: 'all' },
};

export function reachOf(role: Role, action: Action): Reach {
  return PERMISSIONS[role][action];
}

/** The one place where a principal becomes a scope. Null: it may not. */
export function scopeFor(principal: Principal, action: Action): Scope | null {
  const { department, agent } = principal;
  const reach = reachOf(principal.role, action);
  switch (reach) {
    case 'none':
      return null;
    case 'own':
      return agent === null ? null : { type: 'agent', department, agent };
    case 'department':
      return { type: 'department', department };
    case 'all':
      return { type: 'all', department };
    default: {
      const never: never = reach;
      throw new Error(`unknown reach ${never}`);
    }
  }
}

/** docs/permissions.md. */
export function renderPermissions(): string {
  const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const lines = [
    '# Permissions',
    '',
    'What each role may do over HTTP. This page is written from `api/http/permissions.ts`; a test compares them, and calls',
    'every route with every role.',
    '',
    '- `own`: what belongs to the agent itself.',
    '- `department`: what belongs to its department.',
    '- `all`: what belongs to anyone in the organisation.',
    '- `-`: refused with 403 `ROLE_NOT_ALLOWED`.',
    '',
    'An object outside the reach answers 404 like one that does not exist. Probes, `/metrics`, `/problems` and the contract need no token.',
    'A tick is one decision over all departments: where its cell says `department`, it is shown without the multipliers of',
    'its certificate and without its leases, which would name others. An account belongs to those for whom it pays, with its',
    'ancestors: its sums are over everybody, and its lines are of the leases within the reach.',
    'A reviewer reads the approvals of the skills that its department has reviewers registered for, and those of its own',
    'department; it rules on the former, and never on a request of its own department.',
    '',
    row(['action', ...ROLES]),
    row(['---', ...ROLES.map(() => '---')]),
    ...(Object.keys(ACTIONS) as Action[]).map((action) =>
      row([ACTIONS[action], ...ROLES.map((role) => PERMISSIONS[role][action].replace('none', '-'))]),
    ),
  ];
  return `${lines.join('\n')}\n`;
}
