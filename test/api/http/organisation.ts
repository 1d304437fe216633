// A small organisation for the tests of the edge: two departments, three agents, a few pools. No behaviour.

import type {
  Agent,
  AgentId,
  Configuration,
  Department,
  DepartmentId,
  Instant,
  Pool,
  PoolId,
  Role,
} from '../../../scheduler/index.ts';

export const NOW: Instant = Date.UTC(2026, 10, 23, 9, 0, 0);

export const RESEARCH = 'research' as DepartmentId;
export const SALES = 'sales' as DepartmentId;
export const FORGE = 'forge-01' as AgentId;
export const ANVIL = 'anvil-01' as AgentId;
export const SCOUT = 'scout-01' as AgentId;

function department(id: DepartmentId): Department {
  return { id, title: id, clearanceCeiling: 'restricted', classes: ['standard', 'batch'], requestLimits: {} };
}

function agent(id: AgentId, of: DepartmentId): Agent {
  const roles: Role[] = ['agent'];
  return { id, department: of, roles, skills: [], clearance: 'confidential', accounts: [] };
}

function pool(id: string, fields: Partial<Pool>): Pool {
  const common = { unit: 'unit', capacity: 0, labels: {}, consumable: false, priceMinor: 0 };
  return { id: id as PoolId, kind: 'gpu', ...common, ...fields };
}

export const ORGANISATION: Configuration = {
  revision: 'cfg_test',
  cell: 'main',
  organisation: 'acme',
  departments: [department(RESEARCH), department(SALES)],
  agents: [agent(FORGE, RESEARCH), agent(ANVIL, RESEARCH), agent(SCOUT, SALES)],
  pools: [
    pool('gpu-a100', { capacity: 8, unit: 'GPU', labels: { model: 'a100', zone: ['a', 'b'] } }),
    pool('gpu-h100', { capacity: 4, unit: 'GPU', labels: { model: 'h100', zone: 'a' } }),
    pool('cpu-a', { kind: 'cpu', capacity: 64, unit: 'vCPU', labels: { zone: 'a' } }),
    pool('legal', {
      kind: 'review',
      unit: 'slot',
      consumable: true,
      labels: { skill: 'legal' },
      calendar: [
        { id: '2026-11-24T09:00Z', startsAt: NOW + 86_400_000, endsAt: NOW + 97_200_000, capacity: 6 },
      ],
    }),
  ],
  quotas: [],
  cohorts: [],
  accounts: [],
  classes: [
    { name: 'standard', rank: 0, targetWaitSeconds: 60, maxDurationSeconds: 86_400 },
    { name: 'batch', rank: 1, targetWaitSeconds: 3600, maxDurationSeconds: 604_800 },
  ],
  leaseTerms: { startLimitSeconds: 60, heartbeatTimeoutSeconds: 60, graceSeconds: 10 },
};
