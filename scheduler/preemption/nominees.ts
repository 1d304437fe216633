// Nominees: waiting requests that have a right to leases in their way, one at a time in order of class and age, each with a program of its own.
// Invariant: a request that fits once what is under revocation is back takes nothing; of a nominee's choices of places the one that costs least is
// taken; at most LOOKS_MAX are looked at in a tick, in turns. Called by planning.ts.

import { decode } from '../decode.ts';
import type { Earmark, EarmarkedUnits, Victim } from '../domain/earmark.ts';
import type { Reservation } from '../domain/lease.ts';
import { lookupOf } from '../domain/lookup.ts';
import type { Plan } from '../domain/plan.ts';
import { add, type Instant, type Units } from '../domain/quantity.ts';
import type { PendingRequest } from '../domain/request.ts';
import { LATENESS_MS } from '../domain/reservation.ts';
import { accountKey, quotaKey } from '../domain/state.ts';
import { catalogueOf, compareText } from '../formulate/catalogue.ts';
import { type FormulationMemo, formulate } from '../formulate/index.ts';
import { reservationsOf, uncoveredAccounts } from '../pricing.ts';
import { leavesAsPromised } from '../reservations/kept.ts';
import { afterRevocations, type HeldLease, type Snapshot } from '../snapshot.ts';
import { type Choice, choose, type SolvedProgram, type SolverPorts } from './choose.ts';
import { costOfRevoking } from './cost.ts';
import type { Later } from './later.ts';
import type { Planned } from './planning.ts';
import { COLUMNS_MAX, type Column, programOf, sum } from './program.ts';
import { youngerFirst } from './repair.ts';
import { type Claimant, type Rightful, rightAgainst } from './rights.ts';
import { keysOf, programRows, type Short, shortOf, unitsFor } from './shortRows.ts';
import type { Takeable } from './takeable.ts';

export interface NomineeWorld {
  readonly snapshot: Snapshot;
  readonly later: Later;
  readonly takeable: Takeable;
  readonly memo: FormulationMemo;
  /** What the tick takes back so far. */
  readonly planned: readonly Planned[];
  /** Of leases that were asked about, once a tick. */
  readonly costs: Map<HeldLease, Units>;
  /** Leases that were held against a right or a row: what a look costs, counted. */
  readonly work: { steps: number };
}

export interface Look {
  readonly planned: Planned | null;
  readonly programs: readonly SolvedProgram[];
  readonly refused: number;
}

const NOTHING_PLANNED: Plan = { assignments: [], extensions: [] };
const NOTHING: Look = { planned: null, programs: [], refused: 0 };

/** A nominee's choice of places, priced for any start up to the latest. */
interface Place {
  readonly option: number;
  readonly units: readonly EarmarkedUnits[];
  readonly reservations: readonly Reservation[];
}

/** The cheapest choice of places so far, and of victims there. */
interface Best {
  readonly place: Place;
  readonly short: readonly Short[];
  readonly rightful: readonly Rightful[];
  readonly choice: Choice;
}

/** Plans for one nominee and makes it part of the later world. */
export async function lookAt(
  ports: SolverPorts,
  world: NomineeWorld,
  pending: PendingRequest,
): Promise<Look> {
  const { snapshot, later } = world;
  const { department } = pending.request;
  const asking = claimantsOf(world, pending);
  const rightful = asking(leastDemand(pending));
  if (rightful.length === 0) return NOTHING;
  const latest = rightful.reduce((at, { graceEndsAt }) => Math.max(at, graceEndsAt), later.backAt());
  if (startsSooner(snapshot, pending, latest)) return NOTHING;
  const programs: SolvedProgram[] = [];
  let refused = 0;
  let best: Best | null = null;
  for (const place of placesOf(world, pending, { rightful, latest })) {
    const short = shortOf(snapshot, later, { department, units: place.units });
    if (short.length === 0) return { ...NOTHING, programs, refused };
    const own = asking(demandOf(place.units));
    const columns = columnsFor(world, { short, rightful: own });
    // No choice here can cost less: the first place of equals stays.
    if (best !== null && leastCostOf(world, short, columns) >= best.choice.cost) continue;
    const program = programFor(world, short, columns);
    if (program === null) continue;
    const choice = await choose(ports, program);
    if (choice === null) {
      refused += 1;
      continue;
    }
    programs.push(choice.program);
    if (!leavesPromises(world, pending, { place, choice, rightful: own, latest })) continue;
    if (best === null || choice.cost < best.choice.cost) best = { place, short, rightful: own, choice };
  }
  if (best === null) return { planned: null, programs, refused };
  return { planned: plannedOf(world, pending, { ...best, programs: programs.length }), programs, refused };
}

/** Demand -> whom the nominee may take from with it; places that demand alike are asked about once. */
function claimantsOf(world: NomineeWorld, pending: PendingRequest) {
  const { rank } = lookupOf(world.snapshot.configuration).classes.get(pending.request.terms.class)!;
  const known = new Map<string, Rightful[]>();
  return (demand: ReadonlyMap<string, Units>): Rightful[] => {
    const key = [...demand].join(' ');
    const rightful = known.get(key) ?? rightfulOf(world, { pending, rank, demand });
    known.set(key, rightful);
    return rightful;
  };
}

function rightfulOf({ snapshot, later, takeable, work }: NomineeWorld, claimant: Claimant): Rightful[] {
  const rightful: Rightful[] = [];
  for (const lease of takeable.askedBy(claimant.pending.request.department)) {
    work.steps += 1;
    const right = rightAgainst(snapshot, later, { claimant, lease });
    if (right !== null) rightful.push(right);
  }
  return rightful;
}

/** Kind -> the least that any option which claims it claims: who may not reclaim so much may reclaim nothing. */
function leastDemand({ request }: PendingRequest): Map<string, Units> {
  const least = new Map<string, Units>();
  for (const { claims } of request.options)
    for (const [kind, units] of demandOf(claims)) least.set(kind, Math.min(units, least.get(kind) ?? units));
  return least;
}

function demandOf(
  claims: readonly { readonly kind: string; readonly quantity: Units }[],
): Map<string, Units> {
  const demand = new Map<string, Units>();
  for (const { kind, quantity } of claims) demand.set(kind, add(quantity, demand.get(kind) ?? 0));
  return demand;
}

/**
 * Where it could be served if everybody it has a right to were gone, at the latest moment at which it may begin: the tick's own formulation
 * of that world, so that selectors, clearances, quotas and accounts are looked at by one code. Windows are nobody's to take back.
 */
function* placesOf(
  { snapshot, later, memo }: NomineeWorld,
  pending: PendingRequest,
  { rightful, latest }: { rightful: readonly Rightful[]; latest: Instant },
): Generator<Place> {
  const { startBefore } = pending.request.terms;
  if (startBefore !== undefined && startBefore <= latest) return;
  const world: Snapshot = {
    ...snapshot,
    ...later.without(
      rightful.map(({ held }) => held),
      latest,
    ),
    requests: [pending],
    extensions: [],
    held: [],
    earmarks: [],
  };
  const formulation = formulate(world, memo, { everyPlace: true });
  for (const [column, meaning] of formulation.columns.entries()) {
    if (meaning.type !== 'request' || meaning.choices.some(({ window }) => window !== null)) continue;
    const granted = new Uint8Array(formulation.columns.length);
    granted[column] = 1;
    const [assignment] = decode(formulation, { granted }, world).assignments;
    const { option, allocations } = assignment!;
    const reservations = reservedFor(snapshot, later, { pending, allocations, endsAt: assignment!.endsAt });
    if (reservations === null) continue;
    const units = allocations.map(({ claim, pool, kind, quantity, exclusive }) => ({
      claim,
      pool,
      kind,
      quantity,
      ...(exclusive && { exclusive }),
    }));
    yield { option, units, reservations };
  }
}

/** From now to the end of the latest start: at least what any start in between sets aside. Null when an account has not so much left. */
function reservedFor(
  { configuration, now }: Snapshot,
  later: Later,
  asked: { pending: PendingRequest; allocations: readonly EarmarkedUnits[]; endsAt: Instant },
): readonly Reservation[] | null {
  const { agent, terms } = asked.pending.request;
  const accounts = lookupOf(configuration).agents.get(agent)?.accounts ?? [];
  const input = {
    configuration,
    accounts,
    by: { class: terms.class },
    allocations: asked.allocations.map((units) => ({ ...units, startsAt: now, endsAt: asked.endsAt })),
    graceSeconds: configuration.leaseTerms.graceSeconds,
  };
  if (uncoveredAccounts(input).length > 0) return null;
  const reservations = reservationsOf(input).sort(
    (a, b) => compareText(a.account, b.account) || compareText(a.period, b.period),
  );
  const isCovered = reservations.every(({ account, period, amount }) => {
    const periods = lookupOf(configuration).accounts.get(account)?.periods ?? [];
    const { budget, overcommit = 0 } = periods.find(({ id }) => id === period) ?? { budget: 0 };
    return later.account(accountKey(account, period)) + amount <= budget + overcommit;
  });
  return isCovered ? reservations : null;
}

interface Candidate extends Column {
  /** Of all short rows together. */
  readonly units: Units;
}

/** By a right to one kind the whole lease goes, and gives all that it holds; but only one that gives of that kind is asked. */
function columnsFor(
  world: NomineeWorld,
  { short, rightful }: { short: readonly Short[]; rightful: readonly Rightful[] },
): Candidate[] {
  const { later, work } = world;
  work.steps += rightful.length * short.length;
  return rightful.flatMap(({ held, kinds }): Candidate | [] => {
    const given = short.filter(({ kind }) => kinds?.has(kind) ?? true);
    if (!given.some((row) => unitsFor(later, row, held) > 0)) return [];
    return { held, cost: costOf(world, held), units: sum(short.map((row) => unitsFor(later, row, held))) };
  });
}

function costOf({ snapshot, costs }: NomineeWorld, held: HeldLease): Units {
  let cost = costs.get(held);
  if (cost === undefined) {
    cost = costOfRevoking(snapshot, held);
    costs.set(held, cost);
  }
  return cost;
}

/** Of each row that is short at least one lease goes; as many as the largest would have to be; and what is missing, at the best rate. */
function leastCostOf(
  { later }: NomineeWorld,
  short: readonly Short[],
  columns: readonly Candidate[],
): number {
  let least = 0;
  for (const row of short) {
    let cheapest = Number.POSITIVE_INFINITY;
    let rate = Number.POSITIVE_INFINITY;
    let largest = 1;
    for (const { held, cost } of columns) {
      const units = unitsFor(later, row, held);
      if (units === 0) continue;
      cheapest = Math.min(cheapest, cost);
      rate = Math.min(rate, cost / units);
      largest = Math.max(largest, units);
    }
    const missing = row.type === 'cohort' ? 1 : -row.slack;
    least = Math.max(least, cheapest * Math.ceil(missing / largest), rate * missing);
  }
  return least;
}

function programFor({ later }: NomineeWorld, short: readonly Short[], columns: readonly Candidate[]) {
  const unitsOf = (row: Short, { held }: Column): Units => unitsFor(later, row, held);
  const build = (chosen: readonly Column[]) => {
    const ordered = [...chosen].sort((a, b) => youngerFirst(a.held, b.held));
    const { rows, cohorts } = programRows(short, ordered, unitsOf);
    return programOf(ordered, rows, cohorts);
  };
  if (columns.length <= COLUMNS_MAX) return build(columns);
  // More than are decided exactly: the cheapest for what they give, else, if those give too little, the largest.
  const cheapest = [...columns].sort(
    (a, b) => a.cost * b.units - b.cost * a.units || youngerFirst(a.held, b.held),
  );
  const largest = [...columns].sort((a, b) => b.units - a.units || youngerFirst(a.held, b.held));
  return build(cheapest.slice(0, COLUMNS_MAX)) ?? build(largest.slice(0, COLUMNS_MAX));
}

function plannedOf(
  { snapshot, later }: NomineeWorld,
  { request }: PendingRequest,
  found: {
    place: Place;
    short: readonly Short[];
    rightful: readonly Rightful[];
    choice: Choice;
    programs: number;
  },
): Planned {
  const { place, choice, rightful } = found;
  const victims = victimsIn(choice, rightful);
  for (const { held } of choice.victims)
    later.revoke(held, victims.find(({ lease }) => lease === held.lease.id)!.graceEndsAt);
  const graceEndsAt = later.backAt(keysCountedOn(snapshot, request, { place, short: found.short }));
  const earmark: Earmark = {
    request: request.id,
    department: request.department,
    agent: request.agent,
    ...place,
    victims,
    madeAt: snapshot.now,
    graceEndsAt,
    ...endOfLease(request.terms, graceEndsAt),
  };
  later.promise(earmark);
  return {
    preemption: { type: 'nominee', earmark },
    record: {
      for: request.id,
      victims: victims.map(({ lease, right }) => [lease, right]),
      cost: choice.cost,
      leastCost: choice.leastCost,
      programs: found.programs,
    },
    programs: [],
  };
}

function victimsIn({ victims }: Choice, rightful: readonly Rightful[]): Victim[] {
  return victims.map(({ held }) => {
    const { right, graceEndsAt } = rightful.find((one) => one.held === held)!;
    return { lease: held.lease.id, right, graceEndsAt };
  });
}

/** Whenever up to the end of the grace it begins, and a tick may come late. */
function endOfLease(
  { openEnded, durationSeconds }: PendingRequest['request']['terms'],
  graceEndsAt: Instant,
): Pick<Earmark, 'endsAt'> {
  return openEnded ? {} : { endsAt: graceEndsAt + durationSeconds * 1000 + LATENESS_MS };
}

/** Who is promised a start before all would be back waits for that, and nobody loses anything. */
function startsSooner({ reservations }: Snapshot, { request }: PendingRequest, latest: Instant): boolean {
  return reservations.some((one) => one.request === request.id && one.startsAt <= latest);
}

/** Whether what is promised to others can still be kept. */
function leavesPromises(
  { snapshot, planned }: NomineeWorld,
  { request }: PendingRequest,
  found: { place: Place; choice: Choice; rightful: readonly Rightful[]; latest: Instant },
): boolean {
  if (snapshot.reservations.length === 0) return true;
  const { place, choice, rightful, latest: graceEndsAt } = found;
  const { id, department, agent, terms } = request;
  const victims = victimsIn(choice, rightful);
  const times = { madeAt: snapshot.now, graceEndsAt, ...endOfLease(terms, graceEndsAt) };
  const earmark: Earmark = { request: id, department, agent, ...place, victims, ...times };
  const before = afterRevocations(snapshot, {
    ...NOTHING_PLANNED,
    preemptions: planned.map(({ preemption }) => preemption),
  });
  const after = afterRevocations(before, {
    ...NOTHING_PLANNED,
    preemptions: [{ type: 'nominee', earmark }],
  });
  return leavesAsPromised(before, after, id);
}

/** Every key whose units the nominee needs, short or not: it may count on what others are giving back there. */
function keysCountedOn(
  { configuration }: Snapshot,
  { department }: PendingRequest['request'],
  { place, short }: { place: Place; short: readonly Short[] },
): Set<string> {
  const keys = new Set(short.flatMap(keysOf));
  const { quotas } = catalogueOf(configuration);
  for (const { pool, kind } of place.units) {
    keys.add(pool);
    const share = quotas.get(quotaKey(department, kind));
    if (share === undefined) continue;
    for (const member of share.cohort?.members ?? [share.quota]) keys.add(quotaKey(member.department, kind));
  }
  return keys;
}
