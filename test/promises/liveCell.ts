// A cell on PostgreSQL with the production tick: real store, real policies, real solver, and a leader that a test can hold, bend and replace.
// Invariant: nothing here decides or checks; each cell has a database of its own. Used by the tests of the promises.

import type { StoreDump } from '../../adapters/memory/tables.ts';
import type { PostgresAdapter } from '../../adapters/postgres/index.ts';
import { sha256 } from '../../adapters/system/digest.ts';
import { policyDataOf } from '../../api/policyData.ts';
import type { IntakeOutcome } from '../../api/ports.ts';
import { policyGate } from '../../api/roles/policyGate.ts';
import type { PolicyService } from '../../policies/index.ts';
import { inProcessPolicy } from '../../policies/index.ts';
import { defaultBundle } from '../../policies/node.ts';
import { newMemo } from '../../scheduler/formulate/index.ts';
import type {
  Configuration,
  IntakeActor,
  IntakeCommand,
  Lease,
  ResourceRequest,
  SchedulerPorts,
  State,
  TickCommit,
} from '../../scheduler/index.ts';
import { recollect } from '../../scheduler/recollect.ts';
import { runTick, type TickCarry, type TickResult } from '../../scheduler/tick.ts';
import { createInProcessSolver } from '../../solver/node.ts';
import { ConfigurationBuilder } from '../support/builders.ts';
import { type PostgresUnderTest, postgresStore } from '../support/stores.ts';
import { verifyingObserver } from '../support/verified.ts';

/** A budget period that holds whenever the test runs. */
export const ALWAYS = { id: 'now', startsAt: 0, endsAt: 4_000_000_000_000 } as const;

export type Adapter = PostgresAdapter;

export interface Leader {
  readonly epoch: number;
  /** Its memory: a test may bend it, the database must not believe it. */
  readonly state: State;
  /** What observers were told. */
  readonly told: TickCommit[];
  /** Neighbours; a test may replace one before a tick. */
  ports: SchedulerPorts;
  /** Takes the intake and the heartbeats, and decides. */
  tick(): Promise<TickResult>;
  /** Ticks until nothing is new. */
  settle(): Promise<void>;
  /** The live lease of a request; throws when there is none. */
  leaseOf(request: ResourceRequest): Lease;
}

export interface LiveCell {
  readonly store: PostgresUnderTest;
  readonly adapter: Adapter;
  readonly policy: PolicyService;
  readonly configuration: Configuration;
  submit(...requests: readonly ResourceRequest[]): Promise<readonly IntakeOutcome[]>;
  act(
    command: IntakeCommand,
    by: { readonly department: string; readonly agent: string | null },
  ): Promise<void>;
  /** Elects a leader over this adapter, by force if another holds the office. */
  elect(adapter?: Adapter): Promise<Leader>;
  dump(): Promise<StoreDump>;
  close(): Promise<void>;
}

export async function liveCell(configuration: Configuration | ConfigurationBuilder): Promise<LiveCell> {
  const organisation = configuration instanceof ConfigurationBuilder ? configuration.build() : configuration;
  const store = await postgresStore();
  const adapter = store.ports as Adapter;
  await adapter.configuration.store(organisation);
  const policy = await inProcessPolicy({ bundle: await defaultBundle(), data: policyDataOf(organisation) });
  const { cell } = organisation;
  return {
    store,
    adapter,
    policy,
    configuration: organisation,
    submit: (...requests) => adapter.intakeWriter.write(requests.map((request) => submission(cell, request))),
    async act(command, by) {
      const item = { cell, actor: actorOf(by), command, idempotency: null };
      const [outcome] = await adapter.intakeWriter.write([item]);
      if (outcome?.type !== 'accepted') throw new Error(`the act was ${outcome?.type}`);
    },
    async elect(over = adapter) {
      let epoch: number | null = null;
      // Again when the leader in office renewed just now.
      while (epoch === null) {
        await store.query('update leader set expires_at_ms = 0');
        epoch = await over.leadership.acquire(cell);
      }
      return aLeader({ adapter: over, policy, epoch, cell });
    },
    dump: () => store.dump(),
    async close() {
      await policy.close();
      await store.close();
    },
  };
}

/** One item of the intake, keyed by the request's own client request id. */
export function submission(cell: string, request: ResourceRequest) {
  const idempotency = { key: request.clientRequestId, digest: sha256([JSON.stringify(request.options)]) };
  return { cell, actor: actorOf(request), command: { type: 'submit', request }, idempotency } as const;
}

function actorOf(by: { readonly department: string; readonly agent: string | null }): IntakeActor {
  return { subject: by.agent ?? 'head', department: by.department, agent: by.agent } as IntakeActor;
}

async function aLeader(of: {
  adapter: Adapter;
  policy: PolicyService;
  epoch: number;
  cell: string;
}): Promise<Leader> {
  const { adapter, epoch, cell } = of;
  const state = recollect(await adapter.stateSource.load(cell, epoch));
  const carry: TickCarry = { memo: newMemo(), unfinished: false };
  const told: TickCommit[] = [];
  let since = 0;
  const leader: Leader = {
    epoch,
    state,
    told,
    ports: portsOf(adapter, of.policy, told),
    async tick() {
      const intake = await leader.ports.intake.take(cell, 1000);
      const { heard, readThrough } = await leader.ports.heartbeats.since(cell, since);
      since = readThrough;
      return runTick(leader.ports, state, {
        intake,
        heartbeats: { heard, heardThrough: readThrough },
        carry,
      });
    },
    async settle() {
      for (let result = await leader.tick(); result.type !== 'idle'; result = await leader.tick()) {
        if (result.type === 'epochLost') throw new Error('the epoch was lost');
      }
    },
    leaseOf(request) {
      const lease = state.leases.get(state.leaseOfRequest.get(request.id) ?? ('' as never));
      if (lease === undefined) throw new Error(`${request.id} holds no lease`);
      return lease;
    },
  };
  return leader;
}

function portsOf(adapter: Adapter, policy: PolicyService, told: TickCommit[]): SchedulerPorts {
  return {
    leadership: adapter.leadership,
    stateSource: adapter.stateSource,
    intake: adapter.intake,
    configuration: adapter.configuration,
    heartbeats: adapter.heartbeats,
    store: adapter.store,
    policy: policyGate(policy),
    solver: createInProcessSolver(),
    observer: {
      committed(commit, decided) {
        verifyingObserver.committed(commit, decided);
        told.push(commit);
      },
    },
    dump: { write: async (name) => name },
    stopwatch: { elapsedMs: () => 0 },
    timers: { sleep: async () => {} },
    digest: sha256,
    solveOptions: { engine: 'highs', budget: { unitsMax: 100_000 } },
  };
}

/** The request's state and reasons as the database has them. */
export function outcomeOf(dump: StoreDump, request: ResourceRequest): string | undefined {
  return dump.request.find((row) => row.id === request.id)?.state;
}
