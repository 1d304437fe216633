// S2: no account overspent after any tick, replayed from the ledger alone; every reservation booked once, settled or refunded once,
// by the tick that ended its lease, and to the last unit. Lines are looked at one by one, whatever row keeps them.

import type { StoreDump } from '../../adapters/memory/store.ts';
import { ENDED, Findings, groupBy, isAmount, leaseKey } from './findings.ts';
import type { Violation } from './promises.ts';

type LedgerRow = StoreDump['ledger'][number];

/** One line of the ledger, by the name that nothing else may have. */
interface Entry {
  readonly id: string;
  readonly cell: string;
  readonly source: string;
  readonly type: LedgerRow['type'];
  readonly account: string;
  readonly period: string;
  readonly lease: string;
  readonly amount: number;
  readonly tick: number;
}
type LeaseRow = StoreDump['lease'][number];

export function checkAccounts(dump: StoreDump): Violation[] {
  const findings = new Findings();
  for (const { source_id, type, accounts, periods, amounts } of dump.ledger) {
    const whole = accounts.length === periods.length && accounts.length === amounts.length;
    findings.hold(whole, 'S2', `${source_id}/${type} has lines that are not whole`);
  }
  const entries = dump.ledger.flatMap(entriesOf);
  checkBalances(dump, { entries, findings });
  checkLeases(dump, { entries, findings });
  return findings.list;
}

function entriesOf({ cell, source_id: source, type, lease_id: lease, tick, ...lines }: LedgerRow): Entry[] {
  return lines.accounts.map((account, n) => {
    const period = lines.periods[n] ?? '';
    const id = `${source}/${account}/${period}/${type}`;
    return { id, cell, source, type, account, period, lease, amount: lines.amounts[n] ?? Number.NaN, tick };
  });
}

interface Checking {
  readonly entries: readonly Entry[];
  readonly findings: Findings;
}

function checkBalances(dump: StoreDump, { entries, findings }: Checking): void {
  const budgets = budgetsByRevision(dump);
  const byTick = groupBy(entries, (entry) => `${entry.cell}/${entry.tick}`);
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

function checkLeases(dump: StoreDump, { entries, findings }: Checking): void {
  const leases = new Set(dump.lease.map((lease) => leaseKey(lease.cell, lease.id)));
  const ticks = new Set(dump.tick.map((row) => `${row.cell}/${row.tick}`));
  const extensions = groupBy(dump.extension, (extension) => leaseKey(extension.cell, extension.lease_id));
  const ids = new Set<string>();
  for (const entry of entries) {
    findings.hold(!ids.has(`${entry.cell}/${entry.id}`), 'S2', `${entry.id} is booked twice`);
    ids.add(`${entry.cell}/${entry.id}`);
    findings.hold(leases.has(leaseKey(entry.cell, entry.lease)), 'S5', `${entry.id} has no lease`);
    findings.hold(ticks.has(`${entry.cell}/${entry.tick}`), 'S5', `${entry.id} has no tick`);
  }
  const entriesOfLease = groupBy(entries, (entry) => leaseKey(entry.cell, entry.lease));
  for (const lease of dump.lease) {
    const sources = new Map<string, { tick: number; reservations: LeaseRow['reservations'] }>();
    sources.set(lease.id, { tick: lease.granted_tick, reservations: lease.reservations });
    for (const { id, outcome, decided_tick, reservations } of extensions.get(
      leaseKey(lease.cell, lease.id),
    ) ?? []) {
      if (outcome === 'granted') sources.set(id, { tick: decided_tick ?? 0, reservations });
    }
    const own = entriesOfLease.get(leaseKey(lease.cell, lease.id)) ?? [];
    checkReserves(lease, { sources, entries: own, findings });
    checkCredits(lease, own, findings);
  }
}

interface Reserving {
  readonly sources: ReadonlyMap<
    string,
    { readonly tick: number; readonly reservations: LeaseRow['reservations'] }
  >;
  readonly entries: readonly Entry[];
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
      const booked = entry !== undefined && entry.amount === amount && entry.tick === tick;
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
function checkCredits(lease: LeaseRow, entries: readonly Entry[], findings: Findings): void {
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
        credit.source === lease.id,
        'S2',
        `${credit.id} is not named after the lease ${lease.id}`,
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
