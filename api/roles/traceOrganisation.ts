// An organisation made of a trace: its machines as pools, and as many agents as asked, spread over twelve departments.
// Invariant: the same trace and count give the same organisation. Used by `annona replay-trace`.

import type { AgentId, Configuration, DepartmentId, Pool, PoolId } from '../../scheduler/index.ts';
import { nodePools, type OpenbMachine, type OpenbModel } from '../../simulations/index.ts';

const DEPARTMENTS = 12;
/** A day: longer than any replay, so that the only ends are the trace's own. */
const DURATION_SECONDS_MAX = 86_400;

export const TRACE_CLASS = 'standard';

export function openbOrganisation(input: {
  readonly models: readonly OpenbModel[];
  /** Present: its nodes one by one, instead of the models' sums. */
  readonly machines?: readonly OpenbMachine[];
  readonly agents: number;
  readonly digest: (parts: Iterable<string>) => string;
}): Configuration {
  const departments = Array.from({ length: DEPARTMENTS }, (_, i) => ({
    id: `department-${String(i + 1).padStart(2, '0')}` as DepartmentId,
    title: `Department ${i + 1}`,
    clearanceCeiling: 'internal' as const,
    classes: [TRACE_CLASS],
    requestLimits: {},
  }));
  const agents = Array.from({ length: input.agents }, (_, i) => ({
    id: `agent-${String(i + 1).padStart(4, '0')}` as AgentId,
    department: departments[i % DEPARTMENTS]?.id as DepartmentId,
    roles: ['agent' as const],
    skills: [],
    clearance: 'internal' as const,
    accounts: [],
  }));
  const body = {
    cell: 'openb',
    organisation: 'openb',
    departments,
    agents,
    pools: input.machines === undefined ? input.models.flatMap(poolsOf) : nodePools(input.machines),
    quotas: [],
    cohorts: [],
    accounts: [],
    classes: [
      { name: TRACE_CLASS, rank: 0, targetWaitSeconds: 60, maxDurationSeconds: DURATION_SECONDS_MAX },
    ],
    leaseTerms: { startLimitSeconds: 600, heartbeatTimeoutSeconds: DURATION_SECONDS_MAX, graceSeconds: 0 },
  };
  return { revision: `cfg_${input.digest([JSON.stringify(body)]).slice(0, 16)}`, ...body };
}

/** A model's nodes are summed: without `machines` the replay places on models, not on single nodes. */
function poolsOf({ model, cpuMilli, memoryMiB, gpuMilli }: OpenbModel): Pool[] {
  const slug = model.toLowerCase();
  const pool = (kind: string, unit: string, capacity: number): Pool => ({
    id: `${kind}-${slug}` as PoolId,
    kind,
    unit,
    capacity,
    labels: { model },
    consumable: false,
    priceMinor: 0,
  });
  const pools = [pool('cpu', 'mCPU', cpuMilli), pool('memory', 'MiB', memoryMiB)];
  return gpuMilli > 0 ? [pool('gpu', 'mGPU', gpuMilli), ...pools] : pools;
}
