// What the edge is given: every port, the configuration in force, and its limits. One object, so that a route sees what it may use.
// Invariant: nothing here is read from the environment; the composition roots and the tests fill it.

import type { FastifyBaseLogger } from 'fastify';
import type { MetricObjectWithValues, MetricValue, Registry } from 'prom-client';
import type { DecisionLog } from '../../policies/index.ts';
import type {
  AgentId,
  Configuration,
  Digest,
  Estimate,
  Explanation,
  HolderSight,
  Lease,
  LeaseId,
  Reason,
  RequestId,
  ResourceRequest,
} from '../../scheduler/index.ts';
import type {
  AccountReader,
  AgentHeartbeats,
  Announced,
  ApprovalReader,
  AuditReader,
  AuditWriter,
  CallIdempotency,
  CallTracing,
  ConfigurationStore,
  DryRuns,
  EdgeSystem,
  EventPageReader,
  ExtensionReader,
  HeadSigner,
  HeartbeatWriter,
  HeldUnitsReader,
  HistoryReader,
  Identity,
  IntakeWriter,
  LeaseReader,
  Offering,
  PolicyKeeping,
  PoolUseReader,
  Presence,
  QueueReader,
  RateLimiter,
  Readiness,
  RequestReader,
  SideJobs,
  TickFiles,
  TickReader,
  UsageReader,
  Webhooks,
} from '../ports.ts';
import type { EventHub } from './hub.ts';
import type { EdgeLimits } from './rateLimits.ts';

/** What an act on a lease is checked against. */
export type HeldLease = Pick<Lease, 'id' | 'department' | 'agent' | 'epoch' | 'state' | 'revocation'>;

/** Where people sign in to the console, and as which client: OpenID Connect, authorization code with PKCE. */
export interface SignInAt {
  readonly issuer: string;
  readonly audience: string;
  readonly client: string;
  readonly scope: string;
}

export interface ServerOptions {
  /** The revision that this process holds: one reference per call, so that a call sees one revision. */
  readonly configuration: () => Configuration;
  readonly identity: Identity;
  /** Absent: people paste a token. */
  readonly signIn?: SignInAt;
  readonly intake: IntakeWriter;
  readonly heartbeats: HeartbeatWriter;
  readonly requests: RequestReader;
  readonly leases: LeaseReader;
  readonly extensions: ExtensionReader;
  readonly approvals: ApprovalReader;
  readonly poolUse: PoolUseReader;
  readonly heldUnits: HeldUnitsReader;
  readonly agentHeartbeats: AgentHeartbeats;
  /** The organisation in force, where edits are decided and stored. */
  readonly configurations: ConfigurationStore;
  /** This process holds the revision from now on: after an edit of its own. */
  readonly adopt: (configuration: Configuration) => void;
  /** Open requests that the configuration would make impossible; null where this process does not lead. */
  readonly impossibleUnder: (configuration: Configuration) => number | null;
  readonly ticks: TickReader;
  readonly accounts: AccountReader;
  readonly usage: UsageReader;
  readonly queue: QueueReader;
  readonly eventPages: EventPageReader;
  readonly history: HistoryReader;
  readonly audit: AuditReader & AuditWriter;
  readonly headSigner: HeadSigner;
  readonly calls: CallIdempotency;
  readonly system: EdgeSystem;
  readonly digest: Digest;
  readonly readiness: Readiness;
  readonly metrics: Registry;
  /** Started and stopped with the server. */
  readonly hub: EventHub;
  /**
   * Live numbers of why a request waits, from the leader's memory; null when this process does not know, and the stored
   * reasons are shown.
   */
  readonly explainWaiting: (request: RequestId) => readonly Reason[] | null;
  /** All that is known of why an open request waits, from the leader's memory; null when this process does not know. */
  readonly explanation: (request: ResourceRequest, sight: HolderSight) => Explanation | null;
  /** When an open request may expect to start; null when this process does not know. */
  readonly estimate: (request: RequestId) => Estimate | null;
  readonly sideJobs: SideJobs;
  /** A hint for whoever runs jobs. */
  readonly jobAdded: () => void;
  readonly webhooks: Webhooks;
  /** What is stored of a webhook's secret; null: no key is known here, and none can be kept. */
  readonly sealWebhookSecret: ((webhook: string, secret: string) => string) | null;
  /** Why a webhook may not be sent to a URL; null: it may, as far as the URL says. */
  readonly refusalOfWebhook: (url: string) => string | null;
  readonly dryRuns: DryRuns;
  readonly offering: Offering;
  readonly tickFiles: TickFiles;
  readonly policies: PolicyKeeping;
  /** Of this process: what it did not lead for, it does not know. */
  readonly decisions: Pick<DecisionLog, 'page'>;
  readonly limits: EdgeLimits;
  readonly rateLimiter: RateLimiter;
  readonly presence: Presence;
  /** Spans of calls; absent: none are kept, and a caller's `traceparent` is handed on as it is. */
  readonly tracing?: CallTracing | undefined;
  /** How many requests the agent has open, from the leader's memory; null when this process does not lead. */
  readonly openRequests: (agent: AgentId) => number | null;
  /** A live lease from the leader's memory; null when this process does not hold it, and the database is asked. */
  readonly liveLease: (lease: LeaseId) => HeldLease | null;
  /** Mean delay of the event loop over the last second. */
  readonly lagMs: () => number;
  /** The process that leads, where this one does not; absent: this one answers what it can. */
  readonly leader?: {
    /** Calls that it alone can answer are handed on to it there; null while nobody leads. */
    readonly address: () => Promise<Announced | null>;
    /** Whether this process leads by now, and answers itself; absent: it never does. */
    readonly leadsHere?: () => boolean;
    /** It did not answer where it was said to be. */
    readonly forget: () => void;
    /** Whose readiness `/readyz` tells: the leader's where this process is its edge, its own where any number of them stand before it. */
    readonly readiness: 'leader' | 'own';
    /** Its own figures, which are told with those of this process; absent: it is scraped where it is. */
    readonly metrics?: () => Promise<MetricObjectWithValues<MetricValue<string>>[]>;
  };
  /** Of an edge for the other processes of the cell; absent: calls come from anywhere. */
  readonly inner?: {
    /** Whether a call shows the right secret. */
    readonly lets: (secret: string) => boolean;
    /** Open requests of the agents with a tenth of their bound and more; all others count as having none. */
    readonly crowded: () => readonly (readonly [AgentId, number])[];
  };
  /** Absent: nothing is logged. */
  readonly logger?: FastifyBaseLogger;
}
