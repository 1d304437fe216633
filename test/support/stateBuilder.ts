// Builders of states and leases: `aState(configuration).request(aRequest().gpu(1)).used('gpu-a', 3).snapshot()`.
// Invariant: builds what a leader's memory could be; nothing is counted for the caller, so that broken states can be built too.

import { emptyState, joinGang } from '../../scheduler/domain/state.ts';
import type {
  AgentId,
  Configuration,
  DepartmentId,
  ExtensionId,
  Lease,
  LeaseId,
  PendingExtension,
  PendingRequest,
  PolicyRow,
  PolicyWeight,
  PoolId,
  RequestId,
  ResourceRequest,
  Separation,
  StartReservation,
  State,
  Units,
} from '../../scheduler/index.ts';
import { type Snapshot, takeSnapshot } from '../../scheduler/snapshot.ts';
import { HOUR, NOW } from './instants.ts';
import { aConfiguration, ConfigurationBuilder } from './organisationBuilder.ts';
import { RequestBuilder, requestIdOf } from './requestBuilder.ts';

export class StateBuilder {
  readonly #configuration: Configuration;
  readonly #requests: PendingRequest[] = [];
  readonly #extensions: PendingExtension[] = [];
  readonly #leases: Lease[] = [];
  readonly #held = new Map<RequestId, ResourceRequest>();
  readonly #reserved: StartReservation[] = [];
  readonly #used = new Map<string, Units>();
  readonly #policyRows: PolicyRow[] = [];
  readonly #weights: PolicyWeight[] = [];
  readonly #separations: Separation[] = [];
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

  /** A lease with the request that it serves and the units that it holds: what a revocation must know of it. */
  holds(lease: Lease, request: RequestBuilder): this {
    const { department, allocations } = lease;
    const document = request.build();
    this.#leases.push({ ...lease, request: document.id });
    this.#held.set(document.id, document);
    for (const { pool, kind, quantity } of allocations) {
      this.#used.set(pool, (this.#used.get(pool) ?? 0) + quantity);
      const quota = `${department}/${kind}`;
      this.#quotaUse.set(quota, (this.#quotaUse.get(quota) ?? 0) + quantity);
    }
    return this;
  }

  /** What the policy limits. */
  policy(...rows: readonly PolicyRow[]): this {
    this.#policyRows.push(...rows);
    return this;
  }

  weighing(...weights: readonly PolicyWeight[]): this {
    this.#weights.push(...weights);
    return this;
  }

  separating(...separations: readonly Separation[]): this {
    this.#separations.push(...separations);
    return this;
  }

  reserve(...reservations: readonly StartReservation[]): this {
    this.#reserved.push(...reservations);
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
      ...emptyState({ cell: 'main', epoch: 1, configuration: this.#configuration }),
      foldSequence: Math.max(0, ...this.#requests.map(({ sequence }) => sequence)),
      requests: new Map(this.#requests.map((pending) => [pending.request.id, pending])),
      extensions: new Map(this.#extensions.map((extension) => [extension.id, extension])),
      leases: new Map(this.#leases.map((lease) => [lease.id, lease])),
      leaseOfRequest: new Map(this.#leases.map((lease) => [lease.request, lease.id])),
      used: new Map(this.#used),
      quotaUse: new Map(this.#quotaUse),
      accounts: new Map(this.#accounts),
      exclusive: new Set(
        this.#leases.flatMap(({ allocations }) =>
          allocations.filter(({ exclusive }) => exclusive).map(({ pool }) => pool),
        ),
      ),
      gangs: this.#gangs(),
      held: new Map(this.#held),
      policyRules: {
        rows: [...this.#policyRows],
        weights: [...this.#weights],
        separations: [...this.#separations],
      },
      reserved: new Map(this.#reserved.map((one) => [one.request, one])),
    };
  }

  #gangs(): State['gangs'] {
    const gangs: State['gangs'] = new Map();
    for (const { request } of this.#requests) joinGang(gangs, request);
    return gangs;
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
