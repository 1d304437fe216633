// Nominees: waiting requests that have a right to leases in their way, one at a time in order of class and age, each with a program of its own.
// Invariant: a request that fits once what is under revocation is back takes nothing; of a nominee's choices of places the one that costs least is
// taken; at most LOOKS_MAX are looked at in a tick, in turns. Called by planning.ts.

import { decode } from '../decode.ts';
import type { Earmark, EarmarkedUnits } from '../domain/earmark.ts';
import type { Reservation } from '../domain/lease.ts';
import { lookupOf } from '../domain/lookup.ts';
import { add, type Instant, type Units } from '../domain/quantity.ts';
import type { PendingRequest } from '../domain/request.ts';
import { accountKey, quotaKey } from '../domain/state.ts';
import { catalogueOf, compareText } from '../formulate/catalogue.ts';
import { type FormulationMemo, formulate } from '../formulate/index.ts';
import { reservationsOf, uncoveredAccounts } from '../pricing.ts';
import type { Snapshot } from '../snapshot.ts';
import { type Choice, choose, type SolvedProgram, type SolverPorts } from './choose.ts';
import { costOfRevoking } from './cost.ts';
import type { Later } from './later.ts';
import type { Planned } from './planning.ts';
import { COLUMNS_MAX, type Column, programOf, sum } from './program.ts';
import { youngerFirst } from './repair.ts';
import { type Claimant, type Rightful, rightAgainst } from './rights.ts';
import { keysOf, programRows, type Short, shortOf, unitsFor } from './shortRows.ts';

export interface NomineeWorld {
  readonly snapshot: Snapshot;
  readonly later: Later;
  readonly memo: FormulationMemo;
}

export interface Look {
  readonly planned: Planned | null;
  readonly programs: readonly SolvedProgram[];
  readonly refused: number;
}

const NOTHING: Look = { planned: null, programs: [], refused: 0 };

/** A nominee's choice of places, priced for any start up to the latest. */
interface Place {
  readonly option: number;
  readonly units: readonly EarmarkedUnits[];
  readonly reservations: readonly Reservation[];
}

/** Plans for one nominee and makes it part of the later world. */
export async function lookAt(
  ports: SolverPorts,
  world: NomineeWorld,
  pending: PendingRequest,
): Promise<Look> {
  const { snapshot, later } = world;
  const { classes } = lookupOf(snapshot.configuration);
  const rank = classes.get(pending.request.terms.class)!.rank;
  const rightful = rightfulOf(world, { pending, rank, demand: leastDemand(pending) });
  if (rightful.length === 0) return NOTHING;
  const latest = Math.max(later.backAt(), ...rightful.map(({ graceEndsAt }) => graceEndsAt));
  const programs: SolvedProgram[] = [];
  let refused = 0;
  let best: { place: Place; short: readonly Short[]; rightful: readonly Rightful[]; choice: Choice } | null =
    null;
  for (const place of placesOf(world, pending, { rightful, latest })) {
    const { department } = pending.request;
    const short = shortOf(snapshot, later, { department, units: place.units });
    if (short.length === 0) return { ...NOTHING, programs, refused };
    const own = rightfulOf(world, { pending, rank, demand: demandOf(place.units) });
    const program = programFor(world, { short, rightful: own });
    if (program === null) continue;
    const choice = await choose(ports, program);
    if (choice === null) {
      refused += 1;
      continue;
    }
    programs.push(choice.program);
    if (best === null || choice.weight < best.choice.weight) best = { place, short, rightful: own, choice };
  }
  if (best === null) return { planned: null, programs, refused };
  return { planned: plannedOf(world, pending, { ...best, programs: programs.length }), programs, refused };
}

function rightfulOf({ snapshot, later }: NomineeWorld, claimant: Claimant): Rightful[] {
  return snapshot.held.flatMap((held) => {
    if (later.isTaken(held.lease.id)) return [];
    return rightAgainst(snapshot, later, { claimant, held }) ?? [];
  });
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
  const accounts = lookupOf(configuration).agents.get(asked.pending.request.agent)?.accounts ?? [];
  const input = {
    configuration,
    accounts,
    allocations: asked.allocations.map((units) => ({ ...units, startsAt: now, endsAt: asked.endsAt })),
    graceSeconds: configuration.leaseTerms.graceSeconds,
  };
  if (uncoveredAccounts(input).length > 0) return null;
  const reservations = reservationsOf(input).sort(
    (a, b) => compareText(a.account, b.account) || compareText(a.period, b.period),
  );
  const isCovered = reservations.every(({ account, period, amount }) => {
    const periods = lookupOf(configuration).accounts.get(account)?.periods ?? [];
    const budget = periods.find(({ id }) => id === period)?.budget ?? 0;
    return later.account(accountKey(account, period)) + amount <= budget;
  });
  return isCovered ? reservations : null;
}

function programFor(
  { snapshot }: NomineeWorld,
  { short, rightful }: { short: readonly Short[]; rightful: readonly Rightful[] },
) {
  // By a right to one kind the whole lease goes, and gives all that it holds; but only one that gives of that kind is asked.
  const unitsOf = (row: Short, { held }: Pick<Column, 'held'>): Units => unitsFor(snapshot, row, held);
  const columns = rightful.flatMap(({ held, kinds }) => {
    const given = short.filter(({ kind }) => kinds?.has(kind) ?? true);
    if (!given.some((row) => unitsOf(row, { held }) > 0)) return [];
    const units = sum(short.map((row) => unitsOf(row, { held })));
    return { held, cost: costOfRevoking(snapshot, held), units };
  });
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
  const victims = choice.victims.map(({ held }) => {
    const { right, graceEndsAt } = rightful.find((one) => one.held === held)!;
    later.revoke(held, graceEndsAt);
    return { lease: held.lease.id, right, graceEndsAt };
  });
  const earmark: Earmark = {
    request: request.id,
    department: request.department,
    agent: request.agent,
    ...place,
    victims,
    madeAt: snapshot.now,
    graceEndsAt: later.backAt(keysCountedOn(snapshot, request, { place, short: found.short })),
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
