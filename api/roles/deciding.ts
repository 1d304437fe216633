// The scheduler role: leads the cell or stands by, warm, and answers from the leader's memory what it alone knows.
// Invariant: a hint only makes it look sooner; its leadership, and the epoch in each commit, are the database's to tell. Called by server.ts.

import type { PostgresAdapter } from '../../adapters/postgres/index.ts';
import { now } from '../../adapters/system/clock.ts';
import type { Metrics } from '../../adapters/telemetry/metrics.ts';
import {
  type CommitObserver,
  type Leadership,
  madeImpossible,
  openRequestsOf,
  type Runner,
  type RunnerEvent,
} from '../../scheduler/index.ts';
import { engineAbsence } from '../../solver/node.ts';
import type { TickFiles } from '../ports.ts';
import type { LeaderMemory } from './edge.ts';
import { type EstimateBook, startEstimates } from './estimates.ts';
import { type LookAtLeader, liveExplanation, liveReasons } from './liveReasons.ts';
import { type Scheduling, startScheduling, timers } from './scheduling.ts';
import { DEFAULT_TICK_FILES, type ServerOptions } from './serverOptions.ts';
import type { Closing, ServerParts } from './serverParts.ts';
import { StartRefused } from './startRefused.ts';
import { keepTickFiles } from './tickFiles.ts';

export interface Deciding {
  readonly runner: Runner;
  readonly memory: LeaderMemory;
  /** Something was written in this process: its own leader is woken, or, where it stands by, the one elsewhere. */
  wake(): void;
}

/** @throws StartRefused */
export async function requireEngine({ engine }: ServerOptions): Promise<void> {
  const absence = await engineAbsence(engine);
  if (absence !== null) throw new StartRefused('engine', absence);
}

export async function startDeciding(parts: ServerParts, closing: Closing): Promise<Deciding> {
  const { options, adapter, hints, metrics, observers, log } = parts;
  const { cell } = options;
  const tickFiles = keepTickFiles(options.tickFiles ?? DEFAULT_TICK_FILES);
  observers.push(tickFiles);
  // A database of its own has nobody else who listens: a process that polls it all the same hears of a commit by its poll.
  const isAlone = options.databaseUrl === undefined && options.redisUrl === undefined;
  if (!isAlone) observers.push({ committed: () => hints.tell('commit', cell) });
  const scheduling = await startScheduling({
    options,
    configuration: parts.configuration,
    adapter,
    leadership: announcing(parts),
    observers: () => observers,
    log,
    report: reportTo(metrics, log),
  });
  const { runner, look } = scheduling;
  closing(scheduling.stop);
  parts.follower.hear((configuration) => void scheduling.policies.gate.foresee(configuration));
  closing(hints.hear('intake', cell, () => runner.wake()));
  closing(hints.hear('leadership', cell, () => runner.stand()));
  metrics.watchState({ state: () => runner.state(), now });
  const estimates = estimating({ look, observers, log }, closing);
  return {
    runner,
    memory: leaderMemory({ scheduling, adapter, estimates, tickFiles, shared: parts.shared }),
    wake() {
      if (runner.state() === null) hints.tell('intake', cell);
      else runner.wake();
    },
  };
}

/** Those who stand by hear of a leadership that was given up, and need not poll for it. */
function announcing({ leadership, hints }: ServerParts): Leadership {
  return {
    acquire: (cell) => leadership.acquire(cell),
    renew: (cell, epoch) => leadership.renew(cell, epoch),
    async release(cell, epoch) {
      await leadership.release(cell, epoch);
      hints.tell('leadership', cell);
    },
  };
}

function estimating(
  { look, observers, log }: { look: LookAtLeader; observers: CommitObserver[]; log: (line: string) => void },
  closing: Closing,
): EstimateBook {
  const estimates = startEstimates({ look, now, timers, log });
  observers.push(estimates);
  closing(() => estimates.stop());
  return estimates;
}

function reportTo(metrics: Metrics, log: (line: string) => void): (event: RunnerEvent) => void {
  return (event) => {
    metrics.observeRunner(event);
    if (event.type === 'failure')
      log(`scheduler: ${event.error instanceof Error ? event.error.stack : event.error}`);
  };
}

function leaderMemory(parts: {
  readonly scheduling: Pick<Scheduling, 'runner' | 'dryRuns' | 'offering' | 'look' | 'policies'>;
  readonly adapter: PostgresAdapter;
  readonly estimates: EstimateBook;
  readonly tickFiles: TickFiles;
  readonly shared: ServerParts['shared'];
}): LeaderMemory {
  const { scheduling, adapter, estimates, tickFiles, shared } = parts;
  const { runner, dryRuns, offering, look, policies } = scheduling;
  return {
    impossibleUnder(next) {
      const state = runner.state();
      return state === null ? null : madeImpossible(state, next);
    },
    readiness: {
      failing: async () => [...(await failingDatabase(adapter)), ...failingLeader(runner)],
      degraded: shared.degraded,
    },
    explainWaiting: liveReasons(runner, now, look),
    explanation: liveExplanation(look),
    estimate: (request) => estimates.of(request),
    dryRuns,
    offering,
    tickFiles,
    policies: policies.keeper,
    decisions: policies.decisions,
    openRequests: (agent) => {
      const state = runner.state();
      return state === null ? null : openRequestsOf(state, agent);
    },
    liveLease: (lease) => runner.state()?.leases.get(lease) ?? null,
  };
}

export interface FailingCheck {
  readonly check: string;
  readonly detail: string;
}

export async function failingDatabase(adapter: Pick<PostgresAdapter, 'ping'>): Promise<FailingCheck[]> {
  return adapter.ping().then(
    () => [],
    (error: Error) => [{ check: 'database', detail: error.message }],
  );
}

function failingLeader(runner: Runner): FailingCheck[] {
  if (runner.state() !== null) return [];
  const detail = 'this process does not lead the cell; if it stays so, its log says why';
  return [{ check: 'leader', detail }];
}
