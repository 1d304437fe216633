// A cell in virtual time: the production tick over the store in memory, with a clock that moves only when the world says so.
// Invariant: nothing here decides; time, chance and the solver are passed in, so that one seed is one history. Called by adversary.ts and tests.

import { createMemoryStore, type MemoryStore, type StoreDump } from '../../adapters/memory/store.ts';
import {
  type CommitObserver,
  type Configuration,
  type Digest,
  type Instant,
  type IntakeActor,
  type IntakeCommand,
  type Lease,
  newMemo,
  type PolicyGate,
  type RecordedVerdict,
  type ResourceRequest,
  recollect,
  runTick,
  type SchedulerPorts,
  type State,
  type Stopwatch,
  TICK_BUDGET,
  type TickCarry,
} from '../../scheduler/index.ts';
import type { SolverService } from '../../solver/index.ts';

export interface WorldOptions {
  readonly configuration: Configuration;
  readonly startsAt: Instant;
  readonly solver: SolverService;
  readonly digest: Digest;
  /** Told of every commit, in order, with what its tick decided on. */
  readonly committed: CommitObserver['committed'];
  /** Absent: everything is allowed. */
  readonly policy?: PolicyGate;
  /** Times ticks, for whoever wants to know; decides nothing. */
  readonly stopwatch?: Stopwatch;
  /** Commits after which the history is dropped; absent: it is kept. */
  readonly forgetEvery?: number;
}

/** Turns of one moment at most: a world that asks for more without end has a loop. */
const TURNS_MAX = 500;

export class World {
  now: Instant;
  /** What ticks dumped: nothing, while every plan passes its check. */
  readonly dumped: { readonly name: string; readonly document: unknown }[] = [];
  readonly #options: WorldOptions;
  readonly #store: MemoryStore;
  readonly #ports: SchedulerPorts;
  #state: State | null = null;
  #carry: TickCarry = newCarry();
  #heardSince: Instant = 0;

  private constructor(options: WorldOptions) {
    this.#options = options;
    this.now = options.startsAt;
    this.#store = createMemoryStore({ now: () => this.now, ttlMs: Number.MAX_SAFE_INTEGER / 4 });
    this.#ports = this.#portsOf(options);
  }

  static async open(options: WorldOptions): Promise<World> {
    const world = new World(options);
    await world.configure(options.configuration);
    await world.elect();
    return world;
  }

  get state(): State {
    if (this.#state === null) throw new Error('nobody leads');
    return this.#state;
  }

  dump(): StoreDump {
    return this.#store.dump();
  }

  /** Another leader takes office, with what the store holds and nothing of the memory before. */
  async elect(): Promise<void> {
    const { cell } = this.#options.configuration;
    if (this.#state !== null) await this.#store.leadership.release(cell, this.#state.epoch);
    const epoch = await this.#store.leadership.acquire(cell);
    if (epoch === null) throw new Error('the cell has a leader');
    this.#state = recollect(await this.#store.stateSource.load(cell, epoch));
    this.#carry = newCarry();
  }

  /** What the store would load, beside the memory in office. */
  loaded(): Promise<State> {
    return this.#store.stateSource.load(this.state.cell, this.state.epoch).then(recollect);
  }

  async configure(configuration: Configuration): Promise<void> {
    await this.#store.configuration.store(configuration);
  }

  async submit(request: ResourceRequest): Promise<void> {
    await this.act({ type: 'submit', request }, request);
  }

  async act(
    command: IntakeCommand,
    { department, agent }: Pick<ResourceRequest, 'department' | 'agent'>,
  ): Promise<void> {
    return this.actAs({ subject: agent, department, agent }, command);
  }

  async actAs(actor: IntakeActor, command: IntakeCommand): Promise<void> {
    const { cell } = this.#options.configuration;
    const [outcome] = await this.#store.intakeWriter.write([{ cell, actor, command, idempotency: null }]);
    if (outcome?.type !== 'accepted') throw new Error(`${command.type} was ${outcome?.type}`);
  }

  async beat({ id, epoch, department }: Lease, checkpointAt?: Instant): Promise<void> {
    await this.#store.heartbeatWriter.heartbeat({ type: 'department', department }, id, epoch, checkpointAt);
  }

  /**
   * When time alone next brings a tick something to do, after now; infinity: never. Who waits too long is not in it: whoever submits knows
   * the target wait.
   */
  dueAt(): Instant {
    const { reserved, queue } = this.state;
    let due = this.#carry.takeableAt ?? Number.POSITIVE_INFINITY;
    for (const { startsAt } of reserved.values()) if (startsAt > this.now) due = Math.min(due, startsAt);
    // A look that fell due was taken by the tick of that instant, or nobody was left to look at.
    if (queue?.isPutOff === true && queue.quietUntil > this.now) due = Math.min(due, queue.quietUntil);
    if (queue?.isForwardDue === true) due = Math.min(due, queue.forwardAt);
    return due > this.now ? due : Math.min(Number.POSITIVE_INFINITY, this.now + 1);
  }

  /** Time passes, then ticks until nothing is new. */
  async pass(ms: number): Promise<void> {
    this.now += ms;
    for (let turn = 0; turn < TURNS_MAX; turn++) if (!(await this.#tick())) return;
    throw new Error(`no end of ticks at ${this.now}`);
  }

  /** Whether there is more to do at this moment. */
  async #tick(): Promise<boolean> {
    const intake = await this.#ports.intake.take(this.state.cell, 1000);
    const { heard, readThrough } = await this.#ports.heartbeats.since(this.state.cell, this.#heardSince);
    this.#heardSince = readThrough;
    const result = await runTick(this.#ports, this.state, {
      intake,
      heartbeats: { heard, heardThrough: readThrough },
      carry: this.#carry,
    });
    if (result.type === 'epochLost') throw new Error('the epoch was lost');
    const { forgetEvery } = this.#options;
    if (
      result.type === 'committed' &&
      forgetEvery !== undefined &&
      result.commit.record.tick % forgetEvery === 0
    )
      this.#store.forget();
    return result.type === 'committed' || this.#carry.unfinished;
  }

  #portsOf({ solver, digest, committed, policy, stopwatch }: WorldOptions): SchedulerPorts {
    const store = this.#store;
    return {
      leadership: store.leadership,
      stateSource: store.stateSource,
      intake: store.intake,
      configuration: store.configuration,
      heartbeats: store.heartbeats,
      store: store.store,
      policy: policy ?? allowAll(),
      solver,
      observer: { committed },
      dump: {
        write: async (name, document) => {
          this.dumped.push({ name, document });
          return name;
        },
      },
      stopwatch: stopwatch ?? { elapsedMs: () => 0 },
      timers: { sleep: async () => {} },
      digest,
      solveOptions: { engine: 'highs', budget: TICK_BUDGET },
    };
  }
}

function newCarry(): TickCarry {
  return { memo: newMemo(), unfinished: true };
}

/** A world is about who gets what of what there is; who may ask at all is tested where policies are. */
function allowAll(): PolicyGate {
  const under = { policyRevision: 'allow-all', dataRevision: 'none' };
  const verdict: RecordedVerdict = { allow: true, codes: [], ...under };
  return {
    ...under,
    evaluate: async (_tick, rows) => rows.map(() => verdict),
    adopt: async () => {},
  };
}
