// When those who wait may expect to start: three schedules in virtual time, corrected by what such schedules were worth, told with their record.
// Invariant: an estimate is no promise and decides nothing; what was told changes only when it would change by a fifth of the wait.
// Made once a process, beside the scheduler: it observes commits, and looks over the queue when it is asked to.

import type { LeaseId, PoolId, RequestId } from '../domain/ids.ts';
import type { Lease } from '../domain/lease.ts';
import type { Instant } from '../domain/quantity.ts';
import type { State } from '../domain/state.ts';
import type { FormulationMemo } from '../formulate/candidates.ts';
import type { TickCommit } from '../ports.ts';
import type { Snapshot } from '../snapshot.ts';
import { type Coverage, Errors, type Interval } from './errors.ts';
import { Ratios } from './ratios.ts';
import { listSchedule, type NoEstimate, type Scheduled } from './schedule.ts';

export type Estimate =
  | ({
      readonly type: 'estimate';
      /** When it was told. */
      readonly at: Instant;
      /** Of such estimates, how many held; null before there is enough to tell. */
      readonly coverage: Coverage | null;
    } & Interval)
  | { readonly type: 'none'; readonly why: NoEstimate };

interface Key {
  readonly class: string;
  readonly pool: PoolId;
}

/** What was told first of a request: its start will be held against it. */
interface Said {
  readonly key: Key;
  readonly at: Instant;
  readonly uncorrected: Instant;
  readonly interval: Interval;
}

/** A change of the median by less than a fifth of the wait that is left is not told. */
const CHANGE_PARTS = 5;
/** A wait below this is now. */
const WAIT_LEAST_MS = 1000;

export class Estimates {
  readonly #ratios = new Ratios();
  readonly #errors = new Errors();
  /** Live leases and where they said at their grant that they would end. */
  readonly #declared = new Map<LeaseId, Pick<Lease, 'allocations' | 'grantedAt' | 'endsAt'>>();
  readonly #said = new Map<RequestId, Said>();
  #told = new Map<RequestId, Estimate>();

  /** Learns from what a tick committed. */
  observe({ changes, record: { now } }: Pick<TickCommit, 'changes' | 'record'>): void {
    for (const change of changes) {
      if (change.type === 'leaseGranted') {
        const { id, allocations, grantedAt, endsAt } = change.lease;
        this.#declared.set(id, { allocations, grantedAt, endsAt });
      } else if (change.type === 'leaseEnded') {
        const lease = this.#declared.get(change.lease);
        this.#declared.delete(change.lease);
        if (lease !== undefined) this.#ratios.note(lease, lease.endsAt, change.at);
      } else if (change.type === 'decided' && change.outcome !== 'waiting') {
        const said = this.#said.get(change.request);
        this.#said.delete(change.request);
        this.#told.delete(change.request);
        if (said !== undefined && change.outcome === 'granted') this.#errors.note(said.key, said, now);
      }
    }
  }

  /** Looks over the queue anew. `snapshot`: who may start, and what is used, at this moment. */
  refresh(state: State, snapshot: Snapshot, memo: FormulationMemo): void {
    const scheduleAt = (percent: number): Schedule =>
      listSchedule({
        configuration: snapshot.configuration,
        now: snapshot.now,
        used: snapshot.used,
        quotaUse: snapshot.quotaUse,
        leases: state.leases.values(),
        reservations: state.reserved,
        waiting: snapshot.requests,
        memo,
        ratioOf: (pool) => this.#ratios.of(pool, percent),
      });
    const middle = scheduleAt(50);
    // Once errors are known they say how far to go to either side, and two looks of three are spared.
    const isKnown = this.#errors.areKnown;
    const [low, high] = isKnown ? [middle, middle] : [scheduleAt(10), scheduleAt(90)];
    const told = new Map<RequestId, Estimate>();
    for (const [id, found] of middle) {
      const pending = state.requests.get(id);
      if (pending === undefined) continue;
      if (found.type === 'none') {
        told.set(id, found);
        continue;
      }
      const given = inOrder(found.at, low.get(id), high.get(id));
      const key: Key = { class: pending.request.terms.class, pool: found.pool };
      const promised = state.reserved.get(id)?.startsAt ?? Number.POSITIVE_INFINITY;
      const interval = noLater(this.#errors.corrected(key, snapshot.now, given), promised);
      const next: Estimate = {
        type: 'estimate',
        at: snapshot.now,
        ...interval,
        coverage: this.#errors.coverage(key),
      };
      const before = this.#told.get(id);
      told.set(id, before !== undefined && !isNews(before, next, snapshot.now) ? before : next);
      if (!this.#said.has(id))
        this.#said.set(id, { key, at: snapshot.now, uncorrected: given.p50, interval });
    }
    this.#told = told;
  }

  /** Null of a request that was not waiting when the queue was last looked over. */
  of(request: RequestId): Estimate | null {
    return this.#told.get(request) ?? null;
  }
}

type Schedule = ReadonlyMap<RequestId, Scheduled>;

/** A schedule in which everybody ends earlier may start somebody later; the interval holds all three. */
function inOrder(middle: Instant, low: Scheduled | undefined, high: Scheduled | undefined): Interval {
  const all = [middle, low?.type === 'start' ? low.at : middle, high?.type === 'start' ? high.at : middle];
  return { p10: Math.min(...all), p50: middle, p90: Math.max(...all) };
}

function noLater({ p10, p50, p90 }: Interval, promised: Instant): Interval {
  return { p10: Math.min(p10, promised), p50: Math.min(p50, promised), p90: Math.min(p90, promised) };
}

function isNews(before: Estimate, next: Estimate, now: Instant): boolean {
  if (before.type === 'none' || next.type === 'none') return true;
  if (before.p90 < now) return true;
  const left = Math.max(WAIT_LEAST_MS, before.p50 - now);
  return Math.abs(next.p50 - before.p50) * CHANGE_PARTS > left;
}
