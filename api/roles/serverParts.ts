// What the roles of one process share, made once by server.ts and handed to each of them.
// Invariant: whoever starts something hands its end to `closing` at once, so that a failure half-way stops what was started.

import type { PostgresAdapter } from '../../adapters/postgres/index.ts';
import type { Metrics } from '../../adapters/telemetry/metrics.ts';
import type { CommitObserver, Configuration, Hints, Leadership } from '../../scheduler/index.ts';
import type { EventHub } from '../http/hub.ts';
import type { LeaderDirectory } from '../ports.ts';
import type { ConfigurationFollower } from './configurationFollower.ts';
import type { OpenTelemetry } from './openTelemetry.ts';
import type { Shared } from './redis.ts';
import type { ServerOptions } from './serverOptions.ts';

export type Closing = (close: () => Promise<void> | void) => void;

export interface ServerParts {
  readonly options: ServerOptions;
  readonly configuration: Configuration;
  readonly adapter: PostgresAdapter;
  /** Of the database. */
  readonly database: string;
  /** Of the cell, and of whatever else one process at a time may do; kept in PostgreSQL, or in etcd. */
  readonly leadership: Leadership & LeaderDirectory;
  readonly hints: Hints;
  /** With other processes, as long as Redis is there. */
  readonly shared: Shared;
  /** Where a collector is named. */
  readonly telemetry: OpenTelemetry | null;
  readonly follower: ConfigurationFollower;
  readonly metrics: Metrics;
  readonly hub: EventHub;
  /** Told of each commit of this process; more may be added. */
  readonly observers: CommitObserver[];
  readonly log: (line: string) => void;
}
