// Agents who mean to make leases go round in circles: who loses one asks at once for more, in a higher class; lenders come and go in their grace;
// equals want each other's; an operator cuts pools and shares and gives them back. Invariant: one seed is one day. Called by tests.

import type {
  AgentId,
  Configuration,
  DepartmentId,
  Instant,
  Lease,
  RequestId,
  ResourceRequest,
  TickCommit,
  Units,
} from '../../scheduler/index.ts';
import { Chance } from './chance.ts';
import { World, type WorldOptions } from './world.ts';

export interface AdversaryOptions extends WorldOptions {
  readonly seed: number;
  /** Between two looks of everybody. */
  readonly stepMs: number;
}

/** How the agents behave, in a hundred looks or notices. */
const ARRIVES = 14;
const CLIMBS = 50;
const CHANGES_ITS_MIND = 15;
const CUTS = 1;
const CRASHES = 1;
const OPEN_MOST = 40;

interface Errand {
  readonly at: Instant;
  readonly run: () => Promise<void>;
}

export class Adversary {
  readonly world: World;
  readonly #chance: Chance;
  readonly #stepMs: number;
  readonly #whole: Configuration;
  readonly #notices: TickCommit[];
  #errands: Errand[] = [];
  #made = 0;
  #cut = 0;

  private constructor(world: World, options: AdversaryOptions, notices: TickCommit[]) {
    this.world = world;
    this.#chance = new Chance(options.seed);
    this.#stepMs = options.stepMs;
    this.#whole = options.configuration;
    this.#notices = notices;
  }

  static async open(options: AdversaryOptions): Promise<Adversary> {
    const notices: TickCommit[] = [];
    const committed: WorldOptions['committed'] = (commit, on) => {
      notices.push(commit);
      options.committed(commit, on);
    };
    return new Adversary(await World.open({ ...options, committed }), options, notices);
  }

  async run(untilMs: Instant): Promise<void> {
    while (this.world.now < untilMs) await this.step();
  }

  /** Everybody looks once, then the cell ticks until it rests. */
  async step(): Promise<void> {
    const { world } = this;
    const due = this.#errands.filter(({ at }) => at <= world.now);
    this.#errands = this.#errands.filter(({ at }) => at > world.now);
    for (const { run } of due) await run();
    for (const lease of world.state.leases.values()) await this.#beat(lease);
    if (world.state.requests.size < OPEN_MOST && this.#chance.percent(ARRIVES)) await this.#arrive();
    if (this.#chance.percent(CUTS)) await this.#operate();
    if (this.#chance.percent(CRASHES)) await world.elect();
    await world.pass(this.#stepMs);
    for (const commit of this.#notices.splice(0)) await this.#read(commit);
  }

  async #beat(lease: Lease): Promise<void> {
    const { now } = this.world;
    await this.world.beat(lease, this.#chance.percent(20) ? now : undefined);
  }

  async #arrive(): Promise<void> {
    const { departments, agents, classes } = this.#whole;
    const department = this.#chance.pick(departments).id;
    const agent = this.#chance.pick(agents.filter((one) => one.department === department)).id;
    // Those who hold for long are those who can lose most.
    const name = this.#chance.percent(60) ? classes.at(-1)!.name : this.#chance.pick(classes).name;
    await this.#ask({ department, agent, class: name, units: this.#chance.between(1, 6) });
  }

  async #ask(wanted: {
    department: DepartmentId;
    agent: AgentId;
    class: string;
    units: Units;
  }): Promise<ResourceRequest> {
    this.#made += 1;
    const number = this.#made;
    const [pool] = this.#whole.pools;
    const request: ResourceRequest = {
      id: `req_${String(number).padStart(26, '0')}` as RequestId,
      department: wanted.department,
      agent: wanted.agent,
      clientRequestId: `wish-${number}`,
      options: [{ claims: [{ kind: pool!.kind, quantity: wanted.units }] }],
      terms: {
        class: wanted.class,
        durationSeconds: this.#chance.between(10, 240) * 60,
        preemptible: !this.#chance.percent(5),
        ...(this.#chance.percent(10) && { requeue: false as const }),
        classification: 'internal',
        purpose: 'adversary',
        summary: '',
      },
      submittedAt: this.world.now,
    };
    await this.world.submit(request);
    return request;
  }

  /** Cuts a pool or a share, or gives everything back. */
  async #operate(): Promise<void> {
    this.#cut += 1;
    const part = (units: Units): Units => Math.floor((units * this.#chance.between(50, 100)) / 100);
    const { pools, quotas } = this.#whole;
    const cut: Configuration = this.#chance.percent(50)
      ? this.#whole
      : {
          ...this.#whole,
          pools: pools.map((pool) => ({ ...pool, capacity: part(pool.capacity) })),
          quotas: quotas.map((quota) => {
            const nominal = part(quota.nominal);
            return { ...quota, nominal, lendingLimit: Math.min(nominal, quota.lendingLimit) };
          }),
        };
    await this.world.configure({ ...cut, revision: `${this.#whole.revision}-${this.#cut}` });
  }

  /** What the tick said makes people act. */
  async #read(commit: TickCommit): Promise<void> {
    for (const change of commit.changes) {
      if (change.type === 'leaseGranted') this.#planEnd(change.lease);
      if (change.type === 'leaseRevoking') await this.#answer(change.lease);
      if (change.type === 'earmarkMade' && this.#chance.percent(CHANGES_ITS_MIND)) {
        const { request, department, agent } = change.earmark;
        await this.world.act({ type: 'cancel', request }, { department, agent });
      }
    }
  }

  #planEnd({ id, epoch, department, agent, endsAt, grantedAt }: Lease): void {
    const share = this.#chance.between(20, 130);
    const at = grantedAt + Math.floor(((endsAt - grantedAt) * share) / 100);
    this.#errands.push({
      at,
      run: () => this.world.act({ type: 'release', lease: id, epoch }, { department, agent }),
    });
  }

  /** Gives it back at once, late, or never; and wants it back, in the highest class there is. */
  async #answer(id: Lease['id']): Promise<void> {
    const lease = this.world.state.leases.get(id);
    if (lease === undefined) return;
    const { epoch, department, agent, allocations } = lease;
    const by = { department, agent };
    const mood = this.#chance.below(10);
    const type = mood < 8 ? 'acknowledge' : 'release';
    if (mood < 6) {
      const at = this.world.now + this.#chance.below(60) * 1000;
      this.#errands.push({ at, run: () => this.world.act({ type, lease: id, epoch }, by) });
    } else if (mood >= 8) await this.world.act({ type, lease: id, epoch }, by);
    if (!this.#chance.percent(CLIMBS)) return;
    const units = allocations.reduce((sum, { quantity }) => sum + quantity, 0);
    const [highest] = this.#whole.classes;
    await this.#ask({ department, agent, class: highest!.name, units });
  }
}
