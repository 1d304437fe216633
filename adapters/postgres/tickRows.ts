// The changes of one tick as rows: what is inserted, what is updated, what moves, in the order that the database checks them.
// Invariant: pure; a change that cannot follow another in one tick is a bug and throws. Called by tickStore.ts.

import type {
  Allocation,
  Change,
  Lease,
  PendingExtension,
  PendingRequest,
  Reason,
  RecordedVerdict,
  RequestState,
  Reservation,
  ResourceRequest,
  StartReservation,
  TickCommit,
} from '../../scheduler/index.ts';
import { type ApprovalRows, FoldedApprovals } from './approvalRows.ts';
import { FoldedLedger, type LedgerLines, type Movement } from './ledgerRows.ts';
import { FoldedRevocations, type RevocationRows } from './revocationRows.ts';

interface RequestChange {
  id: string;
  state: RequestState | null;
  reasons: readonly Reason[] | null;
  lease: string | null;
  allow: boolean | null;
  codes: readonly string[] | null;
  policyRevision: string | null;
  dataRevision: string | null;
}

interface OpenedRequest extends RequestChange {
  department: string;
  agent: string;
  sequence: number;
  shapeKey: string;
}

type ExtensionDecided = Extract<Change, { type: 'extensionDecided' }>;

/** A lease without its documents, and without the epoch: it is the commit's. */
type GrantedLease = Omit<
  Lease,
  'allocations' | 'reservations' | 'epoch' | 'activatedAt' | 'borrowed' | 'revocation'
>;

/** `leases`: how many take it, told only of a key that one of them takes exclusively. */
interface Taken {
  readonly key: string;
  quantity: number;
  leases?: number;
}

export interface TickRows {
  readonly opened: OpenedRequest[];
  /** Of the opened requests, in their order. */
  readonly documents: ResourceRequest[];
  /** Verdicts and Decisions of requests that were open before. */
  readonly decided: RequestChange[];
  readonly granted: GrantedLease[];
  /** Of the granted leases, in their order; as are the reservations. */
  readonly allocations: (readonly Allocation[])[];
  readonly reservations: (readonly Reservation[])[];
  readonly activated: { id: string; at: number }[];
  readonly extended: { id: string; endsAt: number }[];
  readonly ended: { id: string; state: string; at: number; cause: string }[];
  /** Units taken by the granted leases, per capacity key. */
  readonly taken: Taken[];
  readonly extensionsOpened: PendingExtension[];
  readonly extensionsDecided: {
    id: string;
    outcome: string;
    endsAt: number | null;
    reservations: unknown;
    reasons: unknown;
  }[];
  readonly ledger: LedgerLines[];
  readonly moved: Movement[];
  /** Null: none. */
  readonly revocations: RevocationRows | null;
  /** Promises made or moved; null: dropped. */
  readonly reserved: { id: string; reservation: StartReservation | null }[];
  /** Null: none. */
  readonly approvals: ApprovalRows | null;
  readonly foldSequence: number;
}

export function tickRows({ changes, epoch }: Pick<TickCommit, 'changes' | 'epoch'>): TickRows {
  const folding = new Folding(epoch);
  for (const change of changes) folding.take(change);
  return folding.rows();
}

/** A request's changes of one tick fold into one row; the parts of a lease's life stay apart, as each is a transition of its own. */
class Folding {
  readonly #opened = new Map<string, OpenedRequest>();
  readonly #decided = new Map<string, RequestChange>();
  readonly #taken = new Map<string, Taken>();
  readonly #alone = new Set<string>();
  readonly #documents: ResourceRequest[] = [];
  readonly #granted: GrantedLease[] = [];
  readonly #allocations: (readonly Allocation[])[] = [];
  readonly #reservations: (readonly Reservation[])[] = [];
  readonly #activated: TickRows['activated'] = [];
  readonly #extended = new Map<string, number>();
  readonly #ended: TickRows['ended'] = [];
  readonly #extensionsOpened: PendingExtension[] = [];
  readonly #extensionsDecided: TickRows['extensionsDecided'] = [];
  readonly #ledger = new FoldedLedger();
  readonly #revocations = new FoldedRevocations();
  readonly #approvals = new FoldedApprovals();
  readonly #reserved = new Map<string, StartReservation | null>();
  readonly #epoch: number;
  #foldSequence = 0;

  constructor(epoch: number) {
    this.#epoch = epoch;
  }

  take(change: Change): void {
    this.#approvals.take(change);
    switch (change.type) {
      case 'requestOpened':
        this.#open(change.pending);
        return;
      case 'verdictRecorded':
        recordVerdict(this.#requestRow(change.request), change.verdict);
        return;
      case 'decided': {
        const row = this.#requestRow(change.request);
        if (row.state !== null && row.state !== 'queued' && row.state !== 'waiting') {
          throw new Error(`${change.request}: ${change.outcome} after ${row.state} in one tick`);
        }
        row.state = change.outcome;
        row.reasons = change.reasons;
        row.lease = change.lease;
        return;
      }
      case 'leaseGranted':
        this.#grant(change.lease);
        return;
      case 'leaseActivated':
        this.#activated.push({ id: change.lease, at: change.at });
        return;
      case 'leaseRevoking':
      case 'leaseFlagged':
      case 'earmarkMade':
      case 'earmarkEnded':
        this.#revocations.take(change);
        return;
      case 'approvalMoved':
        return;
      case 'leaseEnded':
        this.#ended.push({ id: change.lease, state: change.end, at: change.at, cause: change.cause });
        return;
      case 'extensionOpened':
        this.#extensionsOpened.push(change.extension);
        this.#foldSequence = Math.max(this.#foldSequence, change.extension.sequence);
        return;
      case 'extensionDecided':
        this.#decideExtension(change);
        return;
      case 'ledger':
        this.#ledger.take(change.entry);
        return;
      case 'reservationMade':
      case 'reservationMoved':
        this.#reserved.set(change.reservation.request, change.reservation);
        return;
      case 'reservationDropped':
        this.#reserved.set(change.reservation.request, null);
        return;
      default: {
        const never: never = change;
        throw new Error(`unknown change ${JSON.stringify(never)}`);
      }
    }
  }

  rows(): TickRows {
    return {
      opened: [...this.#opened.values()],
      documents: this.#documents,
      decided: [...this.#decided.values()],
      granted: this.#granted,
      allocations: this.#allocations,
      reservations: this.#reservations,
      activated: this.#activated,
      extended: [...this.#extended].map(([id, endsAt]) => ({ id, endsAt })),
      ended: this.#ended,
      taken: this.#takenRows(),
      extensionsOpened: this.#extensionsOpened,
      extensionsDecided: this.#extensionsDecided,
      ledger: this.#ledger.lines(),
      moved: this.#ledger.movements(),
      revocations: this.#revocations.rows(),
      reserved: [...this.#reserved]
        .filter(([id]) => this.#staysOpen(id))
        .map(([id, reservation]) => ({ id, reservation })),
      approvals: this.#approvals.rows(new Set(this.#opened.keys())),
      foldSequence: this.#foldSequence,
    };
  }

  #open({ request, sequence, shapeKey, verdict }: PendingRequest): void {
    const { id, department, agent } = request;
    if (this.#opened.has(id)) throw new Error(`${id} opened twice in one tick`);
    const row: OpenedRequest = { ...unchanged(id), state: 'queued', department, agent, sequence, shapeKey };
    this.#opened.set(id, row);
    this.#documents.push(request);
    if (verdict) recordVerdict(row, verdict);
    this.#foldSequence = Math.max(this.#foldSequence, sequence);
  }

  /** No outcome in this tick: a request that has one is written no more. */
  #staysOpen(id: string): boolean {
    const state = (this.#opened.get(id) ?? this.#decided.get(id))?.state ?? null;
    return state === null || state === 'queued' || state === 'waiting';
  }

  #requestRow(id: string): RequestChange {
    const row = this.#opened.get(id) ?? this.#decided.get(id) ?? unchanged(id);
    if (!this.#opened.has(id)) this.#decided.set(id, row);
    return row;
  }

  #grant(lease: Lease): void {
    const { id, department, agent, request, epoch, option, state, grantedAt, startLimitAt, endsAt } = lease;
    if (epoch !== this.#epoch)
      throw new Error(`S8: ${id} carries epoch ${epoch}, and ${this.#epoch} grants it`);
    if (lease.borrowed) this.#revocations.flag(id, lease.borrowed);
    this.#granted.push({ id, department, agent, request, option, state, grantedAt, startLimitAt, endsAt });
    this.#allocations.push(lease.allocations);
    this.#reservations.push(lease.reservations);
    for (const { pool, window, quantity, exclusive } of lease.allocations) {
      const key = window === undefined ? pool : `${pool}@${window}`;
      const row = this.#taken.get(key);
      if (row) row.quantity += quantity;
      else this.#taken.set(key, { key, quantity });
      if (exclusive) this.#alone.add(key);
    }
  }

  #takenRows(): Taken[] {
    for (const key of this.#alone) {
      const takers = this.#allocations.filter((held) => held.some(({ pool }) => pool === key));
      this.#taken.get(key)!.leases = takers.length;
    }
    return [...this.#taken.values()];
  }

  #decideExtension(change: ExtensionDecided): void {
    const { extension: id, lease, outcome, endsAt, reservations, reasons } = change;
    this.#extensionsDecided.push({ id, outcome, endsAt, reservations, reasons });
    if (endsAt !== null) this.#extended.set(lease, Math.max(endsAt, this.#extended.get(lease) ?? endsAt));
  }
}

function unchanged(id: string): RequestChange {
  return {
    id,
    state: null,
    reasons: null,
    lease: null,
    allow: null,
    codes: null,
    policyRevision: null,
    dataRevision: null,
  };
}

function recordVerdict(row: RequestChange, verdict: RecordedVerdict): void {
  row.allow = verdict.allow;
  row.codes = verdict.codes;
  row.policyRevision = verdict.policyRevision;
  row.dataRevision = verdict.dataRevision;
}
