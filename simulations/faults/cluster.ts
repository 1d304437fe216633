// A whole cluster in one loop: scheduler processes that compete for the office, API processes, people and agents, over one store and one stream.
// Invariant: whatever it does follows from the plan and one source of chance. Called by run.ts, which alone says when faults begin and end.

import { createMemoryStore, type MemoryStore, StoreRefusal } from '../../adapters/memory/store.ts';
import type {
  Configuration,
  Digest,
  Instant,
  RelayEvent,
  RequestId,
  RunnerEvent,
  SchedulerPorts,
} from '../../scheduler/index.ts';
import type { SolverService } from '../../solver/index.ts';
import type { PromiseName } from '../checkers/promises.ts';
import type { Chance } from '../world/chance.ts';
import { Life, Loop } from '../world/loop.ts';
import { SimulatedAgent } from './agent.ts';
import { Client } from './client.ts';
import { Edge, type EdgeStore } from './edge.ts';
import { InjectedFault, Network } from './network.ts';
import { LAW, organisationOf } from './organisation.ts';
import { operate, type PersonOptions, restore, review } from './people.ts';
import type { FaultEvent, FaultPlan } from './plan.ts';
import { type ClusterStore, type SchedulerProcess, startProcess } from './process.ts';
import { Story } from './story.ts';
import { SimulatedStream } from './stream.ts';
import { Watch } from './watch.ts';
import { Witness } from './witness.ts';

/** What a rig bends to prove that the checker sees it; each absent: the product as it is. */
export interface Bends {
  /** The store as every process reaches it. */
  readonly store?: (store: MemoryStore) => Partial<SharedStore>;
  /** What a scheduler process is given, on its own side of the network. */
  readonly ports?: (ports: SchedulerPorts) => SchedulerPorts;
  readonly relay?: (ports: RelayPorts) => RelayPorts;
  readonly edge?: (store: EdgeStore) => EdgeStore;
}

/** What processes of every role reach over the network. */
export type SharedStore = ClusterStore & EdgeStore;
type RelayPorts = Parameters<Parameters<typeof startProcess>[2]['bendRelay']>[0];

export interface ClusterOptions {
  readonly plan: FaultPlan;
  readonly chance: Chance;
  readonly startsAt: Instant;
  readonly solver: SolverService;
  readonly digest: Digest;
  readonly isStoryKept: boolean;
  readonly bends: Bends;
}

const LEADER_TTL_MS = 2000;
const RESTART_MS = 500;
const HINT_MOST_US = 3000;

export class Cluster {
  readonly loop: Loop;
  readonly story: Story;
  readonly network: Network;
  readonly watch = new Watch();
  readonly witness = new Witness();
  readonly agents: SimulatedAgent[] = [];
  /** Errors that no fault explains. */
  readonly unexpected: string[] = [];
  readonly refusals: { readonly promise: string; readonly what: string }[] = [];
  readonly dumped: string[] = [];
  bent = 0;
  readonly whole: Configuration;
  readonly store: MemoryStore;
  readonly #options: ClusterOptions;
  readonly #processes = new Map<string, SchedulerProcess>();
  readonly #edges = new Map<string, Edge>();
  readonly #lives: Life[] = [];
  readonly #bent: SharedStore;
  readonly #stream: SimulatedStream;
  readonly #rates: { -readonly [Rate in keyof FaultPlan['rates']]: number };
  #incarnations = 0;
  #requests = 0;
  #policy = 1;
  #isHealed = false;

  constructor(options: ClusterOptions) {
    const { chance, plan, startsAt, digest } = options;
    this.#options = options;
    this.#rates = { ...plan.rates };
    this.loop = new Loop(startsAt);
    this.story = new Story(this.loop, options.isStoryKept);
    this.network = new Network({
      loop: this.loop,
      chance,
      story: this.story,
      crash: (life) => this.#crash(life.name, RESTART_MS),
    });
    this.store = createMemoryStore({ now: () => this.loop.now, ttlMs: LEADER_TTL_MS });
    this.whole = organisationOf(chance, { now: startsAt, digest });
    this.#bent = this.#watched({ ...this.store, ...options.bends.store?.(this.store) });
    this.#stream = new SimulatedStream({
      chance,
      faults: this.#rates,
      arrived: (event) => this.witness.streamed.push(event),
    });
  }

  async start(): Promise<void> {
    await this.store.configuration.store(this.whole);
    const { plan } = this.#options;
    for (const name of plan.edges) this.#startEdge(name);
    for (const name of plan.schedulers) this.#startScheduler(name);
    const gangs: { id: string; left: number }[] = [];
    for (const { id: agent, department } of this.whole.agents) {
      if (department === LAW) continue;
      const life = new Life(agent);
      const who = { agent, department };
      this.agents.push(new SimulatedAgent(life, { ...this.#person(life), who, gangs }));
      void this.agents.at(-1)!.run();
    }
    const { whole } = this;
    const { digest } = this.#options;
    const reviewer = new Life('reviewer');
    void review(reviewer, this.#person(reviewer));
    const operator = new Life('operator');
    void operate(operator, { ...this.#person(operator), whole, digest, isOver: () => this.#isHealed });
  }

  strike(event: FaultEvent): void {
    const { loop, story, network } = this;
    story.tell('fault', JSON.stringify(event));
    switch (event.type) {
      case 'strike':
        network.arm(event.process, event.fault, event);
        return;
      case 'crash':
        this.#crash(event.process, event.downMs);
        return;
      case 'pause': {
        const life = this.#lives.find(({ name, alive }) => name === event.process && alive);
        if (life !== undefined) loop.pause(life, event.ms);
        return;
      }
      case 'storeDown':
        network.storeDownUntil = loop.elapsedUs + event.ms * 1000;
        return;
      case 'policy':
        this.#changePolicy();
        return;
      default: {
        const never: never = event;
        throw new Error(`unknown fault ${JSON.stringify(never)}`);
      }
    }
  }

  /** No fault strikes any more; who is dead comes back, who stands still goes on, and what was cut is given back. */
  heal(): void {
    this.story.tell('fault', 'healed');
    this.#isHealed = true;
    this.network.heal();
    for (const rate of Object.keys(this.#rates) as (keyof FaultPlan['rates'])[]) this.#rates[rate] = 0;
    for (const life of this.#lives) this.loop.resume(life);
    for (const name of this.#options.plan.edges)
      if (!this.#edges.get(name)?.life.alive) this.#startEdge(name);
    for (const name of this.#options.plan.schedulers)
      if (!this.#processes.get(name)?.life.alive) this.#startScheduler(name);
    const operator = new Life('operator');
    void restore(operator, { ...this.#person(operator), whole: this.whole });
  }

  #person(life: Life): PersonOptions {
    const { loop, witness } = this;
    const { chance } = this.#options;
    const edges = () => [...this.#edges.values()];
    return {
      loop,
      chance,
      witness,
      client: new Client(life, { loop, chance, witness, edges, line: this.#rates }),
    };
  }

  #startScheduler(name: string): void {
    const life = this.#born(name);
    const { chance, solver, digest, bends } = this.#options;
    const process = startProcess(life, `${name}#${this.#incarnations}`, {
      loop: this.loop,
      network: this.network,
      chance,
      solver,
      digest,
      store: this.#bent,
      publisher: this.#stream,
      faults: this.#rates,
      observer: { committed: () => this.#hint() },
      dumped: (dump) => this.dumped.push(dump),
      bent: () => {
        this.bent += 1;
      },
      report: (event) => this.#reported(life, event),
      bend: bends.ports ?? ((ports) => ports),
      bendRelay: bends.relay ?? ((ports) => ports),
    });
    process.gate.policyRevision = `pol_${this.#policy}`;
    this.#processes.set(name, process);
  }

  #startEdge(name: string): void {
    const life = this.#born(name);
    const { chance, digest, plan, bends } = this.#options;
    const store: EdgeStore = {
      intakeWriter: this.network.remote(life, this.#bent.intakeWriter, ['write']),
      heartbeatWriter: this.network.remote(life, this.#bent.heartbeatWriter, ['heartbeat']),
      readers: this.network.remote(life, this.#bent.readers, ['requests', 'leases']),
      approvals: this.network.remote(life, this.#bent.approvals, ['approvals']),
      configuration: this.network.remote(life, this.#bent.configuration, ['current', 'revision', 'swap']),
    };
    const edge = new Edge(life, {
      store: bends.edge?.(store) ?? store,
      loop: this.loop,
      chance,
      digest,
      skewMs: plan.skewMs.get(name) ?? 0,
      ids: () => this.#requestId(),
      hint: () => this.#hint(),
    });
    this.#edges.set(name, edge);
  }

  #born(name: string): Life {
    const life = new Life(name);
    this.#incarnations += 1;
    this.#lives.push(life);
    this.story.tell(name, `starts, incarnation ${this.#incarnations}`);
    return life;
  }

  #crash(name: string, downMs: number): void {
    const life = this.#lives.find((one) => one.name === name && one.alive);
    if (life === undefined) return;
    life.alive = false;
    this.story.tell(name, 'crashes');
    this.loop.after(downMs * 1000, null, () => {
      if (this.#lives.some((one) => one.name === name && one.alive)) return;
      if (this.#options.plan.edges.includes(name)) this.#startEdge(name);
      else this.#startScheduler(name);
    });
  }

  /** Each process follows in its own time. */
  #changePolicy(): void {
    this.#policy += 1;
    const revision = `pol_${this.#policy}`;
    for (const { life, gate } of this.#processes.values())
      this.loop.after(this.#options.chance.below(2_000_000), life, () => {
        gate.policyRevision = revision;
      });
  }

  #hint(): void {
    const { chance, plan } = this.#options;
    for (const { life, runner, relay } of this.#processes.values()) {
      if (!this.#isHealed && chance.percent(plan.hintsLost)) continue;
      this.loop.after(chance.below(HINT_MOST_US), life, () => {
        runner.wake();
        relay.wake();
      });
    }
  }

  #requestId(): RequestId {
    this.#requests += 1;
    const digits = this.#requests.toString(8).padStart(26, '0');
    return `req_${digits}` as RequestId;
  }

  #reported(life: Life, event: RunnerEvent | RelayEvent): void {
    if (event.type === 'failure') {
      const { error } = event;
      this.story.tell(life.name, `failure: ${error instanceof Error ? error.message : String(error)}`);
      if (error instanceof InjectedFault || error instanceof StoreRefusal) return;
      this.unexpected.push(
        `${life.name}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
      );
      return;
    }
    const { type, ...rest } = event;
    this.story.tell(life.name, `${type} ${'event' in rest ? '' : JSON.stringify(rest)}`);
  }

  /** Everything that the store does is seen at the instant at which it does it. */
  #watched(store: SharedStore): SharedStore {
    const { watch, story, refusals } = this;
    const commit: ClusterStore['store']['commit'] = async (what) => {
      const { tick } = what.record;
      try {
        const outcome = await store.store.commit(what);
        story.tell(
          'store',
          `tick ${tick} of epoch ${what.epoch} ${outcome} ${what.record.digest.slice(0, 12)}`,
        );
        if (outcome === 'committed') watch.committed(what, this.store.dump());
        return outcome;
      } catch (error) {
        if (error instanceof StoreRefusal) {
          const [promise, ...rest] = error.message.split(': ');
          refusals.push({
            promise: promise as PromiseName,
            what: `tick ${tick} was refused: ${rest.join(': ')}`,
          });
        }
        throw error;
      }
    };
    return {
      ...store,
      store: { commit },
      leadershipOf: (holder) => {
        const own = store.leadershipOf(holder);
        return {
          acquire: async (cell) => {
            const epoch = await own.acquire(cell);
            if (epoch !== null) watch.elected(epoch);
            return epoch;
          },
          renew: (cell, epoch) => own.renew(cell, epoch),
          release: (cell, epoch) => own.release(cell, epoch),
        };
      },
      heartbeatWriter: {
        heartbeat: async (...args) => {
          const outcome = await store.heartbeatWriter.heartbeat(...args);
          if (outcome.type === 'recorded') watch.beat(args[1], outcome.at);
          return outcome;
        },
      },
    };
  }
}
