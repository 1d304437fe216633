// How a server is composed: plain data, so that it can cross a process boundary, and the sums that it keeps for its operator.

import type { Configuration, TickRecord } from '../../scheduler/index.ts';
import type { EngineName } from '../../solver/index.ts';
import type { KafkaClientName, LogLevel } from '../config.ts';
import type { EdgeLimits } from '../http/rateLimits.ts';
import type { OrganisationText } from '../organisation/index.ts';
import type { PolicySettings } from './policies.ts';
import type { ProcessRole } from './role.ts';

/** Where a process listens: port 0 is any free one. */
export interface ListenAt {
  readonly host: string;
  readonly port: number;
}

/** Where the other processes of the cell ask one that leads; and where one without an edge answers probes. */
export interface Internal extends ListenAt {
  /** As the others reach it, where that is not the address that is listened on. */
  readonly url?: string;
}

export interface ServerOptions {
  /** What this process is for; absent: everything. */
  readonly roles?: readonly ProcessRole[];
  /** Absent: loopback, any free port. */
  readonly internal?: Internal;
  /** Data, keys and dumps live here; private to the user. */
  readonly directory: string;
  /** A PostgreSQL of the operator's; absent: the embedded one under `directory`. */
  readonly databaseUrl?: string;
  /** Brought into force, with the edits that stand over it; absent: the stored one. */
  readonly configuration?: Configuration;
  /** The files that it was read from: with them new weeks and months come into force by themselves. */
  readonly organisationTexts?: readonly OrganisationText[];
  readonly cell: string;
  readonly host: string;
  readonly port: number;
  /** A busy port is an error, or the next free one is taken. */
  readonly portBusy: 'fail' | 'next';
  /** Shared limits, hints and presence; absent: each process has its own. */
  readonly redisUrl?: string;
  /** Members of the etcd that says who leads; absent: PostgreSQL does. */
  readonly etcd?: readonly string[];
  readonly kafkaBrokers: readonly string[];
  /** `kafkajs` when absent. */
  readonly kafkaClient?: KafkaClientName;
  /** `create`: the relay creates the topics of a department before their first record; `given`, when absent: an operator does. */
  readonly kafkaTopics?: 'create' | 'given';
  /** Processes with an edge take requests from the intake topic too; absent: from HTTP alone. */
  readonly kafkaIntake?: boolean;
  readonly issuer: string;
  readonly audience: string;
  /** Public keys of the organisation's issuer, as a JWKS document; absent: the development key of `directory`. */
  readonly keySet?: string;
  /** People sign in to the console at the issuer, as this client; absent: they paste a token. */
  readonly signIn?: { readonly client: string; readonly scope: string };
  readonly engine: EngineName;
  readonly tickIntervalMs: number;
  /** `process`: HTTP and event streams get a process of their own; `inside`, when absent, shares the one that decides. */
  readonly edge?: 'inside' | 'process';
  /** Acts that wait to be written, or are being written; beyond its part of them a department is answered 503. 20,000 when absent. */
  readonly intakeQueueItems?: number;
  /** Webhooks may be sent over http to loopback: for development alone. */
  readonly webhookLoopback?: boolean;
  /** Under which secrets of webhooks are kept, the first for new ones: "<id>:<base64 of 32 bytes>"; absent: no webhook can be registered. */
  readonly secretKeys?: readonly string[];
  /** `process`: side jobs and webhooks are worked off by a process beside this one; `off` when absent. */
  readonly sideJobs?: 'process' | 'off';
  /** A collector of traces, OTLP over HTTP; absent: no spans. */
  readonly otlpUrl?: string;
  /** Ticks that are kept to be taken home as files; `DEFAULT_TICK_FILES` when absent. */
  readonly tickFiles?: number;
  /** How long checkpoints are kept; a day when absent. */
  readonly checkpointHours?: number;
  /** Those that are left out are `DEFAULT_LIMITS`. */
  readonly limits?: Partial<EdgeLimits>;
  /** `DEFAULT_POLICY_SETTINGS` when absent. */
  readonly policies?: PolicySettings;
  /** Of the log on stderr; `warn` when absent. */
  readonly logLevel?: LogLevel;
}

/** Sums since the start, for benches and the replay summary. */
export interface ServerStats {
  readonly ticks: number;
  readonly ticksWithEngine: number;
  /** Ticks that had at least one column to decide on. */
  readonly ticksWithColumns: number;
  readonly faults: number;
  readonly largestGap: number;
  readonly pending: readonly number[];
  readonly columns: readonly number[];
  readonly recordBytes: readonly { readonly bytes: number; readonly entries: number }[];
  readonly timings: readonly TickRecord['timings'][];
  readonly eventLoopLagMs: { readonly p50: number; readonly p99: number; readonly max: number };
}

export const DEFAULT_ISSUER = 'annona-development';
export const DEFAULT_AUDIENCE = 'annona';
export const DEFAULT_PORT = 7400;
export const DEFAULT_INTERNAL: Internal = { host: '127.0.0.1', port: 0 };
/** Batches arrivals; at 20 ms a request waits 10 ms on average, and the commit of a tick costs less than half of it. */
export const DEFAULT_TICK_INTERVAL_MS = 20;
/** About three seconds of a busy cell, an afternoon of a calm one. */
export const DEFAULT_TICK_FILES = 64;
/** Far above what a sound service does: a limit stops one that went wild, and never shapes the load of one that works. */
export const DEFAULT_LIMITS: EdgeLimits = {
  agentPerSecond: 100,
  departmentPerSecond: 2000,
  openPerAgent: 10_000,
};
