// What the edge needs from outside beside the scheduler's door: intake, reading, identity, event log. Adapters fill these in roles/.
// Invariant: every read takes the reader's scope, so that no handler can forget the department.

import type {
  AgentId,
  Configuration,
  DepartmentId,
  DomainEvent,
  DryRunAnswer,
  Edit,
  EditCommand,
  Epoch,
  EventType,
  ExtensionId,
  Instant,
  IntakeActor,
  IntakeCommand,
  Lease,
  LeaseId,
  LeaseState,
  Obligations,
  Reason,
  ReasonCode,
  RequestId,
  RequestState,
  ResourceRequest,
  Role,
  StartReservation,
  TickFile,
  TickQuality,
  TickRecord,
} from '../scheduler/index.ts';

import type { Degradation } from './sharedPorts.ts';

export type * from './approvalPorts.ts';
export type * from './historyPorts.ts';
export type * from './leaderPorts.ts';
export type * from './offerPorts.ts';
export type * from './policyPorts.ts';
export type * from './reportPorts.ts';
export type * from './sharedPorts.ts';
export type * from './sideJobPorts.ts';
export type * from './tracingPorts.ts';
export type * from './webhookPorts.ts';

export interface Principal {
  readonly subject: string;
  readonly role: Role;
  readonly department: DepartmentId;
  /** Set for role `agent`. */
  readonly agent: AgentId | null;
  readonly expiresAt: Instant;
  /** Why this call is made, where its caller said so. */
  readonly because?: string | null;
}

export type IdentityRefusal =
  | 'missing'
  | 'malformed'
  | 'expired'
  | 'forged'
  | 'wrongAudience'
  | 'unknownAgent';

export interface Identity {
  verify(
    bearer: string,
  ): Promise<
    | { readonly ok: true; readonly principal: Principal }
    | { readonly ok: false; readonly refusal: IdentityRefusal }
  >;
}

/** Whose rows a reader may see. `all` for operator, auditor and administrator only. */
export type Scope =
  | { readonly type: 'agent'; readonly department: DepartmentId; readonly agent: AgentId }
  | { readonly type: 'department'; readonly department: DepartmentId }
  | { readonly type: 'all'; readonly department: DepartmentId };

/** A submit carries the key of its own idempotency: unique per agent for 24 h. `digest` is over the canonical body. */
export interface IntakeItem {
  readonly cell: string;
  readonly actor: IntakeActor;
  readonly command: IntakeCommand;
  readonly idempotency: { readonly key: string; readonly digest: string } | null;
  /** Of a submit: the trace that it belongs to. */
  readonly traceParent?: string;
}

export type IntakeOutcome =
  | { readonly type: 'accepted'; readonly intake: number; readonly receivedAt: Instant }
  /** Same key, same body: the first answer again. */
  | { readonly type: 'replayed'; readonly request: RequestId; readonly receivedAt: Instant }
  /** Same key, another body. */
  | { readonly type: 'mismatch'; readonly request: RequestId }
  /** The bounded queue is full; nothing was written. */
  | { readonly type: 'busy'; readonly retryAfterSeconds: number };

/** What became of a submit's key: the request that has it, and the digest of the body that came with it. */
export interface KnownSubmit {
  readonly request: RequestId;
  readonly digest: string;
  readonly receivedAt: Instant;
}

/** Group commit: answers after COMMIT, one outcome per item, neighbours independent. */
export interface IntakeWriter {
  write(items: readonly IntakeItem[]): Promise<readonly IntakeOutcome[]>;
  /** Null for a key that nobody used within 24 h. For a submit that could not be written: its first answer may still be owed. */
  known(cell: string, agent: AgentId, clientRequestId: string): Promise<KnownSubmit | null>;
}

export type HeartbeatOutcome =
  | { readonly type: 'recorded'; readonly state: LeaseState; readonly endsAt: Instant; readonly at: Instant }
  | { readonly type: 'ended'; readonly state: LeaseState }
  | { readonly type: 'staleEpoch'; readonly epoch: Epoch }
  | { readonly type: 'absent' }
  /** The bounded queue is full; nothing was written. */
  | { readonly type: 'busy'; readonly retryAfterSeconds: number };

/** Straight to the lease row, fenced by epoch. */
export interface HeartbeatWriter {
  /** `checkpointAt`: until when the holder's work is safe; kept with the latest one. */
  heartbeat(scope: Scope, lease: LeaseId, epoch: Epoch, checkpointAt?: Instant): Promise<HeartbeatOutcome>;
}

export interface RequestView {
  readonly request: ResourceRequest;
  readonly state: RequestState;
  readonly reasons: readonly Reason[];
  readonly lease: LeaseId | null;
  /** Tick of the last Decision; null while queued. */
  readonly tick: number | null;
  readonly decidedAt: Instant | null;
  /** Its promised start, while it is open and has one. */
  readonly reservation: StartReservation | null;
  /** What its last verdict obliges it to; absent: nothing. Only where one request is read, not in lists. */
  readonly obligations?: Obligations;
}

export interface LeaseView {
  readonly lease: Lease;
  readonly heartbeatAt: Instant | null;
  readonly endedAt: Instant | null;
}

export interface PageQuery {
  readonly limit: number;
  /** Opaque to callers; the id after which to go on. */
  readonly after: string | null;
}

export interface Page<Item> {
  readonly items: readonly Item[];
  /** Null on the last page. */
  readonly next: string | null;
}

/** What narrows a list inside the reader's scope: outside of it nothing is found. */
export interface OwnerFilter {
  readonly department?: string;
  readonly agent?: string;
}

export interface RequestFilter extends OwnerFilter {
  readonly state?: RequestState;
  readonly class?: string;
  /** The code of the binding reason, which is the first. */
  readonly reason?: ReasonCode;
}

/**
 * A filtered page may be short, or empty, with a `next`: a call looks through a bounded number of rows, and the next one goes on.
 * Only a null `next` is the end.
 */
export interface RequestReader {
  request(scope: Scope, id: RequestId): Promise<RequestView | null>;
  requests(scope: Scope, query: PageQuery & RequestFilter): Promise<Page<RequestView>>;
}

export interface LeaseFilter extends OwnerFilter {
  readonly state?: LeaseState;
  /** One of its allocations is of this kind; with `pool`, of this pool. */
  readonly kind?: string;
  readonly pool?: string;
}

/** Pages as those of requests. */
export interface LeaseReader {
  lease(scope: Scope, id: LeaseId): Promise<LeaseView | null>;
  leases(scope: Scope, query: PageQuery & LeaseFilter): Promise<Page<LeaseView>>;
}

export interface ExtensionView {
  readonly id: ExtensionId;
  readonly lease: LeaseId;
  readonly seconds: number;
  readonly outcome: 'pending' | 'granted' | 'denied';
  readonly endsAt: Instant | null;
  readonly reasons: readonly Reason[];
}

export interface ExtensionReader {
  extension(scope: Scope, id: ExtensionId): Promise<ExtensionView | null>;
}

/** Committed use of every pool and window, for `pools`. Keys as `capacityKey`. */
export interface PoolUseReader {
  poolUse(cell: string): Promise<ReadonlyMap<string, number>>;
}

export interface TickReader {
  tick(cell: string, tick: number): Promise<TickRecord | null>;
  /** Newest first, each stage without its `certificate`: a page of proofs might be a hundred megabytes. */
  ticks(cell: string, query: PageQuery): Promise<Page<TickRecord>>;
  /** Of the newest so many ticks, newest first. */
  quality(cell: string, last: number): Promise<readonly TickQuality[]>;
}

export interface EventFilter {
  readonly scope: Scope;
  readonly types?: readonly EventType[];
  readonly request?: RequestId;
}

/** The committed log of a cell, in order. */
export interface EventLog {
  /** Events with sequence > `after`, at most `limit`, unfiltered: the hub filters in memory. */
  read(cell: string, after: number, limit: number): Promise<readonly DomainEvent[]>;
  /** Newest committed sequence; 0 when empty. */
  last(cell: string): Promise<number>;
}

/** Stored answers of calls with an `Idempotency-Key`, 24 h. `begin` reserves the key while the call runs. */
export interface CallIdempotency {
  begin(
    scope: string,
    key: string,
    digest: string,
  ): Promise<
    | { readonly type: 'fresh' }
    | { readonly type: 'running' }
    | { readonly type: 'mismatch' }
    | {
        readonly type: 'replay';
        readonly status: number;
        readonly body: string;
        readonly headers: Readonly<Record<string, string>>;
      }
  >;
  finish(
    scope: string,
    key: string,
    answer: {
      readonly status: number;
      readonly body: string;
      readonly headers: Readonly<Record<string, string>>;
    },
  ): Promise<void>;
  /** After a failure that must not be stored (validation, 5xx). */
  abandon(scope: string, key: string): Promise<void>;
}

/** Clock, ids and chance for the edge. Request ids: `req_` + 26 characters, sortable by time. */
export interface EdgeSystem {
  now(): Instant;
  newRequestId(): RequestId;
  newExtensionId(): ExtensionId;
  /** `job_` and `whk_`, made like those of requests. */
  newJobId(): string;
  newWebhookId(): string;
  /** 32 bytes of chance, as text, for a webhook's signatures. */
  newSecret(): string;
  newCallId(): string;
}

/** Each failing check by name with a line that says what to do; an empty list is ready. */
export interface Readiness {
  /** What the process works on without: it stays ready. */
  degraded(): readonly Degradation[];
  failing(): Promise<readonly { readonly check: string; readonly detail: string }[]>;
}

/** An edit that stands over the files that the organisation is loaded from. */
export interface KeptEdit {
  /** `objectKeyOf`: a later edit of the same object takes its place. */
  readonly object: string;
  /** "" for what belongs to the organisation. */
  readonly department: DepartmentId | '';
  readonly edit: Edit;
  readonly subject: string;
}

export interface ConfigurationSwap {
  /** The revision that the new one was made from; null: none is stored yet. */
  readonly from: string | null;
  readonly to: Configuration;
  readonly kept: readonly KeptEdit[];
  /** Objects whose edit stands over the files no more. */
  readonly dropped: readonly string[];
  /** Digest of the files, when it is they that changed. */
  readonly base: string | null;
  /** Sealed by the leader as an audit entry; null for what nobody did: a start, a new week. */
  readonly act: { readonly actor: IntakeActor; readonly command: EditCommand } | null;
}

/**
 * `superseded`: another revision is in force than the one that the new was made from. `overAllotted`: other cells have not given up yet what this
 * one is to be allotted. Either way nothing was written.
 */
export type SwapOutcome = 'stored' | 'superseded' | 'overAllotted';

/** The organisation in force, changed by compare-and-swap: revision, overlay and audit in one transaction. */
export interface ConfigurationStore {
  /** Null before the first is stored. */
  currentRevision(cell: string): Promise<string | null>;
  current(cell: string): Promise<Configuration>;
  /** In the order in which they were made. */
  edits(cell: string): Promise<readonly KeptEdit[]>;
  /** Digest of the files that were loaded last; null before the first. */
  base(cell: string): Promise<string | null>;
  swap(swap: ConfigurationSwap): Promise<SwapOutcome>;
}

/** When agents were last heard of, whether or not they hold anything. */
export interface AgentHeartbeats {
  beat(cell: string, agent: { readonly id: AgentId; readonly department: DepartmentId }): Promise<Instant>;
  /** Of every agent that was ever heard. */
  heard(cell: string): Promise<ReadonlyMap<string, Instant>>;
}

/** What live leases hold, for quotas. */
export interface HeldUnitsReader {
  heldUnits(cell: string): Promise<
    readonly {
      readonly department: string;
      readonly kind: string;
      readonly pool: string;
      readonly units: number;
    }[]
  >;
}

export type DryRunOutcome =
  | { readonly type: 'decided'; readonly answer: DryRunAnswer }
  | { readonly type: 'notLeading' }
  /** The bounded line is full. */
  | { readonly type: 'busy'; readonly retryAfterSeconds: number };

/** What the next tick would say to an admitted request. Nothing is written and nothing reserved. */
export interface DryRuns {
  ask(request: ResourceRequest): Promise<DryRunOutcome>;
}

/** The last ticks of this process that had a program. */
export interface TickFiles {
  readonly ticksMax: number;
  /** Null for a tick that is not kept, or was not this process's. */
  file(tick: number): TickFile | null;
  /** Number of the oldest one; null when there is none. */
  oldest(): number | null;
}

/** Calls of one kind of caller: `perSecond` tokens come in, at most `burst` are kept. */
export interface RateBucket {
  /** Shown to callers: "agent", "department". */
  readonly name: string;
  readonly key: string;
  readonly perSecond: number;
  readonly burst: number;
}

export interface RateStanding {
  readonly name: string;
  /** Whole tokens left. */
  readonly remaining: number;
  readonly fullInSeconds: number;
}

export type RateOutcome =
  | { readonly type: 'taken'; readonly standings: readonly RateStanding[] }
  /** Nothing was taken from any bucket; `bucket` is the first that was short, by name. */
  | {
      readonly type: 'refused';
      readonly bucket: string;
      readonly retryAfterSeconds: number;
      readonly standings: readonly RateStanding[];
    };

/** Token buckets. All of them give the tokens, or none; more than a bucket ever holds empties it; 0 tokens only look. */
export interface RateLimiter {
  take(buckets: readonly RateBucket[], tokens: number): Promise<RateOutcome>;
}
