// The whole store in memory, for simulations and quick tests: every port that PostgreSQL fills, over one set of tables.
// Invariant: same contract suites as the real one. It keeps nothing when the process ends, and never makes anybody wait.

import type { Instant } from '../../scheduler/index.ts';
import { MemoryAccounts } from './accounts.ts';
import { MemoryAgentHeartbeats } from './agentHeartbeats.ts';
import { MemoryApprovals } from './approvals.ts';
import { MemoryCallIdempotency } from './calls.ts';
import { MemoryConfiguration } from './configuration.ts';
import { forgetEnded } from './forget.ts';
import { MemoryHeartbeats } from './heartbeats.ts';
import { MemoryIntake } from './intake.ts';
import { MemoryLeadership } from './leadership.ts';
import { MemoryLogs, MemoryRelayCursors } from './logs.ts';
import { MemoryPolicies } from './policies.ts';
import { MemoryReaders } from './readers.ts';
import { MemorySideJobs } from './sideJobs.ts';
import { MemoryStateSource } from './stateSource.ts';
import { type StoreDump, Tables } from './tables.ts';
import { MemoryTickStore } from './tickStore.ts';
import { MemoryUsage } from './usage.ts';
import { MemoryWebhooks } from './webhooks.ts';

export { NoConfigurationError } from './configuration.ts';
export { StoreRefusal } from './refusal.ts';
export type { StoreDump } from './tables.ts';

export interface MemoryStoreOptions {
  /** Stands for the database's clock. */
  readonly now: () => Instant;
  readonly ttlMs?: number;
  readonly onIntakeWritten?: () => void;
}

export interface MemoryStore {
  readonly leadership: MemoryLeadership;
  /** The leadership port of another process over the same store. */
  leadershipOf(holder: string): MemoryLeadership;
  readonly stateSource: MemoryStateSource;
  readonly intake: MemoryIntake;
  readonly heartbeats: MemoryHeartbeats;
  readonly store: MemoryTickStore;
  readonly configuration: MemoryConfiguration;
  readonly intakeWriter: MemoryIntake;
  readonly heartbeatWriter: MemoryHeartbeats;
  readonly readers: MemoryReaders;
  readonly approvals: MemoryApprovals;
  readonly accounts: MemoryAccounts;
  readonly usage: MemoryUsage;
  readonly logs: MemoryLogs;
  readonly calls: MemoryCallIdempotency;
  readonly relayCursors: MemoryRelayCursors;
  readonly agentHeartbeats: MemoryAgentHeartbeats;
  readonly policies: MemoryPolicies;
  readonly sideJobs: MemorySideJobs;
  readonly sideJobBook: MemorySideJobs;
  readonly webhooks: MemoryWebhooks;
  readonly webhookBook: MemoryWebhooks;
  dump(): StoreDump;
  /** Drops the history, and nothing that a new leader would load. */
  forget(): void;
}

export function createMemoryStore(options: MemoryStoreOptions): MemoryStore {
  const { now } = options;
  const tables = new Tables();
  const leadershipOf = (holder: string): MemoryLeadership =>
    new MemoryLeadership({ tables, holder, ttlMs: options.ttlMs ?? 2000, now });
  const intake = new MemoryIntake({ tables, now, onWritten: options.onIntakeWritten ?? (() => {}) });
  const heartbeats = new MemoryHeartbeats(tables, now);
  const sideJobs = new MemorySideJobs(now);
  const logs = new MemoryLogs(tables);
  const webhooks = new MemoryWebhooks({ now, last: (cell) => logs.last(cell) });
  return {
    leadership: leadershipOf('memory'),
    leadershipOf,
    stateSource: new MemoryStateSource(tables),
    intake,
    heartbeats,
    store: new MemoryTickStore(tables),
    configuration: new MemoryConfiguration({ tables, now, onStored: options.onIntakeWritten ?? (() => {}) }),
    intakeWriter: intake,
    heartbeatWriter: heartbeats,
    readers: new MemoryReaders(tables),
    approvals: new MemoryApprovals(tables),
    accounts: new MemoryAccounts(tables),
    usage: new MemoryUsage(tables),
    logs,
    calls: new MemoryCallIdempotency(now),
    relayCursors: new MemoryRelayCursors(),
    agentHeartbeats: new MemoryAgentHeartbeats(tables, now),
    policies: new MemoryPolicies({ tables, now, onMoved: options.onIntakeWritten ?? (() => {}) }),
    sideJobs,
    sideJobBook: sideJobs,
    webhooks,
    webhookBook: webhooks,
    dump: () => tables.dump(),
    forget: () => forgetEnded(tables),
  };
}
