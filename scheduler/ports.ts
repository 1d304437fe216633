// Every port of the scheduler: what it needs from outside, one to three methods each, one contract suite each in test/contract.
// Invariant: no port leaks its store; time, ids and chance come in here and nowhere else.

import type { Solution, SolveOptions, SolverService } from '../solver/index.ts';
import type { Change } from './domain/change.ts';
import type { Configuration } from './domain/configuration.ts';
import type { DomainEvent } from './domain/event.ts';
import type { Epoch, RequestId } from './domain/ids.ts';
import type { IntakeRow } from './domain/intake.ts';
import type { Plan } from './domain/plan.ts';
import type { PolicyRules } from './domain/policyRow.ts';
import type { Instant, Units } from './domain/quantity.ts';
import type { RecordedVerdict } from './domain/request.ts';
import type { State } from './domain/state.ts';
import type { TickRecord } from './domain/tickRecord.ts';
import type { Formulation } from './formulate/index.ts';
import type { Heartbeats } from './lifecycle.ts';
import type { Snapshot } from './snapshot.ts';

/** Leadership of one cell. `acquire` answers the new epoch, or null while another holds it. Renewal is on the database's clock. */
export interface Leadership {
  acquire(cell: string): Promise<Epoch | null>;
  /** False: lost. Whoever lost must drop its state; the epoch check in each commit is what makes that safe. */
  renew(cell: string, epoch: Epoch): Promise<boolean>;
  release(cell: string, epoch: Epoch): Promise<void>;
}

/** Recovery of the leader's memory: the committed state, whole. */
export interface StateSource {
  load(cell: string, epoch: Epoch): Promise<State>;
}

export interface IntakeBatch {
  /** Rows that no tick has stamped, by id. */
  readonly rows: readonly IntakeRow[];
  /** The database's clock, read once: the tick's `now`. */
  readonly now: Instant;
  /** The configuration in force, of the same snapshot as the rows: an edit's row never comes before its revision. */
  readonly revision: string;
}

export interface IntakeSource {
  take(cell: string, rowsMax: number): Promise<IntakeBatch>;
}

/** When live leases were last heard of. Leases not heard since `since` are left out. */
export interface HeartbeatSource {
  since(
    cell: string,
    since: Instant,
  ): Promise<{
    readonly heard: Heartbeats['heard'];
    /** Database clock, less a margin for heartbeats still being written: everything recorded before it is in `heard` now or was earlier. */
    readonly readThrough: Instant;
  }>;
}

/** Everything one tick writes, in one transaction: all or none. */
export interface TickCommit {
  readonly cell: string;
  readonly epoch: Epoch;
  readonly record: TickRecord;
  /** Intake rows to stamp with this tick. */
  readonly intake: readonly number[];
  readonly changes: readonly Change[];
  readonly events: readonly DomainEvent[];
}

/**
 * `committed`, also when the reply was lost and the tick was then found by its id; `epochLost` when the epoch is no longer ours and nothing was written.
 * Anything else throws, and nothing was written.
 */
export interface TickStore {
  commit(commit: TickCommit): Promise<'committed' | 'epochLost'>;
}

/** Which committed tick a checkpoint is of. */
export interface CheckpointOf {
  readonly cell: string;
  readonly tick: number;
  readonly epoch: Epoch;
  readonly tickDigest: string;
}

/** Where replays begin. False: that tick is none of this epoch, and nothing was kept. */
export interface CheckpointStore {
  keep(of: CheckpointOf, pieces: AsyncIterable<string>): Promise<boolean>;
}

/** Numbers and chains the audit entries that no tick has written; a commit seals on its own. */
export interface AuditSealer {
  seal(cell: string, epoch: Epoch): Promise<'sealed' | 'epochLost'>;
}

/** One request's facts for the policy, made by gate.ts from the request and the configuration. */
export interface GateRow {
  readonly department: string;
  readonly agent: string;
  readonly roles: readonly string[];
  readonly skills: readonly string[];
  /** Level of `CLASSIFICATIONS`. */
  readonly clearance: number;
  readonly class: string;
  readonly classification: number;
  readonly purpose: string;
  readonly durationSeconds: Units;
  readonly preemptible: boolean;
  /** Kind -> largest total over the options. */
  readonly quantities: Readonly<Record<string, Units>>;
  /** Of the GPU pools that its claims could take; `["*"]` for more than a row names. */
  readonly models: readonly string[];
  readonly datasets: readonly string[];
  /** The most that it can cost. */
  readonly costMinor: Units;
  /** Of its submission, UTC: 0 to 23, and 0 (Monday) to 6. */
  readonly hour: number;
  readonly weekday: number;
}

/** The batched policy evaluation. Never rejects for a bad row or a dead engine: what it cannot decide it denies, with a code. */
export interface PolicyGate {
  readonly policyRevision: string;
  readonly dataRevision: string;
  /** What the policy limits and prefers beyond single requests, of these revisions and free of `policyProblems`; absent: nothing. One object while nothing changes. */
  readonly rules?: PolicyRules;
  /** `requests`: whose rows they are, in the same order; for the log, never for the policy. */
  evaluate(
    tick: string,
    rows: readonly GateRow[],
    requests?: readonly RequestId[],
  ): Promise<readonly RecordedVerdict[]>;
  /** Makes the organisation the policy's data; resolves at once when it is already. Rejects when the policy refuses it. */
  adopt(configuration: Configuration): Promise<void>;
}

/** `program`: null where there was no column to decide on. */
export interface Decided {
  readonly snapshot: Snapshot;
  readonly plan: Plan;
  readonly program?: { readonly formulation: Formulation; readonly solution: Solution } | null;
}

/** Told after each commit, in order: SSE, the Kafka relay and the metrics hang on it. Must not throw and must not block. */
export interface CommitObserver {
  /** `decided`: what the tick decided on, and what; frozen, and may be kept. */
  committed(commit: TickCommit, decided?: Decided): void;
}

/** Where a failed tick is dumped whole, as a tick file. Answers where it lies. */
export interface TickDump {
  write(name: string, document: unknown): Promise<string>;
}

/** Monotonic milliseconds for measuring phases; never part of a digest. */
export interface Stopwatch {
  elapsedMs(): number;
}

/** Waiting, passed in so that a simulation can own time. Resolves early, without error, when the signal aborts. */
export interface Timers {
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** SHA-256 in lower-case hex; passed in because a pure door may not import `node:crypto`. */
export type Digest = (parts: Iterable<string | Uint8Array>) => string;

export interface SchedulerPorts {
  readonly leadership: Leadership;
  readonly stateSource: StateSource;
  readonly intake: IntakeSource;
  readonly configuration: ConfigurationSource;
  readonly heartbeats: HeartbeatSource;
  readonly store: TickStore;
  readonly policy: PolicyGate;
  readonly solver: SolverService;
  readonly observer: CommitObserver;
  readonly dump: TickDump;
  readonly stopwatch: Stopwatch;
  readonly timers: Timers;
  readonly digest: Digest;
  readonly solveOptions: SolveOptions;
  /** Absent: none are written, and a replay begins at the cell's first tick. */
  readonly checkpoints?: CheckpointStore;
  /** Absent: entries wait for the next commit. */
  readonly sealer?: AuditSealer;
}

/** The organisation in force. A new revision is stored and becomes the next tick's. */
export interface ConfigurationSource {
  current(cell: string): Promise<Configuration>;
  /** A stored revision, whether or not it is still in force. */
  revision(cell: string, revision: string): Promise<Configuration>;
}

/** The committed log of a cell as the relay reads it: numbered without gaps, from 1. */
export interface CommittedEvents {
  /** Events with sequence > `after`, in order, at most `limit`. */
  read(cell: string, after: number, limit: number): Promise<readonly DomainEvent[]>;
  /** Newest committed sequence; 0 when empty. */
  last(cell: string): Promise<number>;
}

/** How far a sink has acknowledged a cell's events; 0 before the first. Never moves back, also when two relays of one sink overlap. */
export interface RelayCursor {
  read(sink: string, cell: string): Promise<number>;
  advance(sink: string, cell: string, sequence: number): Promise<void>;
}

/** `refused`: the stream will never take these events as they are; some of them may have arrived all the same. */
export type Publication =
  | { readonly type: 'acknowledged' }
  | { readonly type: 'refused'; readonly reason: string };

/** A stream. Both methods resolve only when the stream has acknowledged; an outage rejects, and any part may have arrived. */
export interface Publisher {
  /** In the given order per request. */
  publish(events: readonly DomainEvent[]): Promise<Publication>;
  /** To the dead letters, with the event's headers and the reason. */
  bury(event: DomainEvent, reason: string): Promise<void>;
}

/**
 * `intake`: something was written that waits to be folded. `commit`: a tick was committed. `leadership`: it was given up, and may be had.
 * `jobs`: a side job was asked for.
 */
export type HintTopic = 'intake' | 'commit' | 'leadership' | 'jobs';

/** Wake-up hints between processes. Any of them may be lost, repeated or late: whoever listens also polls, and a hint carries nothing that counts. */
export interface Hints {
  /** Neither throws nor blocks; many of one turn of the event loop are one. The process that tells does not hear itself. */
  tell(topic: HintTopic, cell: string): void;
  /** Answers what must be called to hear no more. */
  hear(topic: HintTopic, cell: string, listener: () => void): () => void;
}
