// From verified claims to a principal: role, department and agent must fit the organisation in force.
// Invariant: looked up at every call, also for a cached token, so that an agent taken out of the organisation is out at once.

import type { IdentityRefusal, Principal } from '../../api/ports.ts';
import type { AgentId, Configuration, DepartmentId, Role } from '../../scheduler/index.ts';

/** Beside `Role` of the door, because adapters import types only; the annotation makes a missing role a type error. */
const ROLES: Readonly<Record<Role, true>> = {
  agent: true,
  'department-head': true,
  reviewer: true,
  'policy-author': true,
  operator: true,
  auditor: true,
  administrator: true,
};

export interface Membership {
  readonly departments: ReadonlySet<string>;
  readonly agents: ReadonlyMap<string, DepartmentId>;
}

/** Of the configuration in force, made once per revision. */
export function membershipSource(current: () => Configuration): () => Membership {
  const known = new WeakMap<Configuration, Membership>();
  return () => {
    const configuration = current();
    let membership = known.get(configuration);
    if (!membership) {
      membership = {
        departments: new Set(configuration.departments.map((department) => department.id)),
        agents: new Map(configuration.agents.map((agent) => [agent.id, agent.department])),
      };
      known.set(configuration, membership);
    }
    return membership;
  };
}

/** What a token claims, shapes checked, membership not yet. */
export function readClaims(payload: Readonly<Record<string, unknown>>): Principal | null {
  const { sub, exp, role, department, agent } = payload;
  if (typeof sub !== 'string' || sub === '' || sub.length > 200) return null;
  if (typeof exp !== 'number' || !Number.isFinite(exp)) return null;
  if (typeof role !== 'string' || !Object.hasOwn(ROLES, role)) return null;
  if (typeof department !== 'string') return null;
  if (agent !== undefined && typeof agent !== 'string') return null;
  // An agent's token names its agent; no other role may carry one, or it would act with two identities.
  if ((role === 'agent') !== (agent !== undefined)) return null;
  return {
    subject: sub,
    role: role as Role,
    department: department as DepartmentId,
    agent: (agent ?? null) as AgentId | null,
    expiresAt: Math.floor(exp * 1000),
  };
}

export function checkMembership(principal: Principal, membership: Membership): IdentityRefusal | null {
  if (!membership.departments.has(principal.department)) return 'unknownAgent';
  if (principal.agent === null) return null;
  return membership.agents.get(principal.agent) === principal.department ? null : 'unknownAgent';
}
