// The last word on one run: the store's tables against what the outside was told, and what the end must have brought to everybody.
// Invariant: pure; every finding names the promise that it breaks, and errors that no fault explains are findings. Called by run.ts.

import type { StoreDump } from '../../adapters/memory/store.ts';
import type { Reason, RequestId } from '../../scheduler/index.ts';
import { checkPromises, type Violation } from '../checkers/promises.ts';
import type { Cluster } from './cluster.ts';

export interface Finding {
  /** A promise by its number, or `unexpected`: an error that no fault explains. */
  readonly promise: string;
  readonly what: string;
}

export interface Probe {
  readonly id: RequestId | null;
  /** When the faults ended, and when the probe's decision had to be there. */
  readonly healedAt: number;
  readonly byAt: number;
}

/** What may keep a request waiting though everything is healed and given back: money, things used up, and what nobody else can end. */
const MAY_LAST = new Set([
  'BUDGET_EXHAUSTED',
  'NO_WINDOW',
  'QUOTA_EXHAUSTED',
  'COHORT_EXHAUSTED',
  'AWAITING_APPROVAL',
  'AWAITING_GANG',
]);

export function verdictOn(cluster: Cluster, probes: readonly Probe[]): Finding[] {
  const { watch, witness, refusals, unexpected, dumped, bent, store } = cluster;
  const dump = store.dump();
  const acknowledged = witness.submits.map(({ id }) => id);
  const streamed = witness.streamed;
  return [
    ...watch.violations,
    ...refusals,
    ...unexpected.map((what) => ({ promise: 'unexpected', what })),
    ...(bent === 0 ? dumped.map((name) => ({ promise: 'unexpected', what: `${name} was dumped` })) : []),
    ...checkPromises(dump, { acknowledged, streamed }),
    ...witness.torn.map((what) => ({ promise: 'S4', what })),
    ...lostActs(dump, cluster),
    ...unanswered(dump),
    ...probes.flatMap((probe) => late(dump, probe)),
  ];
}

/** Whatever was acknowledged stands in the intake, and what it asked for has come about. */
function lostActs(dump: StoreDump, { witness }: Cluster): Violation[] {
  const lost: Violation[] = [];
  const hold = (claim: boolean, what: string): void => {
    if (!claim) lost.push({ promise: 'S4', what });
  };
  const acts = new Set(dump.intake.map(({ act, object_id }) => `${act} ${object_id}`));
  for (const { act, object } of witness.acts)
    hold(acts.has(`${act} ${object}`), `the ${act} of ${object} was acknowledged and is lost`);
  const requests = new Map(dump.request.map((row) => [row.id, row]));
  const leases = new Map(dump.lease.map((row) => [row.id, row]));
  const foldedAt = new Map(
    dump.intake.map(({ act, object_id, tick }) => [`${act} ${object_id}`, tick ?? Number.POSITIVE_INFINITY]),
  );
  const endOf = (lease: string): number => leases.get(lease)?.ended_tick ?? Number.POSITIVE_INFINITY;
  for (const id of witness.cancels) {
    const at = foldedAt.get(`cancel ${id}`) ?? 0;
    const row = requests.get(id);
    const isOver = row !== undefined && row.state !== 'waiting' && (row.decided_tick ?? at + 1) <= at;
    hold(isOver && (row.lease_id === null || endOf(row.lease_id) <= at), `${id} goes on after its cancel`);
  }
  for (const { lease, epoch } of witness.releases) {
    const isOver = endOf(lease) <= (foldedAt.get(`release ${lease}`) ?? 0);
    hold(leases.get(lease)?.epoch !== epoch || isOver, `${lease} is held after its release`);
  }
  return lost;
}

/** L2 and L3: the cell is at rest and nothing is held any more, so that whoever could be served has been. */
function unanswered(dump: StoreDump): Violation[] {
  const late: Violation[] = [];
  for (const { id, tick } of dump.intake)
    if (tick === null) late.push({ promise: 'L2', what: `row ${id} of the intake was never folded` });
  for (const { id, ended_at_ms } of dump.lease)
    if (ended_at_ms === null) late.push({ promise: 'L3', what: `${id} is still held` });
  const usedUp = new Set(
    dump.capacity_use.flatMap(({ key, used, capacity, consumable }) =>
      consumable && used >= capacity ? [key] : [],
    ),
  );
  for (const { id, state, reasons, document } of dump.request) {
    if (state === 'queued') late.push({ promise: 'L2', what: `${id} has no decision and no reason` });
    if (state !== 'waiting') continue;
    const codes = reasons.map(({ code }) => code);
    // What is used up may have gone after the request was first told what it waits for.
    const isUsedUp = document.options.every(({ claims }) => claims.some(({ kind }) => usedUp.has(kind)));
    const mayLast = codes.some((code) => MAY_LAST.has(code)) || isUsedUp || reasons.some(isBeyondShare);
    if (!mayLast) late.push({ promise: 'L3', what: `${id} still waits for ${codes.join(', ')}` });
  }
  return late;
}

/** A gang whose members of one department together want more than its share with all that it may borrow: nobody can give that back. */
function isBeyondShare(reason: Reason): boolean {
  if (reason.code !== 'GANG_FULL') return false;
  const isShare = (what: string): boolean => what.includes('/');
  return reason.short.some(
    ({ what, requested, available, held }) => isShare(what) && requested > available + held,
  );
}

/** L1: what was asked when the faults ended is decided soon after. */
function late(dump: StoreDump, { id, healedAt, byAt }: Probe): Violation[] {
  const row = dump.request.find((request) => request.id === id);
  const first = dump.tick.find(({ tick }) => tick === row?.opened_tick)?.record.now;
  if (first !== undefined && first <= byAt) return [];
  return [
    { promise: 'L1', what: `what was asked at ${healedAt} was first looked at at ${first ?? 'no time'}` },
  ];
}
