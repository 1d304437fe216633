// A cell as a store sees it: a small organisation, and ticks written by hand without a scheduler. Invariant: what `tick` sends is a
// whole and honest commit unless a test bends it. Used by the contract suites of the store's ports.

import type { StoreDump } from '../../adapters/memory/store.ts';
import type { PostgresAdapter } from '../../adapters/postgres/index.ts';
import type { IntakeItem, Scope } from '../../api/ports.ts';
import { eventsOf } from '../../scheduler/domain/eventsOf.ts';
import type {
  Allocation,
  Change,
  Configuration,
  ExtensionId,
  IntakeActor,
  Lease,
  LeaseEnd,
  LeaseId,
  LedgerEntry,
  RequestId,
  Reservation,
  ResourceRequest,
  TickCommit,
  TickRecord,
} from '../../scheduler/index.ts';
import { capacityKey } from '../../scheduler/index.ts';

/** A commit with some of it bent; of the record, only what is named. */
export type BentCommit = Partial<Omit<TickCommit, 'record'>> & { readonly record?: Partial<TickRecord> };

/** What the contract suites need of a store: every port, and a look at everything it holds. */
export type StorePorts = {
  readonly [Port in Exclude<
    keyof PostgresAdapter,
    'epochs' | 'upkeep' | 'ping' | 'close' | 'checkpoints' | 'history' | 'audit' | 'sealer' | 'traces'
  >]: Pick<PostgresAdapter[Port], keyof PostgresAdapter[Port]>;
};

export interface StoreUnderTest {
  readonly ports: StorePorts;
  /** The leadership port of another process. */
  rival(): Promise<StorePorts['leadership']>;
  dump(): Promise<StoreDump>;
  /** Lets the time stamps of submit and call keys be this much older. */
  ageKeys(ms: number): Promise<void>;
  /** Lets the leader's lease run out. */
  expireLeader(): Promise<void>;
  /** Groups of intake that were announced. */
  wakes(): number;
  close(): Promise<void>;
}

export const CELL = 'main';

export function aConfiguration(overrides: Partial<Configuration> = {}): Configuration {
  const period = { id: '2026-11', startsAt: 0, endsAt: 4_000_000_000_000, budget: 1_000 };
  const pool = { unit: 'unit', labels: {}, consumable: false, priceMinor: 1 };
  return {
    revision: 'cfg_1',
    cell: CELL,
    organisation: 'test',
    departments: [],
    agents: [],
    pools: [
      { ...pool, id: 'gpu-a', kind: 'gpu', capacity: 8 },
      { ...pool, id: 'licence-a', kind: 'license', capacity: 4, consumable: true },
      {
        ...pool,
        id: 'review-a',
        kind: 'review',
        capacity: 0,
        calendar: [{ id: 'w1', startsAt: 3_900_000_000_000, endsAt: 3_900_003_600_000, capacity: 2 }],
      },
    ],
    quotas: [],
    cohorts: [],
    accounts: [{ id: 'team', title: 'Team', measure: { type: 'money', currency: 'EUR' }, periods: [period] }],
    classes: [],
    leaseTerms: { startLimitSeconds: 60, heartbeatTimeoutSeconds: 60, graceSeconds: 0 },
    ...overrides,
  } as Configuration;
}

export function requestId(n: number): RequestId {
  return `req_${String(n).padStart(26, '0')}` as RequestId;
}

export function aRequest(
  n: number,
  owner: { department?: string; agent?: string; purpose?: string } = {},
): ResourceRequest {
  return {
    id: requestId(n),
    department: owner.department ?? 'research',
    agent: owner.agent ?? 'research-01',
    clientRequestId: `client-${n}`,
    options: [{ claims: [{ kind: 'gpu', quantity: 1 }] }],
    terms: {
      class: 'standard',
      durationSeconds: 10,
      preemptible: true,
      classification: 'internal',
      purpose: owner.purpose ?? 'training',
      summary: '',
    },
    submittedAt: 1,
  } as unknown as ResourceRequest;
}

export function actorOf(request: { department: string; agent: string }): IntakeActor {
  return {
    subject: `spiffe://${request.agent}`,
    department: request.department,
    agent: request.agent,
  } as IntakeActor;
}

export function aSubmit(request: ResourceRequest, idempotency: IntakeItem['idempotency'] = null): IntakeItem {
  return { cell: CELL, actor: actorOf(request), command: { type: 'submit', request }, idempotency };
}

export function agentScope(owner: { department: string; agent: string }): Scope {
  return { type: 'agent', department: owner.department, agent: owner.agent } as Scope;
}

export function departmentScope(department: string): Scope {
  return { type: 'department', department } as Scope;
}

export const ALL = { type: 'all', department: 'operations' } as Scope;

export interface LeaseWish {
  readonly request: ResourceRequest;
  readonly allocations?: readonly Partial<Allocation>[];
  readonly reservations?: readonly Reservation[];
}

/** A cell with a configuration and a leader, and the numbers that its next commit must carry. */
export class StoreCell {
  readonly ports: StorePorts;
  readonly epoch: number;
  readonly #cell: string;
  now = 1_795_424_400_000;
  tickNumber = 0;
  digest = '';
  sequence = 0;
  #folds = 0;
  #leases = 0;
  readonly #known = new Map<LeaseId, Lease>();

  private constructor(cell: string, leading: { ports: StorePorts; epoch: number }) {
    this.#cell = cell;
    this.ports = leading.ports;
    this.epoch = leading.epoch;
  }

  static async open(
    store: StoreUnderTest,
    configuration: Configuration = aConfiguration(),
  ): Promise<StoreCell> {
    await store.ports.configuration.store(configuration);
    const epoch = await store.ports.leadership.acquire(configuration.cell);
    if (epoch === null) throw new Error('the cell has a leader already');
    return new StoreCell(configuration.cell, { ports: store.ports, epoch });
  }

  opened(request: ResourceRequest): Change {
    this.#folds += 1;
    const pending = {
      request,
      sequence: this.#folds,
      shapeKey: JSON.stringify(request.options),
      verdict: null,
      waitingCodes: null,
    };
    return { type: 'requestOpened', pending };
  }

  allowed(request: ResourceRequest): Change {
    const verdict = { allow: true, codes: [], policyRevision: 'pol_1', dataRevision: 'dat_1' };
    return { type: 'verdictRecorded', request: request.id, verdict };
  }

  decided(request: ResourceRequest, outcome: 'waiting' | 'denied' | 'expired' | 'cancelled'): Change {
    const { id, department, agent } = request;
    return {
      type: 'decided',
      request: id,
      department,
      agent,
      outcome,
      reasons: [{ code: 'NEXT_TICK', option: 0 }],
      lease: null,
    };
  }

  lease(wish: LeaseWish): Lease {
    this.#leases += 1;
    const { request } = wish;
    const endsAt = this.now + 10_000;
    const base = { claim: 0, pool: 'gpu-a', kind: 'gpu', quantity: 1, startsAt: this.now, endsAt };
    const lease = {
      id: `lse_00000001_${String(this.#leases).padStart(3, '0')}`,
      request: request.id,
      department: request.department,
      agent: request.agent,
      epoch: this.epoch,
      option: 0,
      allocations: (wish.allocations ?? [{}]).map((allocation) => ({ ...base, ...allocation })),
      reservations: wish.reservations ?? [{ account: 'team', period: '2026-11', amount: 10 }],
      state: 'granted',
      grantedAt: this.now,
      startLimitAt: this.now + 60_000,
      endsAt,
      activatedAt: null,
    } as unknown as Lease;
    this.#known.set(lease.id, lease);
    return lease;
  }

  granted(lease: Lease): Change[] {
    const { request, department, agent, id } = lease;
    return [
      { type: 'decided', request, department, agent, outcome: 'granted', reasons: [], lease: id },
      { type: 'leaseGranted', lease },
      ...lease.reservations.map((reservation) => booked('reserve', lease.id, { lease: id, ...reservation })),
    ];
  }

  /** Opened, allowed and granted in one tick. */
  grants(lease: Lease, request: ResourceRequest): Change[] {
    return [this.opened(request), this.allowed(request), ...this.granted(lease)];
  }

  /** Ended, with `spent` settled of each reservation and the rest refunded. */
  ended(lease: Lease, end: LeaseEnd = 'released', spent = 4): Change[] {
    return [
      {
        type: 'leaseEnded',
        lease: lease.id,
        end,
        at: this.now,
        cause: end === 'released' ? 'agent' : 'duration',
      },
      ...lease.reservations.flatMap((reservation) => {
        const whose = { ...reservation, lease: lease.id };
        return [
          booked('settle', lease.id, { ...whose, amount: spent }),
          booked('refund', lease.id, { ...whose, amount: reservation.amount - spent }),
        ];
      }),
    ];
  }

  extensionOpened(lease: Lease, id: string): Change {
    this.#folds += 1;
    const { department, agent } = lease;
    const extension = {
      id: id as ExtensionId,
      lease: lease.id,
      department,
      agent,
      seconds: 5,
      sequence: this.#folds,
    };
    return { type: 'extensionOpened', extension };
  }

  extensionGranted(lease: Lease, id: string, amount = 5): Change[] {
    const reservations = [{ account: 'team', period: '2026-11', amount }] as unknown as Reservation[];
    const endsAt = lease.endsAt + 5_000;
    const extension = id as ExtensionId;
    return [
      {
        type: 'extensionDecided',
        extension,
        lease: lease.id,
        outcome: 'granted',
        endsAt,
        reservations,
        reasons: [],
      },
      ...reservations.map((reservation) => booked('reserve', id, { lease: lease.id, ...reservation })),
    ];
  }

  /** What the next commit would be. */
  compose(changes: readonly Change[], bent: BentCommit = {}): TickCommit {
    const tick = this.tickNumber + 1;
    const context = {
      cell: this.#cell,
      tick,
      epoch: this.epoch,
      now: this.now,
      policyRevision: 'pol_1',
      firstSequence: this.sequence + 1,
    };
    const leaseOf = (id: LeaseId): Lease => this.#known.get(id)!;
    const { record, ...rest } = bent;
    return {
      cell: this.#cell,
      epoch: this.epoch,
      intake: [],
      changes,
      events: eventsOf(changes, { ...context, leaseOf }),
      record: {
        ...aRecord({ cell: this.#cell, tick, epoch: this.epoch, now: this.now }),
        previousDigest: this.digest,
        ...record,
      },
      ...rest,
    };
  }

  /** @throws unless the commit is accepted. */
  async tick(changes: readonly Change[], bent: BentCommit = {}): Promise<TickCommit> {
    const commit = this.compose(changes, bent);
    const outcome = await this.ports.store.commit(commit);
    if (outcome !== 'committed') throw new Error(`the tick was not committed: ${outcome}`);
    this.tickNumber = commit.record.tick;
    this.digest = commit.record.digest;
    this.sequence += commit.events.length;
    return commit;
  }
}

function aRecord(at: {
  cell: string;
  tick: number;
  epoch: number;
  now: number;
}): Omit<TickRecord, 'previousDigest'> {
  const counts = {
    pending: 0,
    columns: 0,
    rows: 0,
    granted: 0,
    waiting: 0,
    denied: 0,
    expired: 0,
    cancelled: 0,
    released: 0,
  };
  return {
    ...at,
    policyRevision: 'pol_1',
    dataRevision: 'dat_1',
    configurationRevision: 'cfg_1',
    engine: 'none',
    engineBuild: 'none',
    engineCalled: false,
    work: { simplexIterations: 0, lpCalls: 0, mipCalls: 0, dpCells: 0 },
    fault: null,
    termination: 'none',
    stages: stagesOf(at.tick),
    counts,
    activated: [],
    lapsed: [],
    digests: { snapshot: 's', model: 'm', plan: 'p', certificate: 'c' },
    digest: `digest of ${at.tick}`,
    timings: { foldMs: 0, gateMs: 0, formulateMs: 0, solveMs: 0, decodeMs: 0 },
  };
}

/** Every second tick decided something: half of them as records were before they kept more, half with a proof of their own. */
function stagesOf(tick: number): TickRecord['stages'] {
  if (tick % 2 === 1) return [];
  const older = {
    stage: 1,
    class: 'standard',
    method: 'lp' as const,
    value: 99,
    bound: 100,
    gap: 0.01,
    multipliers: [['capacity/gpu-a', 5]] as const,
    frozenDigest: '',
  };
  const work = { simplexIterations: 3, lpCalls: 1, mipCalls: 0, dpCells: 8 };
  const certificate = { derivedRows: '', proof: 'AAAA' };
  return [tick % 4 === 0 ? older : { ...older, ended: 'workLimit', work, certificate }];
}

export function booked(
  type: LedgerEntry['type'],
  source: string,
  entry: Omit<LedgerEntry, 'id' | 'type'>,
): Change {
  const { account, period } = entry;
  return { type: 'ledger', entry: { ...entry, type, id: `${source}/${account}/${period}/${type}` } };
}

export function usedOf(dump: StoreDump, pool: string, window?: string): number {
  const key = capacityKey(pool as Allocation['pool'], window);
  return dump.capacity_use.find((row) => row.key === key)!.used;
}
