// After the tick's own program: which leases are taken back, first to repair broken rows, then for nominees in their order.
// Invariant: bounded by counts (nominees, programs), in turns; equal snapshots plan alike. Called by solving.ts, for live ticks and for files of them.

import { lookupOf } from '../domain/lookup.ts';
import type { Plan, Preemption } from '../domain/plan.ts';
import type { PendingRequest } from '../domain/request.ts';
import type { GangTurn } from '../domain/state.ts';
import type { PreemptionRecord } from '../domain/tickRecord.ts';
import { type Catalogue, catalogueOf } from '../formulate/catalogue.ts';
import type { Formulation } from '../formulate/index.ts';
import { afterPlan, type Snapshot } from '../snapshot.ts';
import type { SolvedProgram, SolverPorts } from './choose.ts';
import { Later } from './later.ts';
import { lookAt } from './nominees.ts';
import { planRepairs } from './repair.ts';
import { isBarred } from './rights.ts';
import { Takeable } from './takeable.ts';

/** Nominees looked at in a tick: a look is a formulation of one request and at most eight small programs. */
export const LOOKS_MAX = 16;
/** No nominee begins once so many programs were solved. */
const PROGRAMS_MAX = 32;
/** Nor once so many leases were held against rights and rows: with thousands of them each look is dear. */
const STEPS_MAX = 100_000;

export interface Planned {
  readonly preemption: Preemption;
  readonly record: PreemptionRecord;
  /** Of a repair; a nominee's stand with its look. */
  readonly programs: readonly SolvedProgram[];
}

export interface Revocations {
  readonly preemptions: readonly Preemption[];
  readonly records: readonly PreemptionRecord[];
  readonly programs: readonly SolvedProgram[];
  /** Nominees looked at, and those that wait for a later tick's looks. */
  readonly looked: number;
  readonly left: number;
  readonly turn: GangTurn | null;
  /** Programs whose answer did not pass its check. */
  readonly refused: number;
}

export const NO_REVOCATIONS: Revocations = {
  preemptions: [],
  records: [],
  programs: [],
  looked: 0,
  left: 0,
  turn: null,
  refused: 0,
};

export async function planRevocations(
  ports: SolverPorts,
  snapshot: Snapshot,
  { plan, formulation }: { plan: Plan; formulation: Formulation },
): Promise<Revocations> {
  if (!snapshot.held.some(({ lease }) => lease.state !== 'revoking')) return NO_REVOCATIONS;
  const after = withoutExtended(afterPlan(snapshot, plan), plan);
  const later = new Later(after);
  const repairs = await planRepairs(ports, after, later);
  const takeable = new Takeable(after, later);
  const queue = queueOf(after, takeable, { plan, formulation });
  const planned = [...repairs.planned];
  const programs = repairs.planned.flatMap((one) => one.programs);
  const failures = new Failures(after);
  const world = {
    snapshot: after,
    later,
    takeable,
    memo: formulation.memo,
    planned,
    costs: new Map(),
    work: { steps: 0 },
  };
  let { refused } = repairs;
  let looked = 0;
  let last: GangTurn | null = null;
  let left = repairs.left;
  for (const { pending, turn } of queue) {
    if (looked >= LOOKS_MAX || programs.length >= PROGRAMS_MAX || world.work.steps >= STEPS_MAX) {
      left += 1;
      continue;
    }
    last = turn;
    if (failures.has(pending)) continue;
    looked += 1;
    const look = await lookAt(ports, world, pending);
    programs.push(...look.programs);
    refused += look.refused;
    if (look.planned === null) failures.add(pending);
    else {
      planned.push(look.planned);
      failures.clear();
    }
  }
  return {
    preemptions: planned.map(({ preemption }) => preemption),
    records: planned.map(({ record }) => record),
    programs,
    looked,
    left,
    turn: left > repairs.left ? last : null,
    refused,
  };
}

/** A lease that this tick prolongs is not taken back by the same tick. */
function withoutExtended(after: Snapshot, plan: Plan): Snapshot {
  if (plan.extensions.length === 0) return after;
  const granted = new Set(plan.extensions.map(({ extension }) => extension));
  const prolonged = new Set(
    after.extensions.filter(({ extension }) => granted.has(extension.id)).map(({ lease }) => lease.id),
  );
  return { ...after, held: after.held.filter(({ lease }) => !prolonged.has(lease.id)) };
}

/** Who waits, has no earmark and may have a right against some lease that may be taken at this moment; beginning behind the last turn. */
function queueOf(
  snapshot: Snapshot,
  takeable: Takeable,
  { plan, formulation }: { plan: Plan; formulation: Formulation },
): { pending: PendingRequest; turn: GangTurn }[] {
  const { classes } = lookupOf(snapshot.configuration);
  const granted = new Set(plan.assignments.map(({ request }) => request));
  const marked = new Set([...snapshot.earmarks.map(({ request }) => request), ...(plan.dropped ?? [])]);
  const queue: { pending: PendingRequest; turn: GangTurn }[] = [];
  for (const pending of snapshot.requests) {
    const { id, terms } = pending.request;
    if (terms.gang !== undefined || granted.has(id) || marked.has(id) || formulation.dropped.has(id))
      continue;
    const { rank } = classes.get(terms.class)!;
    if (!takeable.mayServe(pending.request, rank)) continue;
    if (formulation.leftOut.has(id) || isBarred(snapshot, pending.request)) continue;
    // Units that come back are of a pool; which node they come back on is not planned, so bundles take nothing from others.
    if (pending.request.options.some(({ claims }) => claims.some(({ node }) => node !== undefined))) continue;
    queue.push({ pending, turn: { rank, sequence: pending.sequence } });
  }
  queue.sort((a, b) => compareTurns(a.turn, b.turn));
  const after = snapshot.nomineeTurn;
  if (after === undefined) return queue;
  const isBehind = ({ turn }: { turn: GangTurn }): boolean => compareTurns(turn, after) > 0;
  return [...queue.filter(isBehind), ...queue.filter((one) => !isBehind(one))];
}

/** Nominees for whom nothing was found. Who asks alike and pays alike fares alike, until a plan changes what is to come. */
class Failures {
  readonly #catalogue: Catalogue;
  readonly #keys = new Set<string>();
  /** One list of accounts stands for all agents that have the same. */
  readonly #payers = new Map<object, number>();

  constructor({ configuration }: Snapshot) {
    this.#catalogue = catalogueOf(configuration);
  }

  has(pending: PendingRequest): boolean {
    return this.#keys.has(this.#keyOf(pending));
  }

  add(pending: PendingRequest): void {
    this.#keys.add(this.#keyOf(pending));
  }

  clear(): void {
    this.#keys.clear();
  }

  #keyOf({ request, shapeKey }: PendingRequest): string {
    const { agent, department, terms } = request;
    const payers = this.#catalogue.payersOf(agent, terms.class);
    const number = this.#payers.get(payers) ?? this.#payers.size;
    this.#payers.set(payers, number);
    const clearance = this.#catalogue.clearanceOf(agent, department);
    return `${department} ${clearance} ${number} ${terms.startBefore ?? ''} ${terms.deadline ?? ''} ${shapeKey}`;
  }
}

function compareTurns(a: GangTurn, b: GangTurn): number {
  return a.rank - b.rank || a.sequence - b.sequence;
}
