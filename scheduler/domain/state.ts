// The cell's state in the leader's memory: what is open, what is held, what it costs. Loaded when elected, changed only by apply.ts.
// Invariant: equal to what the database holds after every commit; iteration is in order of `sequence` or of id.

import type { Approval } from './approval.ts';
import type { Configuration } from './configuration.ts';
import type { Earmark } from './earmark.ts';
import type { ApprovalId, DepartmentId, Epoch, ExtensionId, LeaseId, PoolId, RequestId } from './ids.ts';
import type { CapacityKey, Lease } from './lease.ts';
import type { Obligations } from './obligation.ts';
import type { PastUse } from './pastUse.ts';
import type { PolicyRules } from './policyRow.ts';
import type { Instant, Units } from './quantity.ts';
import type { PendingExtension, PendingRequest, ResourceRequest } from './request.ts';
import type { StartReservation } from './reservation.ts';

export interface AccountUse {
  reserved: Units;
  spent: Units;
}

/** A gang's place in the order in which ticks look at gangs: rank of the class, then the first member's sequence. */
export interface GangTurn {
  readonly rank: number;
  readonly sequence: number;
}

export interface State {
  readonly cell: string;
  readonly epoch: Epoch;
  configuration: Configuration;
  /** Last committed tick, event and fold numbers. */
  tick: number;
  /** Digest of the last committed tick, "" before the first: the next one is chained to it. */
  tickDigest: string;
  eventSequence: number;
  foldSequence: number;
  /** Open requests in order of `sequence` (Map keeps insertion order). */
  readonly requests: Map<RequestId, PendingRequest>;
  readonly extensions: Map<ExtensionId, PendingExtension>;
  /** Live leases only: granted, active, revoking. */
  readonly leases: Map<LeaseId, Lease>;
  /** Leases that the tick under way has ended: its events still speak of them. Emptied once they are told. */
  readonly justEnded: Map<LeaseId, Lease>;
  /** When a live lease was last heard of, as far as the leader has read. */
  readonly heardAt: Map<LeaseId, Instant>;
  /** Requests of live leases: what a revocation must know of them. */
  readonly held: Map<RequestId, ResourceRequest>;
  /** Until when a live lease's work was last said to be safe, as far as the leader has read. */
  readonly checkpoints: Map<LeaseId, Instant>;
  /** What the verdicts on `held` oblige to, as it was loaded: `recollect` takes it away. */
  heldUnder?: ReadonlyMap<RequestId, Obligations>;
  /** By the request whose they are. */
  readonly earmarks: Map<RequestId, Earmark>;
  /** The last tick that saw an arrival, a release, or another configuration or policy; 0 for a new leader, who knows of none. */
  outsideTick: number;
  /** The nominee after which the next tick goes on; null: with the first. */
  nomineeTurn?: GangTurn | null;
  /** Request -> its live lease, for a cancel that meets a grant. */
  readonly leaseOfRequest: Map<RequestId, LeaseId>;
  readonly used: Map<CapacityKey, Units>;
  /** Live renewable use per department and kind, for quota rows. */
  readonly quotaUse: Map<string, Units>;
  /** What was held before, fading; absent before the first tick that counts it. Replaced, never changed. */
  pastUse?: PastUse;
  /** Of the policy in force: what each tick was told last; absent before the first. Not stored. */
  policyRules?: PolicyRules;
  /** `${account}/${period}`. */
  readonly accounts: Map<string, AccountUse>;
  /** Datasets whose one live lease holds them exclusively. */
  readonly exclusive: Set<PoolId>;
  /** Pools that left the configuration while some of their units were used, and whose units do not come back: licences, not GPUs. */
  readonly goneConsumables: Set<PoolId>;
  /** Gang -> its open members, so that a submit finds its gang without a look at all who wait. */
  readonly gangs: Map<string, Set<RequestId>>;
  /** Promised starts of open requests. */
  readonly reserved: Map<RequestId, StartReservation>;
  /** What this term of office has seen of those who wait; not stored, a new leader begins with nothing. */
  queue?: QueueMemory;
  /** Of open requests; those that are approved, also of requests that have a live lease: a successor may need them. */
  readonly approvals: Map<ApprovalId, Approval>;
  /** The gang after which the next tick goes on, when the last one had no steps for all of them. A new leader begins with the first. */
  gangTurn?: GangTurn | null;
}

/** A cell in which nothing has happened yet. */
export function emptyState(of: Pick<State, 'cell' | 'epoch' | 'configuration'>): State {
  return {
    ...of,
    tick: 0,
    tickDigest: '',
    eventSequence: 0,
    foldSequence: 0,
    requests: new Map(),
    extensions: new Map(),
    leases: new Map(),
    justEnded: new Map(),
    heardAt: new Map(),
    leaseOfRequest: new Map(),
    used: new Map(),
    quotaUse: new Map(),
    accounts: new Map(),
    exclusive: new Set(),
    goneConsumables: new Set(),
    gangs: new Map(),
    held: new Map(),
    checkpoints: new Map(),
    earmarks: new Map(),
    outsideTick: 0,
    reserved: new Map(),
    approvals: new Map(),
  };
}

export interface QueueMemory {
  /** Open request -> later ones of its class that took a pool it could have had. */
  readonly overtaken: Map<RequestId, Units>;
  /** Place -> unit milliseconds that stood idle for reservations, less what may. */
  readonly idle: Map<string, Units>;
  /** Up to when idleness is counted. */
  idleThrough: Instant;
  /** The overdue request after which the next search for a start begins, when the last one had no steps for all of them. */
  turn: GangTurn | null;
  /** Until then nobody new is looked at: the last look at all who are overdue promised nothing, and nothing came back since. */
  quietUntil: Instant;
  /** A tick did not look because of it: one behind it must. */
  isPutOff: boolean;
  /** No promise is brought forward before this instant. */
  forwardAt: Instant;
  /** Something came back since promises were brought forward last. */
  isForwardDue: boolean;
}

export function joinGang(gangs: State['gangs'], { id, terms }: ResourceRequest): void {
  if (terms.gang === undefined) return;
  const members = gangs.get(terms.gang.id);
  if (members) members.add(id);
  else gangs.set(terms.gang.id, new Set([id]));
}

export function leaveGang(gangs: State['gangs'], { id, terms }: ResourceRequest): void {
  if (terms.gang === undefined) return;
  const members = gangs.get(terms.gang.id);
  members?.delete(id);
  if (members?.size === 0) gangs.delete(terms.gang.id);
}

export function quotaKey(department: DepartmentId, kind: string): string {
  return `${department}/${kind}`;
}

export function accountKey(account: string, period: string): string {
  return `${account}/${period}`;
}
