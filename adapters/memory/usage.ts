// Usage of a span of time, in groups, counted over the rows in memory. Called by the edge in simulations and tests.

import type { Scope, UsageQuery, UsageReader, UsageRow } from '../../api/ports.ts';
import { mergedUsage, type UsageGroup, type UsagePart } from '../postgres/usageRows.ts';
import { sees } from './scope.ts';
import { type LeaseTableRow, type RequestTableRow, rowKey, type Tables } from './tables.ts';

export class MemoryUsage implements UsageReader {
  readonly #tables: Tables;

  constructor(tables: Tables) {
    this.#tables = tables;
  }

  async usage(scope: Scope, query: UsageQuery): Promise<readonly UsageRow[]> {
    const tables = this.#tables;
    const requests = [...tables.requests.values()].filter(
      (row) => row.cell === query.cell && sees(scope, row),
    );
    const leases = [...tables.leases.values()].filter((row) => row.cell === query.cell && sees(scope, row));
    const sums = new Sums(query);
    const within = (tick: number | null) => {
      const now = tick === null ? undefined : tables.ticks.get(rowKey(query.cell, tick))?.record.now;
      return now !== undefined && now >= query.from && now < query.to;
    };
    for (const row of requests) {
      const asked = { requests: Number(within(row.opened_tick)), denied: 0 };
      if (row.state === 'denied' && within(row.decided_tick)) asked.denied = 1;
      if (asked.requests + asked.denied > 0) sums.ask(row, asked);
    }
    for (const lease of leases) {
      const request = tables.requests.get(lease.request_id);
      if (request === undefined) continue;
      if (within(lease.granted_tick)) sums.grant(request, lease);
      if (lease.state === 'expired' && lease.activated_at_ms === null && within(lease.ended_tick))
        sums.leaveUnused(request, lease);
      sums.hold(request, lease);
      for (const entry of tables.ledger.values())
        if (entry.lease_id === lease.id && entry.cell === lease.cell && entry.type === 'settle')
          if (within(entry.tick)) sums.settle(request, entry);
    }
    return mergedUsage(sums.parts(), query);
  }
}

type Row = Pick<RequestTableRow, 'department_id' | 'agent_id' | 'document'>;

/** What is counted so far, a part and group at a time. */
class Sums {
  readonly #query: UsageQuery;
  readonly #asked = new Map<string, { group: UsageGroup; requests: number; denied: number }>();
  readonly #waits = new Map<string, { group: UsageGroup; waits: number[] }>();
  readonly #unused = new Map<string, { group: UsageGroup; count: number }>();
  readonly #named = new Map<
    string,
    { group: UsageGroup; part: 'units' | 'settled'; name: string; sum: number }
  >();

  constructor(query: UsageQuery) {
    this.#query = query;
  }

  ask(row: Row, asked: { requests: number; denied: number }): void {
    const kinds = row.document.options.flatMap(({ claims }) => claims.map(({ kind }) => kind));
    for (const group of this.#groups(row, kinds)) {
      const sum = entry(this.#asked, JSON.stringify(group), { group, requests: 0, denied: 0 });
      sum.requests += asked.requests;
      sum.denied += asked.denied;
    }
  }

  grant(row: Row, lease: LeaseTableRow): void {
    for (const group of this.#groups(row, kindsOf(lease)))
      entry(this.#waits, JSON.stringify(group), { group, waits: [] }).waits.push(
        lease.granted_at_ms - row.document.submittedAt,
      );
  }

  leaveUnused(row: Row, lease: LeaseTableRow): void {
    for (const group of this.#groups(row, kindsOf(lease)))
      entry(this.#unused, JSON.stringify(group), { group, count: 0 }).count += 1;
  }

  hold(row: Row, lease: LeaseTableRow): void {
    const { from, to } = this.#query;
    for (const { kind, window, quantity, startsAt, endsAt } of lease.allocations) {
      const end = Math.min(
        window === undefined ? lease.ends_at_ms : endsAt,
        lease.ended_at_ms ?? Number.POSITIVE_INFINITY,
        to,
      );
      const ms = end - Math.max(startsAt, from);
      if (ms > 0 && lease.granted_at_ms < to)
        this.#add('units', this.#groups(row, [kind]), { name: kind, amount: quantity * ms });
    }
  }

  settle(
    row: Row,
    entry: { readonly accounts: readonly string[]; readonly amounts: readonly number[] },
  ): void {
    if (this.#query.by.includes('kind')) return;
    entry.accounts.forEach((account, index) => {
      const root = this.#query.roots.find((each) => each.account === account);
      if (root === undefined) return;
      this.#add('settled', this.#groups(row, []), { name: root.currency, amount: entry.amounts[index] ?? 0 });
    });
  }

  parts(): UsagePart[] {
    return [
      ...[...this.#asked.values()].map(
        ({ group, requests, denied }): UsagePart => ({
          part: 'asked',
          ...group,
          amount: requests,
          other: denied,
        }),
      ),
      ...[...this.#waits.values()].map(({ group, waits }): UsagePart => {
        const sorted = waits.toSorted((a, b) => a - b);
        // Nearest rank: a value that was measured.
        const rank = (percent: number) => sorted[Math.ceil((percent * sorted.length) / 100) - 1] ?? 0;
        const mean = Math.floor(sorted.reduce((sum, wait) => sum + wait, 0) / sorted.length);
        return {
          part: 'granted',
          ...group,
          amount: sorted.length,
          other: mean,
          p50: rank(50),
          p95: rank(95),
        };
      }),
      ...[...this.#unused.values()].map(
        ({ group, count }): UsagePart => ({ part: 'unused', ...group, amount: count }),
      ),
      ...[...this.#named.values()].map(
        ({ group, part, name, sum }): UsagePart => ({
          part,
          ...group,
          name,
          amount: part === 'units' ? Math.floor(sum / 1000) : sum,
        }),
      ),
    ];
  }

  #add(
    part: 'units' | 'settled',
    groups: readonly UsageGroup[],
    { name, amount }: { name: string; amount: number },
  ): void {
    for (const group of groups)
      entry(this.#named, JSON.stringify([part, group, name]), { group, part, name, sum: 0 }).sum += amount;
  }

  /** One group, or one a kind where groups are kinds. */
  #groups(row: Row, kinds: readonly string[]): UsageGroup[] {
    const { by } = this.#query;
    const group = {
      department: by.includes('department') ? row.department_id : null,
      class: by.includes('class') ? row.document.terms.class : null,
      agent: by.includes('agent') ? row.agent_id : null,
    };
    if (!by.includes('kind')) return [{ ...group, kind: null }];
    return [...new Set(kinds)].map((kind) => ({ ...group, kind }));
  }
}

function kindsOf(lease: LeaseTableRow): string[] {
  return lease.allocations.map(({ kind }) => kind);
}

function entry<Value>(map: Map<string, Value>, key: string, fresh: Value): Value {
  const known = map.get(key) ?? fresh;
  map.set(key, known);
  return known;
}
