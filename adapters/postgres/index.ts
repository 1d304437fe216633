// The PostgreSQL adapter, put together: every port that a database can fill, over few connections with a purpose each.
// Invariant: the leader's work, its renewals, the intake and the readers never stand in one another's queue. Called by api/roles and tests.

import { randomUUID } from 'node:crypto';
import { PostgresAccounts } from './accounts.ts';
import { PostgresAgentHeartbeats } from './agentHeartbeats.ts';
import { PostgresApprovals } from './approvals.ts';
import { PostgresAudit, PostgresSealer } from './audit.ts';
import { PostgresCallIdempotency } from './calls.ts';
import { PostgresConfiguration } from './configuration.ts';
import { type ConnectionSettings, MendingConnection, QueryPool } from './connection.ts';
import { PostgresEpochs } from './epochs.ts';
import { PostgresHeartbeatSource, PostgresHeartbeatWriter } from './heartbeats.ts';
import { PostgresCheckpoints, PostgresHistory } from './history.ts';
import { PostgresIntakeSource } from './intakeSource.ts';
import { PostgresIntakeWriter } from './intakeWriter.ts';
import { PostgresLeadership } from './leadership.ts';
import { PostgresLogs } from './logs.ts';
import { PostgresPolicies } from './policies.ts';
import { PostgresReaders } from './readers.ts';
import { PostgresRelayCursors } from './relayCursor.ts';
import { PostgresSideJobBook, PostgresSideJobs } from './sideJobs.ts';
import { Statements } from './statements.ts';
import { PostgresStateSource } from './stateSource.ts';
import { PostgresTickStore } from './tickStore.ts';
import { PostgresTraces } from './traces.ts';
import { PostgresUpkeep } from './upkeep.ts';
import { PostgresUsage } from './usage.ts';
import { PostgresWebhookBook, PostgresWebhooks } from './webhooks.ts';

export { InvalidCursorError } from './cursor.ts';
export { openHints, type PostgresHints } from './hints.ts';
export { migrate } from './migrate.ts';
export { NoConfigurationError } from './stateSource.ts';
export { UnstorableTextError } from './storable.ts';

export interface PostgresOptions {
  readonly url: string;
  /** Who leads, as the leader row names it: one name a process, so that a process recognises its own lease. Default: a random one. */
  readonly holder?: string;
  /** Leadership without a renewal for this long may be taken over. Renew four times as often. */
  readonly ttlMs?: number;
  /** Items of the intake that wait or are under way; beyond it `busy`. */
  readonly intakeQueueItemsMax?: number;
  readonly intakeConnectionsMax?: number;
  readonly readConnectionsMax?: number;
  /** How long checkpoints are kept, in hours; the newest always is. By default a day. */
  readonly checkpointHours?: number;
  /** How long a read for people and agents may take; a report gets four fifths of it. 5 s when absent. */
  readonly readTimeoutMs?: number;
  /** After each group of intake that was committed: wakes the leader of this process. */
  readonly onIntakeWritten?: () => void;
  /** A connection broke while nobody was waiting on it. It mends itself; this is for the log. */
  readonly onConnectionError?: (error: Error) => void;
}

export interface PostgresAdapter {
  readonly leadership: PostgresLeadership;
  /** For leadership that is kept elsewhere. */
  readonly epochs: PostgresEpochs;
  readonly stateSource: PostgresStateSource;
  readonly intake: PostgresIntakeSource;
  readonly heartbeats: PostgresHeartbeatSource;
  readonly store: PostgresTickStore;
  readonly configuration: PostgresConfiguration;
  readonly intakeWriter: PostgresIntakeWriter;
  readonly heartbeatWriter: PostgresHeartbeatWriter;
  /** Requests, leases and extensions, by id and in pages; why requests wait; events in pages. */
  readonly readers: PostgresReaders;
  readonly approvals: PostgresApprovals;
  readonly accounts: PostgresAccounts;
  readonly usage: PostgresUsage;
  /** Events, ticks and the use of pools. */
  readonly logs: PostgresLogs;
  readonly calls: PostgresCallIdempotency;
  readonly relayCursors: PostgresRelayCursors;
  readonly agentHeartbeats: PostgresAgentHeartbeats;
  readonly policies: PostgresPolicies;
  readonly checkpoints: PostgresCheckpoints;
  readonly history: PostgresHistory;
  readonly audit: PostgresAudit;
  readonly sealer: PostgresSealer;
  readonly sideJobs: PostgresSideJobs;
  readonly sideJobBook: PostgresSideJobBook;
  readonly webhooks: PostgresWebhooks;
  readonly webhookBook: PostgresWebhookBook;
  readonly traces: PostgresTraces;
  readonly upkeep: PostgresUpkeep;
  /** Resolves when the database answers. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

/** A group of 500 is written in about 15 ms; more would make its first call wait for no gain in rows a second. */
const GROUP_ITEMS_MAX = 500;
/** At 1,000 items a second half the groups, and half the COMMITs, of no pace at all; a call waits 2 ms longer on average. */
const GROUP_PACE_MS = 4;

/** Whoever migrated the database opens it. @throws when it cannot be reached or was not migrated. */
export async function openPostgres(options: PostgresOptions): Promise<PostgresAdapter> {
  const lines = openLines(options);
  const adapter = fillPorts(options, lines);
  try {
    await adapter.ping();
  } catch (error) {
    await adapter.close();
    throw error;
  }
  return adapter;
}

function openLines(options: PostgresOptions) {
  const statements = new Statements();
  const settings = (
    purpose: string,
    session: readonly string[],
    queryTimeoutMs: number,
  ): ConnectionSettings => ({
    url: options.url,
    applicationName: `annona ${purpose}`,
    session: [...session, `statement_timeout=${queryTimeoutMs}`],
    // The server's own limit comes first, so that a slow statement ends as an error and not as a lost line.
    queryTimeoutMs: queryTimeoutMs + 1000,
    onError: options.onConnectionError ?? (() => {}),
  });
  const pool = (
    purpose: string,
    session: readonly string[],
    {
      timeoutMs = 5_000,
      ...more
    }: { connectionsMax: number; pipeline: 'on' | 'off'; timeoutMs?: number | undefined },
  ) => new QueryPool({ ...settings(purpose, session, timeoutMs), ...more }, statements);
  // Nothing here is big enough to be worth compiling, and up to PostgreSQL 17 one disabled plan node would set it off.
  const everything = ['annona.reach=all', 'jit=off'];
  const intakeConnectionsMax = options.intakeConnectionsMax ?? 2;
  return {
    leader: new MendingConnection(settings('leader', everything, 15_000), statements),
    election: new MendingConnection(settings('election', everything, 3_000), statements),
    intake: pool('intake', everything, { connectionsMax: intakeConnectionsMax, pipeline: 'off' }),
    intakeConnectionsMax,
    upkeep: new MendingConnection(settings('upkeep', everything, 5_000), statements),
    shared: pool('shared', everything, { connectionsMax: 4, pipeline: 'off' }),
    reader: pool('reader', ['role=annona_api', 'jit=off'], {
      connectionsMax: options.readConnectionsMax ?? 4,
      pipeline: 'on',
      timeoutMs: options.readTimeoutMs,
    }),
  };
}

function fillPorts(options: PostgresOptions, lines: ReturnType<typeof openLines>): PostgresAdapter {
  const { leader, election, intake, upkeep, shared, reader } = lines;
  const logs = new PostgresLogs(shared);
  const holder = options.holder ?? randomUUID();
  return {
    leadership: new PostgresLeadership({
      queries: election,
      lookups: shared,
      holder,
      ttlMs: options.ttlMs ?? 2000,
    }),
    epochs: new PostgresEpochs(election),
    stateSource: new PostgresStateSource(leader),
    intake: new PostgresIntakeSource(leader),
    heartbeats: new PostgresHeartbeatSource(leader),
    store: new PostgresTickStore(leader),
    configuration: new PostgresConfiguration(shared, options.onIntakeWritten ?? (() => {})),
    intakeWriter: new PostgresIntakeWriter({
      queries: intake,
      lookups: shared,
      onWritten: options.onIntakeWritten ?? (() => {}),
      queueItemsMax: options.intakeQueueItemsMax ?? 20_000,
      groupItemsMax: GROUP_ITEMS_MAX,
      groupPaceMs: GROUP_PACE_MS,
      groupsInFlightMax: lines.intakeConnectionsMax,
    }),
    heartbeatWriter: new PostgresHeartbeatWriter(shared, {
      groupItemsMax: GROUP_ITEMS_MAX,
      paceMs: GROUP_PACE_MS,
      groupsInFlightMax: 2,
      queueItemsMax: 20_000,
    }),
    readers: new PostgresReaders(reader),
    approvals: new PostgresApprovals(reader),
    accounts: new PostgresAccounts(reader),
    usage: new PostgresUsage(reader, options.readTimeoutMs && options.readTimeoutMs * 0.8),
    logs,
    calls: new PostgresCallIdempotency(shared),
    relayCursors: new PostgresRelayCursors(shared),
    agentHeartbeats: new PostgresAgentHeartbeats(shared),
    policies: new PostgresPolicies(shared, options.onIntakeWritten ?? (() => {})),
    // Beside the leader's line: writing megabytes must not make a commit wait.
    checkpoints: new PostgresCheckpoints(upkeep, options.checkpointHours ?? 24),
    history: new PostgresHistory(shared),
    audit: new PostgresAudit(shared),
    sealer: new PostgresSealer(leader),
    sideJobs: new PostgresSideJobs(reader, shared),
    sideJobBook: new PostgresSideJobBook(shared),
    webhooks: new PostgresWebhooks(reader, shared),
    webhookBook: new PostgresWebhookBook(shared),
    traces: new PostgresTraces(shared),
    upkeep: new PostgresUpkeep(upkeep),
    ping: async () => {
      await logs.last('');
    },
    close: async () => {
      const all = [leader, election, intake, upkeep, shared, reader];
      await Promise.all(all.map((connections) => connections.close()));
    },
  };
}
