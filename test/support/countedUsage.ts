// Usage counted a second time, from a dump of the tables and by other means: the audit says what happened, and what was held is summed
// second by second. Invariant: shares nothing with the readers. Times of the history are whole seconds.

import type { StoreDump } from '../../adapters/memory/store.ts';
import type { UsageQuery, UsageRow } from '../../api/ports.ts';

type Request = StoreDump['request'][number];
type Lease = StoreDump['lease'][number];

interface Counted {
  requests: number;
  granted: number;
  denied: number;
  waits: number[];
  units: Record<string, number>;
  settled: Record<string, number>;
  expiredUnused: number;
}

export function countedUsage(
  dump: StoreDump,
  query: UsageQuery,
  isOwn: (row: { department_id: string; agent_id: string }) => boolean,
): UsageRow[] {
  const groups = new Map<string, Counted>();
  const requests = new Map(dump.request.filter(isOwn).map((row) => [row.id, row]));
  const leaseOf = new Map(dump.lease.filter(isOwn).map((row) => [row.request_id, row]));
  const count = (request: Request, kinds: Iterable<string>, add: (counted: Counted) => void) => {
    for (const key of keysOf(query, request, kinds)) {
      const counted = groups.get(key) ?? nothing();
      groups.set(key, counted);
      add(counted);
    }
  };
  const inSpan = (ms: number) => query.from <= ms && ms < query.to;

  for (const entry of dump.audit.filter(({ at_ms }) => inSpan(at_ms))) {
    const request = requests.get(entry.object_id);
    if (!request) continue;
    const asked = new Set(request.document.options.flatMap(({ claims }) => claims.map(({ kind }) => kind)));
    if (entry.act === 'submit') count(request, asked, (counted) => bump(counted, 'requests', 1));
    if (entry.act === 'denied') count(request, asked, (counted) => bump(counted, 'denied', 1));
    const lease = leaseOf.get(request.id);
    if (entry.act === 'granted' && lease)
      count(request, kindsOf(lease), (counted) => {
        counted.granted += 1;
        counted.waits.push(entry.at_ms - request.document.submittedAt);
      });
  }
  for (const lease of leaseOf.values()) {
    const request = requests.get(lease.request_id);
    if (!request) throw new Error('a lease without its request');
    if (lease.state === 'expired' && lease.activated_at_ms === null && inSpan(lease.ended_at_ms ?? -1))
      count(request, kindsOf(lease), (counted) => bump(counted, 'expiredUnused', 1));
    holdEachSecond(lease, query, (kind, quantity) =>
      count(request, [kind], ({ units }) => bump(units, kind, quantity)),
    );
  }
  settle(dump, query, (leaseId, currency, amount) => {
    const lease = [...leaseOf.values()].find(({ id }) => id === leaseId);
    const request = lease && requests.get(lease.request_id);
    if (request && !query.by.includes('kind'))
      count(request, [], ({ settled }) => bump(settled, currency, amount));
  });
  return [...groups].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, counted]) => rowOf(query, key, counted));
}

function nothing(): Counted {
  return { requests: 0, granted: 0, denied: 0, waits: [], units: {}, settled: {}, expiredUnused: 0 };
}

function bump<Name extends string>(counts: { [Each in Name]?: number }, name: Name, amount: number): void {
  counts[name] = (counts[name] ?? 0) + amount;
}

function kindsOf(lease: Lease): Set<string> {
  return new Set(lease.allocations.map(({ kind }) => kind));
}

function keysOf({ by }: UsageQuery, request: Request, kinds: Iterable<string>): string[] {
  const key = (kind: string) =>
    [
      by.includes('department') ? request.department_id : '',
      by.includes('class') ? request.document.terms.class : '',
      kind,
      by.includes('agent') ? request.agent_id : '',
    ].join('|');
  return by.includes('kind') ? [...kinds].map(key) : [key('')];
}

/** One call a second and allocation: is it held in this second? */
function holdEachSecond(
  lease: Lease,
  { from, to }: UsageQuery,
  hold: (kind: string, quantity: number) => void,
): void {
  for (const { kind, window, quantity, startsAt, endsAt } of lease.allocations) {
    for (let second = from; second < to; second += 1000) {
      const ended = lease.ended_at_ms !== null && second >= lease.ended_at_ms;
      const over = second >= (window === undefined ? lease.ends_at_ms : endsAt);
      if (second >= startsAt && !over && !ended) hold(kind, quantity);
    }
  }
}

function settle(
  dump: StoreDump,
  query: UsageQuery,
  take: (lease: string, currency: string, amount: number) => void,
): void {
  const nows = new Map(dump.tick.map(({ tick, record }) => [tick, record.now]));
  for (const row of dump.ledger) {
    const now = nows.get(row.tick) ?? -1;
    if (row.type !== 'settle' || now < query.from || now >= query.to) continue;
    row.accounts.forEach((account, index) => {
      const root = query.roots.find((each) => each.account === account);
      if (root) take(row.lease_id, root.currency, row.amounts[index] ?? 0);
    });
  }
}

function rowOf({ by }: UsageQuery, key: string, counted: Counted): UsageRow {
  const [department, priority, kind, agent] = key.split('|');
  const { requests, granted, denied, waits, units, settled, expiredUnused } = counted;
  // A share of the waits is at most the percentile, and none below it has that share.
  const percentile = (share: number) =>
    waits.find((wait) => {
      const upTo = waits.filter((other) => other <= wait).length;
      const below = waits.filter((other) => other < wait).length;
      return upTo >= share * waits.length && below < share * waits.length;
    }) ?? Number.NaN;
  const sum = waits.reduce((total, wait) => total + wait, 0);
  return {
    department: department || null,
    class: priority || null,
    kind: kind || null,
    agent: agent || null,
    requests,
    granted,
    denied,
    waited:
      waits.length === 0
        ? null
        : { meanMs: Math.floor(sum / waits.length), p50Ms: percentile(0.5), p95Ms: percentile(0.95) },
    unitSeconds: units,
    settledMinor: by.includes('kind') ? null : settled,
    expiredUnused,
  };
}
