// The frozen view that one tick decides on: who may be granted, what is used, what time it is. Made once a tick, read by every later step.
// Invariant: nothing that happens to the state afterwards is seen through it; its digest does not depend on the order of any Map.

import { type Approval, mayBeServed } from './domain/approval.ts';
import type { Configuration } from './domain/configuration.ts';
import type { Earmark, Revocation } from './domain/earmark.ts';
import type { AgentId, PoolId, RequestId } from './domain/ids.ts';
import { type CapacityKey, capacityKey, type Lease } from './domain/lease.ts';
import { lookupOf, useKeysOf } from './domain/lookup.ts';
import { copyNodes, holdNodes, type NodeView, nodesHeld, nodesOf } from './domain/nodes.ts';
import { pendingById } from './domain/pendingIndex.ts';
import { type Plan, victimsOf } from './domain/plan.ts';
import type { PolicyRowUse, PolicyWeight, SeparationUse } from './domain/policyRow.ts';
import { add, type Instant, type Units } from './domain/quantity.ts';
import type { PendingExtension, PendingRequest, ResourceRequest } from './domain/request.ts';
import type { StartReservation } from './domain/reservation.ts';
import { type AccountUse, accountKey, type GangTurn, quotaKey, type State } from './domain/state.ts';
import { missedDeadlines, pastUnits } from './fairness.ts';
import type { Digest } from './ports.ts';
import { linesOfPreemption } from './preemption/lines.ts';
import { heldInQuestion } from './preemption/question.ts';
import { checkpointsAfterNotice, promisesAfter } from './reservations/after.ts';
import { type Checkpoint, checkpointsOf } from './reservations/checkpoints.ts';
import { holdsOf } from './reservations/holds.ts';
import { Returns } from './reservations/returns.ts';
import { requestLines } from './snapshotLines.ts';
import { heldOfRows, heldOfSeparations, rulesWith } from './tallyPolicy.ts';

/** An extension that this tick decides, with the lease it would prolong. */
export interface SnapshotExtension {
  readonly extension: PendingExtension;
  readonly lease: Lease;
  /** Its work has no known end: it counts as held for good, whether prolonged or not. */
  readonly openEnded?: true;
  /** As a policy obliges its holder; absent: whatever the classes allow. */
  readonly endsAtMost?: Instant;
}

/** That a reviewer has approved one of its requests. */
export type Approved = Pick<Approval, 'id' | 'request' | 'skill' | 'digest'> & {
  /** Who ruled so. */
  readonly by: string;
};

/** A live lease that may be taken back, or is being, with the request that it serves. */
export interface HeldLease {
  readonly lease: Lease;
  readonly request: ResourceRequest;
  /** Until when its work is safe, as its holder said. */
  readonly checkpointAt?: Instant;
}

export interface Snapshot {
  readonly version: 1;
  readonly cell: string;
  readonly now: Instant;
  readonly configuration: Configuration;
  /** Requests whose verdict is allow, in order of `sequence`. */
  readonly requests: readonly PendingRequest[];
  /** Of requests whose verdicts ask for reviewers, by id; absent: none. */
  readonly approvals?: readonly Approved[];
  /** In order of `sequence`; those of one lease follow one another. */
  readonly extensions: readonly SnapshotExtension[];
  readonly used: ReadonlyMap<CapacityKey, Units>;
  readonly quotaUse: ReadonlyMap<string, Units>;
  /** Of departments and kinds, decayed: what fairness counts beside present use; absent: nothing. */
  readonly pastUse?: ReadonlyMap<string, Units>;
  /** Agent -> deadlines that it let pass lately; absent: none. */
  readonly missedDeadlines?: ReadonlyMap<AgentId, number>;
  /** What the policy limits beyond single requests, with what live leases hold of it; absent: nothing. */
  readonly policyRows?: readonly PolicyRowUse[];
  /** What the policy adds to the worth of grants; absent: nothing. */
  readonly policyWeights?: readonly PolicyWeight[];
  /** What one agent must not hold together, with what live leases hold of it; absent: nothing. */
  readonly separations?: readonly SeparationUse[];
  /** `${account}/${period}`. */
  readonly accounts: ReadonlyMap<string, Readonly<AccountUse>>;
  /** Datasets that are held exclusively. */
  readonly exclusive: ReadonlySet<PoolId>;
  readonly nodes: NodeView;
  /** Promised starts of its requests, in their order; then the offers that are held, of requests that are none of its own. */
  readonly reservations: readonly StartReservation[];
  /** Their starts that are still to come, in order, and what leases hold then. */
  readonly checkpoints: readonly Checkpoint[];
  /** The gang after which this tick begins to look at gangs; absent: with the first. */
  readonly gangTurn?: GangTurn;
  /** Every lease that is being revoked, and those that may be taken back now and somebody may have a right to; by id. */
  readonly held: readonly HeldLease[];
  /** In the order in which they were made. */
  readonly earmarks: readonly Earmark[];
  /** The last tick that saw an outside event: requests that were revoked in it or later have no right of their own. */
  readonly outsideTick: number;
  /** The nominee after which this tick begins to look at nominees; absent: with the first. */
  readonly nomineeTurn?: GangTurn;
}

/**
 * Copies what a tick reads. Requests without an allow, and extensions of leases that are gone or being revoked, are not in it:
 * the first wait for the gate, the second are the life cycle's to refuse. Nor is what the configuration does not have any more (a removed
 * pool whose leases run on, a month that is over): no row of this tick asks for it, and a tick file may not name it.
 */
export function takeSnapshot(state: State, now: Instant): Snapshot {
  const requests: PendingRequest[] = [];
  let last = Number.NEGATIVE_INFINITY;
  for (const pending of state.requests.values()) {
    if (pending.sequence <= last) throw new Error(`state.requests is out of order at ${pending.request.id}`);
    last = pending.sequence;
    if (mayBeServed(pending)) requests.push(pending);
  }
  const keys = useKeysOf(state.configuration);
  const accounts = new Map<string, Readonly<AccountUse>>();
  for (const [key, use] of state.accounts)
    if (keys.accounts.has(key)) accounts.set(key, { reserved: use.reserved, spent: use.spent });
  const missed = missedDeadlines(state.pastUse);
  const { agents } = lookupOf(state.configuration);
  for (const agent of [...missed.keys()]) if (!agents.has(agent)) missed.delete(agent);
  const pastUse = keptOf(pastUnits(state.pastUse), keys.quotaUse);
  return Object.freeze({
    version: 1,
    cell: state.cell,
    now,
    configuration: state.configuration,
    requests: Object.freeze(requests),
    ...approvedOf(state, requests),
    extensions: Object.freeze(extensionsToDecide(state)),
    used: keptOf(state.used, keys.used),
    quotaUse: keptOf(state.quotaUse, keys.quotaUse),
    ...(pastUse.size > 0 && { pastUse }),
    ...(missed.size > 0 && { missedDeadlines: missed }),
    ...rulesInUse(state),
    accounts,
    exclusive: new Set([...state.exclusive].filter((pool) => keys.used.has(pool))),
    nodes: knownNodes(state),
    ...promised(state, requests, now),
    ...(state.gangTurn && { gangTurn: state.gangTurn }),
    held: Object.freeze(heldInQuestion(state, requests, now)),
    earmarks: Object.freeze([...state.earmarks.values()]),
    outsideTick: state.outsideTick,
    ...(state.nomineeTurn && { nomineeTurn: state.nomineeTurn }),
  });
}

function approvedOf({ approvals }: State, requests: readonly PendingRequest[]): Pick<Snapshot, 'approvals'> {
  const needing = new Set<RequestId>();
  for (const { request, verdict } of requests)
    if (verdict?.obligations?.approvals !== undefined) needing.add(request.id);
  if (needing.size === 0) return {};
  const approved = [...approvals.values()].flatMap(({ id, request, skill, digest, state, ruling }) =>
    state === 'approved' && ruling !== null && needing.has(request)
      ? [{ id, request, skill, digest, by: ruling.by }]
      : [],
  );
  approved.sort((a, b) => (a.id < b.id ? -1 : 1));
  return { approvals: Object.freeze(approved) };
}

function rulesInUse(state: State): Pick<Snapshot, 'policyRows' | 'policyWeights' | 'separations'> {
  const { rows = [], weights = [], separations = [] } = state.policyRules ?? {};
  return {
    ...(rows.length > 0 && { policyRows: Object.freeze(heldOfRows(state, rows)) }),
    ...(weights.length > 0 && { policyWeights: weights }),
    ...(separations.length > 0 && { separations: Object.freeze(heldOfSeparations(state, separations)) }),
  };
}

/** Leases on nodes that are not configured any more run on; no bundle goes there. */
function knownNodes(state: State): NodeView {
  const { use, bundles } = nodesHeld(state);
  const known = nodesOf(state.configuration).nodes;
  return { use: new Map([...use].filter(([node]) => known.has(node))), bundles: new Map(bundles) };
}

/** A request without an allow keeps nothing from anybody: the gate will have its say first. */
function promised(
  state: State,
  requests: readonly PendingRequest[],
  now: Instant,
): Pick<Snapshot, 'reservations' | 'checkpoints'> {
  if (state.reserved.size === 0) return { reservations: [], checkpoints: [] };
  const reservations = [
    ...requests.flatMap(({ request }) => state.reserved.get(request.id) ?? []),
    ...holdsOf(state),
  ];
  const returns = new Returns(state, now);
  return { reservations, checkpoints: checkpointsOf(state.configuration, reservations, { returns, now }) };
}

function keptOf(counted: ReadonlyMap<string, Units>, keys: ReadonlySet<string>): Map<string, Units> {
  const kept = new Map<string, Units>();
  for (const [key, units] of counted) if (keys.has(key)) kept.set(key, units);
  return kept;
}

function extensionsToDecide(state: State): SnapshotExtension[] {
  const chosen: SnapshotExtension[] = [];
  for (const extension of state.extensions.values()) {
    const lease = state.leases.get(extension.lease);
    if (lease === undefined || lease.state === 'revoking') continue;
    const { openEnded, ttlSeconds } = state.held.get(lease.request)?.terms ?? {};
    const endsAtMost = ttlSeconds === undefined ? undefined : lease.grantedAt + ttlSeconds * 1000;
    chosen.push({
      extension,
      lease,
      ...(openEnded && { openEnded }),
      ...(endsAtMost !== undefined && { endsAtMost }),
    });
  }
  return chosen.sort((a, b) => a.extension.sequence - b.extension.sequence);
}

/** The snapshot with a plan's units and reservations in it, and without the earmarks that it honours: what is left for those who wait. Its requests stay as they were. */
export function afterPlan(snapshot: Snapshot, plan: Plan): Snapshot {
  const used = new Map(snapshot.used);
  const quotaUse = new Map(snapshot.quotaUse);
  const accounts = new Map(snapshot.accounts);
  const exclusive = new Set(snapshot.exclusive);
  const nodes = copyNodes(snapshot.nodes);
  const { pools } = lookupOf(snapshot.configuration);
  const pendingOf = pendingById(snapshot);
  for (const assignment of plan.assignments) {
    const { request, allocations } = assignment;
    holdNodes(nodes, assignment, 1);
    const department = pendingOf.get(request)?.request.department;
    for (const { pool: id, window, kind, quantity, exclusive: alone } of allocations) {
      if (alone) exclusive.add(id);
      const key = capacityKey(id, window);
      used.set(key, add(used.get(key) ?? 0, quantity));
      const pool = pools.get(id);
      if (department === undefined || !pool || pool.consumable || pool.calendar !== undefined) continue;
      const quota = quotaKey(department, kind);
      quotaUse.set(quota, add(quotaUse.get(quota) ?? 0, quantity));
    }
  }
  for (const { reservations } of [...plan.assignments, ...plan.extensions]) {
    for (const { account, period, amount } of reservations) {
      const key = accountKey(account, period);
      const use = accounts.get(key) ?? { reserved: 0, spent: 0 };
      accounts.set(key, { reserved: add(use.reserved, amount), spent: use.spent });
    }
  }
  const gone = new Set([...plan.assignments.map(({ request }) => request), ...(plan.dropped ?? [])]);
  const earmarks = snapshot.earmarks.filter(({ request }) => !gone.has(request));
  return Object.freeze({
    ...snapshot,
    used,
    quotaUse,
    accounts,
    exclusive,
    nodes,
    earmarks,
    ...promisesAfter(snapshot, plan),
    ...rulesWith(snapshot, unitsOf(plan)),
  });
}

function unitsOf({ assignments }: Plan) {
  return assignments.map(({ request, allocations }) => ({ request, units: allocations }));
}

/** With the leases that a plan takes back on notice, and the earmarks that they are taken back for. */
export function afterRevocations(snapshot: Snapshot, { preemptions = [] }: Plan): Snapshot {
  if (preemptions.length === 0) return snapshot;
  const revocations = new Map<string, Revocation>();
  const earmarks = [...snapshot.earmarks];
  for (const preemption of preemptions) {
    const earmark = preemption.type === 'nominee' ? preemption.earmark : null;
    if (earmark !== null) earmarks.push(earmark);
    for (const { lease, right, graceEndsAt } of victimsOf(preemption)) {
      const { request = null, department = null } = earmark ?? {};
      revocations.set(lease, { right, since: snapshot.now, graceEndsAt, request, department });
    }
  }
  const held = snapshot.held.map((one): HeldLease => {
    const revocation = revocations.get(one.lease.id);
    return revocation === undefined
      ? one
      : { ...one, lease: { ...one.lease, state: 'revoking', revocation } };
  });
  const checkpoints = checkpointsAfterNotice(snapshot, revocations);
  return Object.freeze({ ...snapshot, held, earmarks, checkpoints });
}

/**
 * What the tick record keeps of the snapshot. Vectors instead of the document: the JSON of 10,000 requests would cost more than the
 * tick. A shape key is written once and referred to by number; zero amounts are skipped, as a recovered leader may not hold the key.
 */
export function snapshotDigest(snapshot: Snapshot, digest: Digest): string {
  const lines: string[] = [`snapshot/1 ${snapshot.cell} ${snapshot.now} ${snapshot.configuration.revision}`];
  const further: string[] = [];
  const told = requestLines(snapshot.configuration, snapshot.requests);
  for (const line of told.lines) lines.push(line);
  for (const { request, gangUntil, verdict } of snapshot.requests) {
    const { gang } = request.terms;
    if (verdict?.obligations) further.push(`duties ${request.id} ${JSON.stringify(verdict.obligations)}`);
    if (gang !== undefined) further.push(`g ${request.id} ${gangUntil ?? ''} ${JSON.stringify(gang)}`);
  }
  for (const line of further) lines.push(line);
  if (snapshot.gangTurn !== undefined)
    lines.push(`t ${snapshot.gangTurn.rank} ${snapshot.gangTurn.sequence}`);
  for (const pool of [...snapshot.exclusive].sort()) lines.push(`x ${pool}`);
  for (const { row, held } of snapshot.policyRows ?? []) lines.push(`l ${held} ${JSON.stringify(row)}`);
  for (const weight of snapshot.policyWeights ?? []) lines.push(`w ${JSON.stringify(weight)}`);
  for (const { separation, held } of snapshot.separations ?? [])
    lines.push(`y ${JSON.stringify(separation)} ${JSON.stringify(held)}`);
  for (const key of told.shapes) lines.push(`s ${JSON.stringify(key)}`);
  for (const one of snapshot.approvals ?? []) lines.push(`approved ${JSON.stringify(one)}`);
  for (const { extension, lease, openEnded, endsAtMost } of snapshot.extensions) {
    const { id, sequence, seconds } = extension;
    const most = endsAtMost === undefined ? '' : ` most ${endsAtMost}`;
    lines.push(
      `e ${id} ${sequence} ${seconds} ${lease.id} ${lease.endsAt}${openEnded ? ' open' : ''}${most}`,
    );
  }
  for (const line of linesOfPreemption(snapshot, digest)) lines.push(line);
  for (const { request, option, startsAt, endsAt, units, hold } of snapshot.reservations)
    lines.push(
      `${hold ? `hold ${hold.until}` : 'promise'} ${request} ${option} ${startsAt} ${endsAt} ${JSON.stringify(units)}`,
    );
  for (const { at, used, quotaUse } of snapshot.checkpoints) {
    pushSorted(lines, `c ${at}`, used, (value) => (value === 0 ? null : `${value}`));
    pushSorted(lines, `cq ${at}`, quotaUse, (value) => (value === 0 ? null : `${value}`));
  }
  pushSorted(lines, 'u', snapshot.used, (value) => (value === 0 ? null : `${value}`));
  pushSorted(lines, 'n', snapshot.nodes.use, ({ gpuMilli, cpuMilli, memoryMiB }) =>
    [gpuMilli.join(','), cpuMilli, memoryMiB].join(' '),
  );
  pushSorted(lines, 'b', snapshot.nodes.bundles, String);
  pushSorted(lines, 'q', snapshot.quotaUse, (value) => (value === 0 ? null : `${value}`));
  pushSorted(lines, 'd', snapshot.missedDeadlines ?? new Map(), (value) => `${value}`);
  pushSorted(lines, 'p', snapshot.pastUse ?? new Map(), (value) => (value === 0 ? null : `${value}`));
  pushSorted(lines, 'a', snapshot.accounts, ({ reserved, spent }) =>
    reserved === 0 && spent === 0 ? null : `${reserved} ${spent}`,
  );
  return digest([lines.join('\n')]);
}

function pushSorted<T>(
  lines: string[],
  family: string,
  entries: ReadonlyMap<string, T>,
  show: (value: T) => string | null,
): void {
  const shown: string[] = [];
  for (const [key, value] of entries) {
    const text = show(value);
    if (text !== null) shown.push(`${family} ${key} ${text}`);
  }
  shown.sort();
  for (const line of shown) lines.push(line);
}
