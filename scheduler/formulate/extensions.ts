// Extensions: the extra seconds of a lease as columns of their own, in stage 0. They take no units, which are held already, only accounts.
// Invariant: the first so many extensions of a lease are one column, each starting where the one before it ends. Called by index.ts.

import type { Configuration } from '../domain/configuration.ts';
import type { ExtensionId } from '../domain/ids.ts';
import type { Lease } from '../domain/lease.ts';
import { lookupOf } from '../domain/lookup.ts';
import type { Instant } from '../domain/quantity.ts';
import type { Reason } from '../domain/reason.ts';
import type { PendingExtension } from '../domain/request.ts';
import type { SnapshotExtension } from '../snapshot.ts';
import { type Cost, type CostLine, type HeldUnits, prolongationCost } from './accounts.ts';
import { isRenewable, type PayingAccount, type Tariff } from './catalogue.ts';
import { choicesOfReservation, type Taking } from './checkpoints.ts';
import type { Prolongation } from './formulation.ts';
import { reservedReason } from './promises.ts';
import type { Room } from './room.ts';
import { budgetReasons } from './shortages.ts';

/** Extensions of one lease that one tick grants: an agent needs one; more wait to be asked again. */
const PROLONGATIONS_MAX = 8;

export interface ExtensionColumn {
  readonly prolongations: readonly Prolongation[];
  readonly costOf: (tariff: Tariff) => Cost;
}

export interface LeaseExtensions {
  readonly lease: Lease;
  /** It counts as held for good already. */
  readonly openEnded: boolean;
  readonly payers: readonly PayingAccount[];
  /** Growing: one extension, two, ... Only those that the accounts cover. */
  readonly columns: readonly ExtensionColumn[];
  readonly refused: ReadonlyMap<ExtensionId, readonly Reason[]>;
}

/**
 * The column of the first i extensions of lease l costs on every account of its payer's chain
 *   sum over h <= i of cost of its renewable allocations over [end_(h-1) + grace, end_h + grace),   end_h = end_(h-1) + seconds_h
 */
export function extensionsOf(
  configuration: Configuration,
  room: Room,
  asked: readonly SnapshotExtension[],
): LeaseExtensions[] {
  const byLease = new Map<Lease, SnapshotExtension[]>();
  for (const one of asked) {
    const list = byLease.get(one.lease);
    if (list) list.push(one);
    else byLease.set(one.lease, [one]);
  }
  return [...byLease].map(([lease, list]) => extensionsOfLease(configuration, room, { lease, list }));
}

function extensionsOfLease(
  configuration: Configuration,
  room: Room,
  asked: { lease: Lease; list: readonly SnapshotExtension[] },
): LeaseExtensions {
  const { lease, list } = asked;
  const openEnded = list[0]?.openEnded === true;
  const held = heldUnits(configuration, lease);
  const graceMs = configuration.leaseTerms.graceSeconds * 1000;
  const payers = room.catalogue.holdersOf(lease);
  const columns: ExtensionColumn[] = [];
  const refused = new Map<ExtensionId, readonly Reason[]>();
  const { endsAtMost = Number.POSITIVE_INFINITY } = list[0] ?? {};
  for (const { extension } of list) {
    const before = columns.at(-1);
    const from = before?.prolongations.at(-1)?.endsAt ?? lease.endsAt;
    const endsAt = from + extension.seconds * 1000;
    const costOf = (tariff: Tariff): Cost =>
      sumCosts(
        before?.costOf(tariff) ?? [],
        prolongationCost(tariff, held, { from: from + graceMs, to: endsAt + graceMs }),
      );
    if (endsAt > endsAtMost) refused.set(extension.id, [beyondTtl(lease, { extension, from, endsAtMost })]);
    else if (held.length === 0) refused.set(extension.id, [noWindow(lease)]);
    else if (columns.length >= PROLONGATIONS_MAX)
      refused.set(extension.id, [{ code: 'NEXT_TICK', option: lease.option }]);
    else if (!room.accounts.covers(payers, costOf))
      refused.set(extension.id, budgetReasons(room, payers, { option: lease.option, costOf }));
    else {
      const short = openEnded ? null : room.checkpoints.shortage([prolongedBy(room, lease, endsAt)]);
      if (short !== null)
        refused.set(extension.id, [reservedReason(short, { option: lease.option, claim: 0 })]);
      else columns.push({ prolongations: [...(before?.prolongations ?? []), { extension, endsAt }], costOf });
    }
  }
  return { lease, openEnded, payers, columns, refused };
}

/** What is held from now on and paid by time. Windows end when they end. */
function heldUnits(configuration: Configuration, lease: Lease): HeldUnits[] {
  const { pools } = lookupOf(configuration);
  const held: HeldUnits[] = [];
  for (const { pool: id, kind, quantity, window } of lease.allocations) {
    const pool = pools.get(id);
    if (pool === undefined) throw new Error(`pool ${id} of lease ${lease.id} is not configured`);
    if (window === undefined && isRenewable(pool))
      held.push({ kind, quantity, priceMinor: pool.priceMinor, pricePer: pool.pricePer ?? 1 });
  }
  return held;
}

/** What the lease would hold beyond its present end. */
export function prolongedBy({ catalogue }: Room, lease: Lease, endsAt: Instant): Taking {
  const units = lease.allocations.filter(({ window }) => window === undefined);
  const choices = choicesOfReservation(catalogue, { units });
  if (choices === null) throw new Error(`a pool of lease ${lease.id} is not configured`);
  return { department: lease.department, choices, from: lease.endsAt, endsAt };
}

function noWindow(lease: Lease): Reason {
  const first = lease.allocations[0];
  return { code: 'NO_WINDOW', option: lease.option, claim: first?.claim ?? 0, kind: first?.kind ?? '' };
}

/** A policy obliges the lease to end by then. */
function beyondTtl(
  lease: Lease,
  { extension, from, endsAtMost }: { extension: PendingExtension; from: Instant; endsAtMost: Instant },
): Reason {
  const first = lease.allocations[0];
  const largest = Math.max(0, Math.floor((endsAtMost - from) / 1000));
  const { option } = lease;
  const asked = { claim: first?.claim ?? 0, kind: first?.kind ?? '', requested: extension.seconds, largest };
  return { code: 'UNSATISFIABLE', option, ...asked };
}

function sumCosts(a: Cost, b: Cost): Cost {
  if (a === null || b === null) return null;
  const sums = new Map<number, number>();
  for (const { period, amount } of [...a, ...b]) sums.set(period, (sums.get(period) ?? 0) + amount);
  return [...sums]
    .map(([period, amount]): CostLine => ({ period, amount }))
    .sort((x, y) => x.period - y.period);
}
