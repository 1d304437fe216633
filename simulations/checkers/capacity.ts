// S1: no pool or window over capacity after any tick, and nobody beside a lease that holds a dataset exclusively, replayed from leases
// alone; S9: units return once, so that what is counted as used is what live leases hold, and what consumables gave for good.

import type { StoreDump } from '../../adapters/memory/store.ts';
import type { Configuration } from '../../scheduler/index.ts';
import { ENDED, Findings, groupBy, isAmount } from './findings.ts';
import type { Violation } from './promises.ts';

type LeaseRow = StoreDump['lease'][number];

interface Movement {
  readonly key: string;
  readonly quantity: number;
}

export function checkCapacity(dump: StoreDump): Violation[] {
  const findings = new Findings();
  const limits = limitsByRevision(dump);
  const ticks = dump.tick.toSorted((a, b) => a.tick - b.tick);
  const granted = Map.groupBy(dump.lease, (lease) => `${lease.cell}/${lease.granted_tick}`);
  const ended = Map.groupBy(dump.lease, (lease) => `${lease.cell}/${lease.ended_tick}`);
  const used = new Map<string, number>();
  const move = (cell: string, { key, quantity }: Movement): number => {
    const now = (used.get(`${cell}/${key}`) ?? 0) + quantity;
    used.set(`${cell}/${key}`, now);
    return now;
  };
  for (const { cell, tick, configuration_revision: revision } of ticks) {
    const limit = limits.get(`${cell}/${revision}`);
    const touched = new Set<string>();
    for (const lease of granted.get(`${cell}/${tick}`) ?? []) {
      for (const { key, quantity } of movementsOf(lease)) {
        move(cell, { key, quantity });
        touched.add(key);
        findings.hold(isAmount(quantity) && quantity > 0, 'S1', `${lease.id} holds ${quantity} of ${key}`);
      }
    }
    for (const lease of ended.get(`${cell}/${tick}`) ?? []) {
      for (const { key, quantity } of returnsOf(lease, limit?.consumable ?? new Set()))
        move(cell, { key, quantity: -quantity });
    }
    for (const key of touched) {
      const now = used.get(`${cell}/${key}`) ?? 0;
      const capacity = limit?.capacity.get(key) ?? 0;
      findings.hold(now <= capacity, 'S1', `tick ${tick} leaves ${now} of ${key} in use, of ${capacity}`);
    }
  }
  for (const row of dump.capacity_use) {
    const want = used.get(`${row.cell}/${row.key}`) ?? 0;
    findings.hold(row.used === want, 'S9', `${row.key} counts ${row.used} as used; its leases make ${want}`);
    used.delete(`${row.cell}/${row.key}`);
  }
  for (const [key, units] of used) findings.hold(units === 0, 'S1', `${key} is held and not counted`);
  checkExclusive(dump, findings);
  return findings.list;
}

/** Who ends in a tick makes room for whom that tick grants: a lease lives from its grant's tick up to the one of its end. */
function checkExclusive(dump: StoreDump, findings: Findings): void {
  const held = dump.lease.flatMap((lease) =>
    lease.allocations.map(({ pool, exclusive }) => ({
      lease,
      dataset: `${lease.cell}/${pool}`,
      alone: exclusive === true,
    })),
  );
  const readers = groupBy(held, ({ dataset }) => dataset);
  for (const { lease, dataset, alone } of held) {
    if (!alone) continue;
    const beside = readers
      .get(dataset)!
      .find((one) => one.lease.id !== lease.id && overlap(one.lease, lease));
    findings.hold(
      beside === undefined,
      'S1',
      `${lease.id} holds ${dataset} alone, beside ${beside?.lease.id}`,
    );
  }
  for (const { cell, key, exclusive } of dump.capacity_use) {
    const takers = readers.get(`${cell}/${key}`) ?? [];
    const want = takers.some(({ lease, alone }) => alone && lease.ended_tick === null);
    findings.hold(
      exclusive === want,
      'S9',
      `${key} is marked exclusive ${exclusive}; its leases make ${want}`,
    );
  }
}

function overlap(a: LeaseRow, b: LeaseRow): boolean {
  const endOf = ({ ended_tick }: LeaseRow): number => ended_tick ?? Number.POSITIVE_INFINITY;
  return a.granted_tick < endOf(b) && b.granted_tick < endOf(a);
}

function movementsOf(lease: LeaseRow): Movement[] {
  return lease.allocations.map(({ pool, window, quantity }) => ({
    key: window === undefined ? pool : `${pool}@${window}`,
    quantity,
  }));
}

/** A window's units return if it had not begun, a consumable's if its lease was never taken up, all others' always. */
function returnsOf(lease: LeaseRow, consumable: ReadonlySet<string>): Movement[] {
  return movementsOf(lease).filter(({ key }, index) => {
    const allocation = lease.allocations[index]!;
    if (!consumable.has(key)) return true;
    if (allocation.window !== undefined) return (lease.ended_at_ms ?? 0) < allocation.startsAt;
    // Whoever was on notice may have begun unseen.
    return lease.activated_at_ms === null && ENDED.has(lease.state) && lease.revocation === null;
  });
}

interface Limits {
  readonly capacity: ReadonlyMap<string, number>;
  readonly consumable: ReadonlySet<string>;
}

/** Consumables are known from every revision: units that a pool gave while it was one are gone also when it left. */
function limitsByRevision(dump: StoreDump): Map<string, Limits> {
  const consumable = new Set<string>();
  const limits = new Map<string, Limits>();
  for (const { cell, revision, document } of dump.configuration_revision) {
    limits.set(`${cell}/${revision}`, { capacity: capacityOf(document, consumable), consumable });
  }
  return limits;
}

function capacityOf(configuration: Configuration, consumable: Set<string>): Map<string, number> {
  const capacity = new Map<string, number>();
  for (const pool of configuration.pools) {
    if (pool.calendar === undefined) {
      capacity.set(pool.id, pool.capacity);
      if (pool.consumable) consumable.add(pool.id);
      continue;
    }
    for (const window of pool.calendar) {
      capacity.set(`${pool.id}@${window.id}`, window.capacity);
      consumable.add(`${pool.id}@${window.id}`);
    }
  }
  return capacity;
}
