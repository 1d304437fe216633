// One seed, one history: a cluster under faults, then healed, then at rest, and what of its promises it broke. The same seed again is the same
// history, to the digest. Called by the command and by tests.

import { type Digest, TICK_BUDGET } from '../../scheduler/index.ts';
import { ModelBuilder, type SolverService } from '../../solver/index.ts';
import { Chance } from '../world/chance.ts';
import { type Bends, Cluster } from './cluster.ts';
import { CELL } from './organisation.ts';
import { type FaultPlan, faultPlanOf } from './plan.ts';
import { RELAY_EPOCH, SINK } from './process.ts';
import { type Finding, type Probe, verdictOn } from './verdict.ts';

export type { Bends } from './cluster.ts';
export { CALL_FAULTS, type CallFault } from './network.ts';
export { type FaultPlan, NO_FAULTS } from './plan.ts';

export interface RunOptions {
  readonly solver: SolverService;
  readonly digest: Digest;
  /** Keeps the story as text. */
  readonly isStoryKept?: boolean;
  readonly bends?: Bends;
  /** Other faults than those drawn. */
  readonly plan?: (drawn: FaultPlan) => FaultPlan;
}

export interface RunReport {
  readonly seed: number;
  /** Of everything that happened, in order. */
  readonly digest: string;
  readonly findings: readonly Finding[];
  readonly ticks: number;
  readonly requests: number;
  readonly leases: number;
  readonly epochs: number;
  /** Faults that struck: of calls, and of processes. */
  readonly faults: number;
  readonly virtualMs: number;
  readonly story: readonly string[];
}

/** Monday, 2026-11-02T09:00Z. */
const STARTS_AT = 1_793_610_000_000;
const FAULTS_LEAST_MS = 3000;
const FAULTS_MOST_MS = 7000;
/** L1: ticks go on within three seconds of a healed fault. Most of it is the lease of a dead leader. */
const RESUMES_MS = 3000;
/** Long enough for every lease to be given back or to end, and for every review to be ruled on or to be over. */
const REST_MS = 24_000;
/**
 * Where many wait for the same units, each waits for those before it: while somebody holds a lease, the cell is at work and not stuck. Fifteen
 * who wait, each for a holder that looks up after three seconds and lets a notice of three pass, twice, would take as long as this.
 */
const REST_MOST_MS = 15 * 3 * 6000;
const REST_LOOK_MS = 1000;
/** Looks in a row that find nobody holding anything: what the last lease gave back was another's in the tick after. */
const STILL_LOOKS = 2;

export async function runSeed(seed: number, options: RunOptions): Promise<RunReport> {
  const chance = new Chance(seed);
  const drawn = faultPlanOf(chance, { lastsMs: chance.between(FAULTS_LEAST_MS, FAULTS_MOST_MS) });
  const plan = options.plan?.(drawn) ?? drawn;
  const cluster = new Cluster({
    plan,
    chance,
    startsAt: STARTS_AT,
    solver: options.solver,
    digest: options.digest,
    isStoryKept: options.isStoryKept === true,
    bends: options.bends ?? {},
  });
  const { loop, story, witness } = cluster;
  // An engine is loaded once, in time that is not virtual: before the first tick that asks it.
  await options.solver.solve(new ModelBuilder().build(), { engine: 'highs', budget: TICK_BUDGET });
  await cluster.start();
  for (const { atMs, event } of plan.events) {
    await loop.run(atMs * 1000);
    cluster.strike(event);
  }
  await loop.run(plan.healsAtMs * 1000);
  cluster.heal();
  const probe = await probed(cluster);
  for (const agent of cluster.agents) agent.isWindingDown = true;
  await rest(cluster, plan.healsAtMs);
  const dump = cluster.store.dump();
  const findings = verdictOn(cluster, [probe]);
  for (const { promise, what } of findings) story.tell('verdict', `${promise}: ${what}`);
  return {
    seed,
    digest: story.digest(),
    findings,
    ticks: dump.tick.length,
    requests: witness.submits.length,
    leases: dump.lease.length,
    epochs: dump.leader[0]?.epoch ?? 0,
    faults: cluster.network.struck + plan.events.filter(({ event }) => event.type !== 'strike').length,
    virtualMs: loop.elapsedUs / 1000,
    story: story.lines,
  };
}

/** Until nobody holds, wants or is owed anything, and all of it is streamed; or until nobody has held anything for a while, and the rest is stuck. */
async function rest({ loop, store, agents }: Cluster, healsAtMs: number): Promise<void> {
  const untilUs = (healsAtMs + REST_MOST_MS) * 1000;
  let still = 0;
  while (loop.elapsedUs < untilUs) {
    await loop.run(loop.elapsedUs + REST_LOOK_MS * 1000);
    const { lease, request, intake, cell_head } = store.dump();
    const isHeld = lease.some(({ ended_at_ms }) => ended_at_ms === null);
    still = isHeld ? 0 : still + 1;
    if (loop.elapsedUs >= (healsAtMs + REST_MS) * 1000 && still >= STILL_LOOKS) return;
    const streamed = await store.relayCursors.under(RELAY_EPOCH).read(SINK, CELL);
    const isAtRest =
      !agents.some(({ isOwed }) => isOwed) &&
      !intake.some(({ tick }) => tick === null) &&
      !request.some(({ state }) => state === 'queued' || state === 'waiting') &&
      !isHeld &&
      streamed === (cell_head[0]?.event_sequence ?? 0);
    if (isAtRest) return;
  }
}

/** Asked until it is acknowledged: who acknowledges has the time of one more answer. */
async function probed(cluster: Cluster): Promise<Probe> {
  const { loop } = cluster;
  const healedAt = loop.now;
  const asked: { id: Probe['id'] } = { id: null };
  const ask = async (): Promise<void> => {
    asked.id = await cluster.agents[0]!.probe();
  };
  void ask();
  await loop.run(loop.elapsedUs + RESUMES_MS * 1000);
  return { id: asked.id, healedAt, byAt: healedAt + RESUMES_MS };
}
