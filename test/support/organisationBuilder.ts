// Builders of pools and organisations: `aConfiguration().department('sales').agent('sam').pool(aPool('gpu-a').gpu(8))`.
// Invariant: what is not said has one default; equal calls build equal values.

import {
  type Account,
  type AccountId,
  type AccountPeriod,
  type Agent,
  type AgentId,
  type Classification,
  type Cohort,
  type CohortId,
  type Configuration,
  type Department,
  type DepartmentId,
  type LeaseTerms,
  NODE_KINDS,
  type NodeGroup,
  type NodeKind,
  type Pool,
  type PoolId,
  type PoolNodes,
  type PriorityClass,
  type Quota,
  type Units,
  unitsOfNode,
  type Window,
} from '../../scheduler/index.ts';
import { DAY, NOW } from './instants.ts';

const CLASSES: readonly PriorityClass[] = [
  { name: 'critical', rank: 0, targetWaitSeconds: 5, maxDurationSeconds: 86_400 },
  { name: 'production', rank: 1, targetWaitSeconds: 30, maxDurationSeconds: 604_800 },
  { name: 'standard', rank: 2, targetWaitSeconds: 120, maxDurationSeconds: 604_800 },
  { name: 'batch', rank: 3, targetWaitSeconds: 3600, maxDurationSeconds: 2_592_000 },
];

export class PoolBuilder {
  #pool: Pool;

  constructor(id: string) {
    const labels = {};
    this.#pool = {
      id: id as PoolId,
      kind: 'gpu',
      unit: 'GPU',
      capacity: 8,
      labels,
      consumable: false,
      priceMinor: 0,
    };
  }

  #with(change: Partial<Pool>): this {
    this.#pool = { ...this.#pool, ...change };
    return this;
  }

  gpu(capacity: Units, model?: string): this {
    return this.#with({ kind: 'gpu', unit: 'GPU', capacity, labels: model === undefined ? {} : { model } });
  }

  cpu(capacity: Units): this {
    return this.#with({ kind: 'cpu', unit: 'vCPU', capacity });
  }

  memory(capacity: Units): this {
    return this.#with({ kind: 'memory', unit: 'GiB', capacity });
  }

  dataset(seats: Units): this {
    return this.#with({ kind: 'dataset', unit: 'seat', capacity: seats });
  }

  license(capacity: Units): this {
    return this.#with({ kind: 'license', unit: 'licence', capacity, consumable: true });
  }

  /** An agent's own concurrency. */
  agent(agent: string, slots: Units, skills: readonly string[] = []): this {
    return this.#with({
      kind: 'agent',
      unit: 'slot',
      capacity: slots,
      agent: agent as AgentId,
      labels: { skill: skills },
    });
  }

  /** A calendar: [id, start, end, slots]. */
  review(...windows: readonly (readonly [string, number, number, Units])[]): this {
    const calendar = windows.map(
      ([id, startsAt, endsAt, capacity]): Window => ({ id, startsAt, endsAt, capacity }),
    );
    return this.#with({ kind: 'review', unit: 'slot', capacity: 0, calendar, consumable: true });
  }

  /** One kind of a set of nodes; `nodeSet` makes all three. */
  nodes(kind: NodeKind, nodes: PoolNodes): this {
    const capacity = nodes.groups.reduce(
      (sum, group) => sum + (group.count ?? 1) * unitsOfNode(group, kind),
      0,
    );
    const models = [...new Set(nodes.groups.flatMap(({ model }) => model ?? []))].sort();
    const labels: Pool['labels'] = models.length === 0 ? {} : { model: models };
    const unit = { gpu: 'mGPU', cpu: 'mCPU', memory: 'MiB' }[kind];
    return this.#with({ kind, unit, capacity, labels, nodes });
  }

  kind(kind: string): this {
    return this.#with({ kind });
  }

  label(name: string, value: string | readonly string[]): this {
    return this.#with({ labels: { ...this.#pool.labels, [name]: value } });
  }

  classified(classification: Classification): this {
    return this.#with({ classification });
  }

  price(minorPerUnitHour: Units): this {
    return this.#with({ priceMinor: minorPerUnitHour });
  }

  build(): Pool {
    return this.#pool;
  }
}

export function aPool(id = 'gpu-a'): PoolBuilder {
  return new PoolBuilder(id);
}

/** Pools `<set>-gpu`, `<set>-cpu` and `<set>-memory`, of these machines. Without GPUs anywhere there is no pool of them. */
export function nodeSet(set: string, ...groups: readonly NodeGroup[]): PoolBuilder[] {
  const kinds = NODE_KINDS.filter((kind) => kind !== 'gpu' || groups.some(({ gpus }) => gpus > 0));
  return kinds.map((kind) => aPool(`${set}-${kind}`).nodes(kind, { set, groups }));
}

/** Without a department of its own: `research`, whose agent is `ada`. */
export class ConfigurationBuilder {
  readonly #departments: Department[] = [];
  readonly #agents: Agent[] = [];
  readonly #pools: Pool[] = [];
  readonly #quotas: Quota[] = [];
  readonly #cohorts = new Map<string, Omit<Cohort, 'id' | 'title'>>();
  readonly #accounts: Account[] = [];
  #classes = CLASSES;
  #leaseTerms: LeaseTerms = { startLimitSeconds: 30, heartbeatTimeoutSeconds: 30, graceSeconds: 0 };

  department(id: string, change: Partial<Department> = {}): this {
    this.#departments.push({
      id: id as DepartmentId,
      title: id,
      clearanceCeiling: 'restricted',
      classes: this.#classes.map(({ name }) => name),
      requestLimits: {},
      ...change,
    });
    return this;
  }

  /** An agent of the newest department (`research`, when there is none yet). */
  agent(id: string, change: Partial<Agent> = {}): this {
    if (this.#departments.length === 0) this.department('research');
    const department = this.#departments.at(-1)!.id;
    this.#agents.push({
      id: id as AgentId,
      department,
      roles: ['agent'],
      skills: [],
      clearance: 'restricted',
      accounts: [],
      ...change,
    });
    return this;
  }

  pool(...pools: readonly PoolBuilder[]): this {
    this.#pools.push(...pools.map((pool) => pool.build()));
    return this;
  }

  quota(
    department: string,
    kind: string,
    share: { nominal: Units; borrow?: Units; lend?: Units; cohort?: string },
  ): this {
    if (share.cohort !== undefined && !this.#cohorts.has(share.cohort)) this.#cohorts.set(share.cohort, {});
    this.#quotas.push({
      department: department as DepartmentId,
      kind,
      nominal: share.nominal,
      borrowingLimit: share.borrow ?? 0,
      lendingLimit: share.lend ?? 0,
      ...(share.cohort !== undefined && { cohort: share.cohort as CohortId }),
    });
    return this;
  }

  /** A cohort in another one; cohorts of quotas need no call of their own. */
  cohort(id: string, parent: string, gpu: { borrow?: Units; lend?: Units } = {}): this {
    if (!this.#cohorts.has(parent)) this.#cohorts.set(parent, {});
    const limits = [{ kind: 'gpu', lendingLimit: gpu.lend ?? 0, borrowingLimit: gpu.borrow ?? 0 }];
    this.#cohorts.set(id, { parent: parent as CohortId, limits });
    return this;
  }

  /** A money account; `kind` makes it one of use. Without periods: one of ten days around NOW, "now". */
  account(
    id: string,
    budget: Units,
    change: {
      parent?: string;
      kind?: string;
      classes?: readonly string[];
      periods?: readonly AccountPeriod[];
    } = {},
  ): this {
    this.#accounts.push({
      id: id as AccountId,
      title: id,
      measure:
        change.kind === undefined ? { type: 'money', currency: 'EUR' } : { type: 'use', kind: change.kind },
      periods: change.periods ?? [{ id: 'now', startsAt: NOW - 5 * DAY, endsAt: NOW + 5 * DAY, budget }],
      ...(change.classes && { classes: change.classes }),
      ...(change.parent !== undefined && { parent: change.parent as AccountId }),
    });
    return this;
  }

  classes(...classes: readonly PriorityClass[]): this {
    this.#classes = classes;
    return this;
  }

  terms(change: Partial<LeaseTerms>): this {
    this.#leaseTerms = { ...this.#leaseTerms, ...change };
    return this;
  }

  build(): Configuration {
    if (this.#agents.length === 0) this.agent('ada');
    const content = {
      cell: 'main',
      organisation: 'Test',
      departments: this.#departments,
      agents: this.#agents,
      pools: this.#pools,
      quotas: this.#quotas,
      cohorts: [...this.#cohorts].map(([id, rest]) => ({ id: id as CohortId, title: id, ...rest })),
      accounts: this.#accounts,
      classes: this.#classes,
      leaseTerms: this.#leaseTerms,
    };
    return { revision: `cfg_${contentHash(JSON.stringify(content))}`, ...content };
  }
}

export function aConfiguration(): ConfigurationBuilder {
  return new ConfigurationBuilder();
}

/** FNV-1a, 32 bits: enough to tell the organisations of one test apart. */
function contentHash(text: string): string {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, '0');
}
