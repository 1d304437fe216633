// A scheduler process of a simulated cluster: the production runner and relay over ports that lie on the other side of a network.
// Invariant: everything that decides is the product's; what is simulated is time, neighbours and the ways there. Called by cluster.ts.

import {
  type CommitObserver,
  type Digest,
  type Epoch,
  type Publisher,
  type Relay,
  type RelayEvent,
  type RelayPorts,
  type Runner,
  type RunnerEvent,
  type SchedulerPorts,
  startRelay,
  startRunner,
  TICK_BUDGET,
  type Timers,
} from '../../scheduler/index.ts';
import type { SolverService } from '../../solver/index.ts';
import type { Chance } from '../world/chance.ts';
import type { Life, Loop } from '../world/loop.ts';
import { type GateFaults, SimulatedGate } from './gate.ts';
import type { Network } from './network.ts';
import { CELL } from './organisation.ts';
import { type SolverFaults, unreliableSolver } from './solver.ts';

/** As a server has them, but for the pauses: fewer idle looks make longer histories for the same work. */
const RUNNER = {
  cell: CELL,
  intakeRowsMax: 40,
  pollMs: 400,
  intervalMs: 20,
  heartbeatPollMs: 500,
  renewMs: 500,
  electionMs: 250,
};
export const SINK = 'kafka';
/** Every process relays, all under one epoch: harder than in a server, where one at a time is elected to. */
export const RELAY_EPOCH = 1 as Epoch;
const RELAY = { cell: CELL, sink: SINK, batchMax: 16, pollMs: 600, backoffMs: 250, backoffMaxMs: 2000 };

/** What the process reaches over the network; a rig that plants a defect hands in bent ones. */
export interface ClusterStore {
  readonly stateSource: SchedulerPorts['stateSource'];
  readonly logs: RelayPorts['log'];
  readonly relayCursors: { under(epoch: Epoch): RelayPorts['cursor'] };
  readonly intake: SchedulerPorts['intake'];
  readonly configuration: SchedulerPorts['configuration'];
  readonly heartbeats: SchedulerPorts['heartbeats'];
  readonly store: SchedulerPorts['store'];
  leadershipOf(holder: string): SchedulerPorts['leadership'];
}

export interface ProcessOptions {
  readonly loop: Loop;
  readonly chance: Chance;
  readonly network: Network;
  readonly store: ClusterStore;
  readonly publisher: Publisher;
  readonly solver: SolverService;
  readonly digest: Digest;
  readonly faults: GateFaults & SolverFaults;
  readonly observer: CommitObserver;
  readonly dumped: (name: string, document: unknown) => void;
  readonly bent: () => void;
  readonly report: (event: RunnerEvent | RelayEvent) => void;
  /** Bends what the process is given; the product as it is: gives it back. */
  readonly bend: (ports: SchedulerPorts) => SchedulerPorts;
  readonly bendRelay: (
    ports: RelayPorts & { readonly timers: Timers },
  ) => RelayPorts & { readonly timers: Timers };
}

export interface SchedulerProcess {
  readonly life: Life;
  readonly gate: SimulatedGate;
  readonly runner: Runner;
  readonly relay: Relay;
}

/** @param holder Name of the incarnation: what it holds, no later one may take for its own. */
export function startProcess(life: Life, holder: string, options: ProcessOptions): SchedulerProcess {
  const { loop, network, report, bend, bendRelay } = options;
  const gate = new SimulatedGate(life, options);
  const timers: Timers = { sleep: (ms, signal) => loop.sleep(ms, life, signal) };
  const runner = startRunner(bend(portsOf(life, holder, { options, gate, timers })), RUNNER, report);
  const { logs, relayCursors } = options.store;
  const relayCursor = relayCursors.under(RELAY_EPOCH);
  const relay = startRelay(
    bendRelay({
      log: network.remote(life, logs, ['read', 'last']),
      cursor: network.remote(life, relayCursor, ['read', 'advance']),
      publisher: network.remote(life, options.publisher, ['publish', 'bury']),
      timers,
    }),
    RELAY,
    report,
  );
  return { life, gate, runner, relay };
}

function portsOf(
  life: Life,
  holder: string,
  { options, gate, timers }: { options: ProcessOptions; gate: SimulatedGate; timers: Timers },
): SchedulerPorts {
  const { loop, network, store, digest, observer, dumped } = options;
  return {
    leadership: network.remote(life, store.leadershipOf(holder), ['acquire', 'renew', 'release']),
    stateSource: network.remote(life, store.stateSource, ['load']),
    intake: network.remote(life, store.intake, ['take']),
    configuration: network.remote(life, store.configuration, ['current', 'revision']),
    heartbeats: network.remote(life, store.heartbeats, ['since']),
    store: network.remote(life, store.store, ['commit']),
    policy: gate,
    solver: unreliableSolver(life, options),
    observer,
    dump: {
      write: async (name, document) => {
        dumped(name, document);
        return name;
      },
    },
    stopwatch: { elapsedMs: () => loop.elapsedUs / 1000 },
    timers,
    digest,
    solveOptions: { engine: 'highs', budget: TICK_BUDGET },
  };
}
