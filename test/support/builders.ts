// Builders of organisations, requests and states for tests: `aRequest().gpu(4).prefer('h100')` instead of literals.
// Invariant: what is not said has one default; equal calls build equal values. Nothing here draws a clock or chance.

import { shapeKeyOf } from '../../scheduler/commands/submit.ts';
import type {
  Account,
  AccountId,
  AccountPeriod,
  Agent,
  AgentId,
  Claim,
  Classification,
  CohortId,
  Configuration,
  Department,
  DepartmentId,
  ExtensionId,
  Lease,
  LeaseId,
  LeaseTerms,
  PendingExtension,
  PendingRequest,
  Pool,
  PoolId,
  PriorityClass,
  Quota,
  RequestId,
  ResourceRequest,
  Selector,
  State,
  Terms,
  Units,
  Window,
} from '../../scheduler/index.ts';
import { type Snapshot, takeSnapshot } from '../../scheduler/snapshot.ts';

/** 2026-11-23T09:00:00Z, a Monday. */
export const NOW = 1_795_424_400_000;
export const MINUTE = 60_000;
export const HOUR = 3_600_000;
export const DAY = 24 * HOUR;

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

/** Without a department of its own: `research`, whose agent is `ada`. */
export class ConfigurationBuilder {
  readonly #departments: Department[] = [];
  readonly #agents: Agent[] = [];
  readonly #pools: Pool[] = [];
  readonly #quotas: Quota[] = [];
  readonly #cohorts = new Set<string>();
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
    if (share.cohort !== undefined) this.#cohorts.add(share.cohort);
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

  /** A money account; `kind` makes it one of use. Without periods: one of ten days around NOW, "now". */
  account(
    id: string,
    budget: Units,
    change: { parent?: string; kind?: string; periods?: readonly AccountPeriod[] } = {},
  ): this {
    this.#accounts.push({
      id: id as AccountId,
      title: id,
      measure:
        change.kind === undefined ? { type: 'money', currency: 'EUR' } : { type: 'use', kind: change.kind },
      periods: change.periods ?? [{ id: 'now', startsAt: NOW - 5 * DAY, endsAt: NOW + 5 * DAY, budget }],
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
      cohorts: [...this.#cohorts].map((id) => ({ id: id as CohortId, title: id })),
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

export function requestIdOf(number: number): RequestId {
  return `req_${String(number).padStart(26, '0')}` as RequestId;
}

export class RequestBuilder {
  readonly #number: number;
  readonly #options: Claim[][] = [[]];
  #agent = 'ada';
  #department = 'research';
  #submittedAt = NOW;
  #terms: Terms = {
    class: 'standard',
    durationSeconds: 600,
    preemptible: true,
    classification: 'internal',
    purpose: 'training',
    summary: 'a test',
  };

  constructor(number: number) {
    this.#number = number;
  }

  by(agent: string, department = 'research'): this {
    this.#agent = agent;
    this.#department = department;
    return this;
  }

  claim(kind: string, quantity: Units, change: Omit<Claim, 'kind' | 'quantity'> = {}): this {
    this.#options.at(-1)!.push({ kind, quantity, ...change });
    return this;
  }

  gpu(quantity: Units, selector?: Selector): this {
    return this.claim('gpu', quantity, selector && { selector });
  }

  cpu(quantity: Units, selector?: Selector): this {
    return this.claim('cpu', quantity, selector && { selector });
  }

  memory(quantity: Units): this {
    return this.claim('memory', quantity);
  }

  /** One unit of another agent's concurrency. */
  assistant(...skills: readonly string[]): this {
    return this.claim('agent', 1, skills.length === 0 ? {} : { selector: { skill: skills } });
  }

  review(quantity: Units = 1, window?: Claim['window']): this {
    return this.claim('review', quantity, window && { window });
  }

  /** The newest claim prefers these models, in order. */
  prefer(...models: readonly string[]): this {
    const claims = this.#options.at(-1)!;
    claims.push({ ...claims.pop()!, prefer: models.map((model) => ({ model })) });
    return this;
  }

  /** Begins the next option. */
  or(): this {
    this.#options.push([]);
    return this;
  }

  class(name: string): this {
    return this.terms({ class: name });
  }

  seconds(durationSeconds: Units): this {
    return this.terms({ durationSeconds });
  }

  terms(change: Partial<Terms>): this {
    this.#terms = { ...this.#terms, ...change };
    return this;
  }

  submittedAt(at: number): this {
    this.#submittedAt = at;
    return this;
  }

  build(): ResourceRequest {
    return {
      id: requestIdOf(this.#number),
      department: this.#department as DepartmentId,
      agent: this.#agent as AgentId,
      clientRequestId: `client-${this.#number}`,
      options: this.#options.map((claims) => ({ claims })),
      terms: this.#terms,
      submittedAt: this.#submittedAt,
    };
  }

  /** Folded as number `sequence`, allowed by the policy. */
  pending(sequence = this.#number): PendingRequest {
    const request = this.build();
    const verdict = { allow: true, codes: [], policyRevision: 'policy-1', dataRevision: 'data-1' };
    return { request, sequence, shapeKey: shapeKeyOf(request), verdict, waitingCodes: null };
  }
}

/** Number 1 if not said; ids and sequences follow the number. */
export function aRequest(number = 1): RequestBuilder {
  return new RequestBuilder(number);
}

export class StateBuilder {
  readonly #configuration: Configuration;
  readonly #requests: PendingRequest[] = [];
  readonly #extensions: PendingExtension[] = [];
  readonly #leases: Lease[] = [];
  readonly #used = new Map<string, Units>();
  readonly #quotaUse = new Map<string, Units>();
  readonly #accounts = new Map<string, { reserved: Units; spent: Units }>();

  constructor(configuration: Configuration) {
    this.#configuration = configuration;
  }

  request(...requests: readonly (RequestBuilder | PendingRequest)[]): this {
    for (const request of requests)
      this.#requests.push(request instanceof RequestBuilder ? request.pending() : request);
    return this;
  }

  /** Units held of a pool, or of a window as "<pool>@<window>". */
  used(key: string, units: Units): this {
    this.#used.set(key, units);
    return this;
  }

  quotaUse(department: string, kind: string, units: Units): this {
    this.#quotaUse.set(`${department}/${kind}`, units);
    return this;
  }

  account(key: string, use: { reserved?: Units; spent?: Units }): this {
    this.#accounts.set(key, { reserved: use.reserved ?? 0, spent: use.spent ?? 0 });
    return this;
  }

  lease(lease: Lease): this {
    this.#leases.push(lease);
    return this;
  }

  /** The lease wants to last longer. */
  extend(lease: Lease, seconds: Units): this {
    const number = this.#extensions.length + 1;
    const { department, agent } = lease;
    const sequence = 1_000_000 + number;
    this.#extensions.push({
      id: `ext_${number}` as ExtensionId,
      lease: lease.id,
      department,
      agent,
      seconds,
      sequence,
    });
    return this;
  }

  build(): State {
    return {
      cell: 'main',
      epoch: 1,
      configuration: this.#configuration,
      tick: 0,
      tickDigest: '',
      eventSequence: 0,
      foldSequence: Math.max(0, ...this.#requests.map(({ sequence }) => sequence)),
      requests: new Map(this.#requests.map((pending) => [pending.request.id, pending])),
      extensions: new Map(this.#extensions.map((extension) => [extension.id, extension])),
      leases: new Map(this.#leases.map((lease) => [lease.id, lease])),
      heardAt: new Map(),
      leaseOfRequest: new Map(this.#leases.map((lease) => [lease.request, lease.id])),
      used: new Map(this.#used),
      quotaUse: new Map(this.#quotaUse),
      accounts: new Map(this.#accounts),
    };
  }

  snapshot(now = NOW): Snapshot {
    return takeSnapshot(this.build(), now);
  }
}

export function aState(configuration: Configuration | ConfigurationBuilder = aConfiguration()): StateBuilder {
  return new StateBuilder(
    configuration instanceof ConfigurationBuilder ? configuration.build() : configuration,
  );
}

/** A live lease of `ada`'s on one pool, from an hour ago for two hours. */
export function aLease(
  pool: string,
  change: Partial<Lease> & { quantity?: Units; kind?: string } = {},
): Lease {
  const { quantity = 1, kind = 'gpu', ...rest } = change;
  const startsAt = NOW - HOUR;
  const endsAt = rest.endsAt ?? NOW + HOUR;
  return {
    id: 'lse_00000001_000' as LeaseId,
    request: requestIdOf(900_000),
    department: 'research' as DepartmentId,
    agent: 'ada' as AgentId,
    epoch: 1,
    option: 0,
    allocations: [{ claim: 0, pool: pool as PoolId, kind, quantity, startsAt, endsAt }],
    reservations: [],
    state: 'active',
    grantedAt: startsAt,
    startLimitAt: startsAt + 30_000,
    activatedAt: startsAt,
    ...rest,
    endsAt,
  };
}
