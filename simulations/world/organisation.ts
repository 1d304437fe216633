// An organisation made of jobs and a capacity: what the production tick needs to know of a trace. Invariant: equal jobs and capacity give an
// equal organisation; nothing in it knows how long a job really runs. Called by ../compare.ts; `nodePools` by the replay's organisation too.

import {
  type AgentId,
  type Claim,
  type Configuration,
  type DepartmentId,
  type Digest,
  NODE_KINDS,
  type NodeGroup,
  type Pool,
  type PoolId,
  type PriorityClass,
  type ResourceRequest,
  unitsOfNode,
} from '../../scheduler/index.ts';
import type { Capacity, Job } from '../job.ts';
import type { OpenbMachine } from '../traces/openbNodes.ts';

/** More departments than an organisation has are a log's users under another name: then all are one, and each is an agent of it. */
const DEPARTMENTS_MOST = 20;
const ONE_DEPARTMENT = 'trace' as DepartmentId;
const YEARS_SECONDS = 10 * 365 * 86_400;

/**
 * Where the trace knows no classes, they are by the estimate, as sites have queues by length: up to an hour, up to four, longer. The target
 * wait is what its class may wait before a start is promised to it.
 */
const CLASSES_BY_ESTIMATE = [
  { name: 'short', mostSeconds: 3_600, targetWaitSeconds: 600 },
  { name: 'medium', mostSeconds: 14_400, targetWaitSeconds: 3_600 },
  { name: 'long', mostSeconds: Number.POSITIVE_INFINITY, targetWaitSeconds: 14_400 },
] as const;
/** Of classes that the trace names. */
const TARGET_WAIT_SECONDS = 600;
const CLASSES_MOST = 4;

export interface TraceOrganisation {
  readonly configuration: Configuration;
  readonly requestOf: (job: Job) => Omit<ResourceRequest, 'id' | 'clientRequestId' | 'submittedAt'>;
}

export function organisationOf(jobs: Iterable<Job>, capacity: Capacity, digest: Digest): TraceOrganisation {
  const names = new Set<string>();
  const rankSet = new Set<number>();
  for (const { department, rank } of jobs) {
    names.add(department);
    rankSet.add(rank);
  }
  const departmentOf =
    names.size > DEPARTMENTS_MOST
      ? (): DepartmentId => ONE_DEPARTMENT
      : ({ department }: Job): DepartmentId => slug(department) as DepartmentId;
  const agentOf = ({ department, agent }: Job): AgentId => slug(`${department}.${agent}`) as AgentId;
  const ranks = [...rankSet].sort((a, b) => a - b);
  const classes = classesOf(ranks);
  const body = {
    cell: 'simulation',
    organisation: 'simulation',
    ...peopleOf(jobs, { departmentOf, agentOf, classes }),
    pools: capacity.machines === undefined ? capacity.pools.map(poolOf) : nodePools(capacity.machines),
    quotas: [],
    cohorts: [],
    accounts: [],
    classes,
    leaseTerms: { startLimitSeconds: 600, heartbeatTimeoutSeconds: YEARS_SECONDS, graceSeconds: 0 },
  };
  const isOnNodes = capacity.machines !== undefined;
  return {
    configuration: { revision: `cfg_${digest([JSON.stringify(body)]).slice(0, 16)}`, ...body },
    requestOf: (job) => ({
      department: departmentOf(job),
      agent: agentOf(job),
      options: [{ claims: claimsOf(job, isOnNodes) }],
      terms: {
        class: classes[classOf(job, ranks)]!.name,
        durationSeconds: Math.max(1, Math.ceil(job.estimateMs / 1000)),
        preemptible: false,
        classification: 'internal',
        purpose: 'simulation',
        summary: job.name.slice(0, 200),
      },
    }),
  };
}

function peopleOf(
  jobs: Iterable<Job>,
  {
    departmentOf,
    agentOf,
    classes,
  }: {
    departmentOf: (job: Job) => DepartmentId;
    agentOf: (job: Job) => AgentId;
    classes: readonly PriorityClass[];
  },
): Pick<Configuration, 'departments' | 'agents'> {
  const agents = new Map<AgentId, DepartmentId>();
  for (const job of jobs) agents.set(agentOf(job), departmentOf(job));
  const departments = [...new Set(agents.values())].sort();
  return {
    departments: departments.map((id) => ({
      id,
      title: id,
      clearanceCeiling: 'internal',
      classes: classes.map(({ name }) => name),
      requestLimits: {},
    })),
    agents: [...agents].sort().map(([id, department]) => ({
      id,
      department,
      roles: ['agent'],
      skills: [],
      clearance: 'internal',
      accounts: [],
    })),
  };
}

function classesOf(ranks: readonly number[]): PriorityClass[] {
  if (ranks.length <= 1)
    return CLASSES_BY_ESTIMATE.map(({ name, targetWaitSeconds }, rank) => {
      return { name, rank, targetWaitSeconds, maxDurationSeconds: YEARS_SECONDS };
    });
  return ranks.slice(0, CLASSES_MOST).map((_, rank) => ({
    name: `class-${rank}`,
    rank,
    targetWaitSeconds: TARGET_WAIT_SECONDS,
    maxDurationSeconds: YEARS_SECONDS,
  }));
}

function classOf({ rank, estimateMs }: Job, ranks: readonly number[]): number {
  if (ranks.length > 1) return Math.min(CLASSES_MOST - 1, ranks.indexOf(rank));
  return CLASSES_BY_ESTIMATE.findIndex(({ mostSeconds }) => estimateMs <= mostSeconds * 1000);
}

function claimsOf({ claims, models }: Job, isOnNodes: boolean): Claim[] {
  return claims.map(({ kind, quantity }) => ({
    kind,
    quantity,
    ...(models.length > 0 && { selector: { model: models } }),
    ...(isOnNodes && { node: 'main' }),
  }));
}

function poolOf({ id, kind, capacity, model, priceMinor = 0, pricePer }: Capacity['pools'][number]): Pool {
  return {
    id: id as PoolId,
    kind,
    unit: kind,
    capacity,
    labels: model === undefined ? {} : { model },
    consumable: false,
    priceMinor,
    ...(pricePer !== undefined && { pricePer }),
  };
}

/** One set of nodes; equal ones are one group with a count. */
export function nodePools(machines: readonly OpenbMachine[]): Pool[] {
  const equals = new Map<string, OpenbMachine[]>();
  for (const machine of machines) {
    const { model = 'none', gpus, cpuMilli, memoryMiB } = machine;
    const key = `${model.toLowerCase()}-${gpus}g-${cpuMilli}-${memoryMiB}`;
    equals.set(key, [...(equals.get(key) ?? []), machine]);
  }
  const groups = [...equals].map(([id, [first, ...others]]): NodeGroup => {
    const { name: _, ...node } = first!;
    return { id, count: others.length + 1, ...node };
  });
  const models = [...new Set(machines.flatMap(({ model }) => model ?? []))].sort();
  const units = { gpu: 'mGPU', cpu: 'mCPU', memory: 'MiB' } as const;
  return NODE_KINDS.map(
    (kind): Pool => ({
      id: `${kind}-nodes` as PoolId,
      kind,
      unit: units[kind],
      capacity: groups.reduce((sum, group) => sum + group.count! * unitsOfNode(group, kind), 0),
      labels: { model: models },
      consumable: false,
      priceMinor: 0,
      nodes: { set: 'nodes', groups },
    }),
  );
}

function slug(name: string): string {
  const text = name.toLowerCase().replaceAll(/[^a-z0-9.-]+/g, '-');
  return (/^[a-z0-9]/.test(text) ? text : `x${text}`).slice(0, 63);
}
