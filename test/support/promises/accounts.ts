// S2: no account overspent after any tick, replayed from the ledger alone; every reservation booked once, settled or refunded once,
// by the tick that ended its lease, and to the last unit.

import type { StoreDump } from '../../../adapters/memory/store.ts';
import type { Violation } from '../promises.ts';
import { ENDED, Findings, groupBy, isAmount } from './findings.ts';

type LedgerRow = StoreDump['ledger'][number];
type LeaseRow = StoreDump['lease'][number];

export function checkAccounts(dump: StoreDump): Violation[] {
  const findings = new Findings();
  checkBalances(dump, findings);
  checkLeases(dump, findings);
  return findings.list;
}

function checkBalances(dump: StoreDump, findings: Findings): void {
  const budgets = budgetsByRevision(dump);
  const byTick = groupBy(dump.ledger, (entry) => `${entry.cell}/${entry.tick}`);
  const balances = new Map<string, { reserved: number; spent: number }>();
  for (const { cell, tick, configuration_revision: revision } of dump.tick.toSorted(
    (a, b) => a.tick - b.tick,
  )) {
    const reserving = new Set<string>();
    for (const entry of byTick.get(`${cell}/${tick}`) ?? []) {
      const key = `${cell}/${entry.account}/${entry.period}`;
      const balance = balances.get(key) ?? { reserved: 0, spent: 0 };
      balance.reserved += entry.type === 'reserve' ? entry.amount : -entry.amount;
      balance.spent += entry.type === 'settle' ? entry.amount : 0;
      balances.set(key, balance);
      if (entry.type === 'reserve') reserving.add(key);
      findings.hold(isAmount(entry.amount), 'S2', `${entry.id} books ${entry.amount}`);
    }
    for (const key of reserving) {
      const { reserved, spent } = balances.get(key)!;
      const budget = budgets.get(`${revision}/${key}`) ?? 0;
      findings.hold(
        reserved + spent <= budget,
        'S2',
        `tick ${tick} leaves ${reserved} + ${spent} on ${key}, of ${budget}`,
      );
    }
  }
  for (const row of dump.account_use) {
    const key = `${row.cell}/${row.account}/${row.period}`;
    const { reserved, spent } = balances.get(key) ?? { reserved: 0, spent: 0 };
    const counted = `${row.reserved} + ${row.spent}`;
    findings.hold(
      row.reserved === reserved && row.spent === spent,
      'S2',
      `${key} counts ${counted}; its ledger makes ${reserved} + ${spent}`,
    );
    findings.hold(isAmount(row.reserved) && isAmount(row.spent), 'S2', `${key} counts ${counted}`);
    balances.delete(key);
  }
  for (const key of balances.keys()) findings.hold(false, 'S2', `${key} has entries and no balance`);
}

function budgetsByRevision(dump: StoreDump): Map<string, number> {
  const budgets = new Map<string, number>();
  for (const { cell, revision, document } of dump.configuration_revision) {
    for (const account of document.accounts) {
      for (const period of account.periods)
        budgets.set(`${revision}/${cell}/${account.id}/${period.id}`, period.budget);
    }
  }
  return budgets;
}

function checkLeases(dump: StoreDump, findings: Findings): void {
  const leases = new Map(dump.lease.map((lease) => [lease.id, lease]));
  const ticks = new Set(dump.tick.map((row) => `${row.cell}/${row.tick}`));
  const extensions = groupBy(dump.extension, (extension) => extension.lease_id);
  const ids = new Set<string>();
  for (const entry of dump.ledger) {
    findings.hold(!ids.has(entry.id), 'S2', `${entry.id} is booked twice`);
    ids.add(entry.id);
    findings.hold(leases.has(entry.lease_id), 'S5', `${entry.id} has no lease`);
    findings.hold(ticks.has(`${entry.cell}/${entry.tick}`), 'S5', `${entry.id} has no tick`);
  }
  const entries = groupBy(dump.ledger, (entry) => entry.lease_id);
  for (const lease of dump.lease) {
    const sources = new Map<string, { tick: number; reservations: LeaseRow['reservations'] }>();
    sources.set(lease.id, { tick: lease.granted_tick, reservations: lease.reservations });
    for (const { id, outcome, decided_tick, reservations } of extensions.get(lease.id) ?? []) {
      if (outcome === 'granted') sources.set(id, { tick: decided_tick ?? 0, reservations });
    }
    checkReserves(lease, { sources, entries: entries.get(lease.id) ?? [], findings });
    checkCredits(lease, entries.get(lease.id) ?? [], findings);
  }
}

interface Reserving {
  readonly sources: ReadonlyMap<
    string,
    { readonly tick: number; readonly reservations: LeaseRow['reservations'] }
  >;
  readonly entries: readonly LedgerRow[];
  readonly findings: Findings;
}

/** Each reservation of the grant and of each extension has its entry, of its amount, in its tick; and there is no other. */
function checkReserves(lease: LeaseRow, { sources, entries, findings }: Reserving): void {
  const reserves = new Map(
    entries.filter((entry) => entry.type === 'reserve').map((entry) => [entry.id, entry]),
  );
  for (const [source, { tick, reservations }] of sources) {
    for (const { account, period, amount } of reservations) {
      const id = `${source}/${account}/${period}/reserve`;
      const entry = reserves.get(id);
      const booked =
        entry !== undefined &&
        entry.amount === amount &&
        entry.tick === tick &&
        entry.account === account &&
        entry.period === period;
      findings.hold(
        booked,
        'S5',
        `${source} reserves ${amount} on ${account}/${period}, which the ledger has not`,
      );
      reserves.delete(id);
    }
  }
  for (const id of reserves.keys()) findings.hold(false, 'S5', `${id} is no reservation of ${lease.id}`);
}

/** Nothing is credited while the lease lives; when it ended, all of it was, once, by that tick. */
function checkCredits(lease: LeaseRow, entries: readonly LedgerRow[], findings: Findings): void {
  for (const [key, group] of groupBy(entries, (entry) => `${entry.account}/${entry.period}`)) {
    const sum = (type: LedgerRow['type']) =>
      group.filter((entry) => entry.type === type).reduce((total, entry) => total + entry.amount, 0);
    const credits = group.filter((entry) => entry.type !== 'reserve');
    for (const type of ['settle', 'refund'] as const) {
      findings.hold(
        credits.filter((entry) => entry.type === type).length <= 1,
        'S2',
        `${lease.id} has more than one ${type} on ${key}`,
      );
    }
    for (const credit of credits) {
      findings.hold(
        credit.id === `${lease.id}/${key}/${credit.type}`,
        'S2',
        `${credit.id} is not named after what it credits`,
      );
      findings.hold(
        credit.tick === lease.ended_tick,
        'S5',
        `${credit.id} is not of the tick that ended its lease`,
      );
    }
    const wantCredited = ENDED.has(lease.state) ? sum('reserve') : 0;
    findings.hold(
      sum('settle') + sum('refund') === wantCredited,
      'S2',
      `${lease.id} (${lease.state}) credits ${sum('settle') + sum('refund')} of ${sum('reserve')} on ${key}`,
    );
  }
}
