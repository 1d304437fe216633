// Looks at the store after every commit of a tick, and says at once what no later commit could make good: capacity, money, epochs, leases.
// Invariant: reads rows alone, shares no code with the scheduler or the store, and finds nothing in an honest run. Called by cluster.ts.

import type { StoreDump } from '../../adapters/memory/store.ts';
import type { Epoch, TickCommit } from '../../scheduler/index.ts';
import type { PromiseName, Violation } from '../checkers/promises.ts';

type LeaseRow = StoreDump['lease'][number];

/** A lease goes through these in this order; from any of them it may end. */
const LIFE = ['granted', 'active', 'revoking', 'ended'] as const;

export class Watch {
  readonly violations: Violation[] = [];
  #ticks = 0;
  #newestEpoch: Epoch = 0;
  #leases = new Map<string, LeaseRow>();
  /** Lease -> when it was last heard of, and the longest silence between two heartbeats. */
  readonly #beats = new Map<string, { readonly at: number; readonly silenceMs: number }>();

  /** Told of every election, at the instant at which the store made it. */
  elected(epoch: Epoch): void {
    this.#hold(epoch > this.#newestEpoch, 'S8', `epoch ${epoch} was given after ${this.#newestEpoch}`);
    this.#newestEpoch = Math.max(epoch, this.#newestEpoch);
  }

  /** Told of every heartbeat that the store recorded. */
  beat(lease: string, at: number): void {
    const before = this.#beats.get(lease);
    const silenceMs = before === undefined ? 0 : Math.max(before.silenceMs, at - before.at);
    this.#beats.set(lease, { at, silenceMs });
  }

  committed(commit: TickCommit, dump: StoreDump): void {
    if (dump.tick.length === this.#ticks) return;
    this.#ticks = dump.tick.length;
    const { tick, now } = commit.record;
    const isCurrent = commit.epoch === this.#newestEpoch;
    this.#hold(
      isCurrent,
      'S8',
      `tick ${tick} of epoch ${commit.epoch} was written in epoch ${this.#newestEpoch}`,
    );
    this.#checkVersions(commit);
    this.#checkUnits(commit, dump);
    this.#checkMoney(commit, dump);
    this.#checkLeases(dump, now);
    for (const { id, state, opened_tick } of dump.request)
      this.#hold(
        state !== 'queued' || opened_tick >= tick,
        'L2',
        `${id} has no answer one tick after its fold`,
      );
  }

  /** S14: the policy's data is the organisation's revision, and every verdict of the tick is under both. */
  #checkVersions({ record, changes }: TickCommit): void {
    const { tick, policyRevision, dataRevision, configurationRevision } = record;
    this.#hold(
      dataRevision === configurationRevision,
      'S14',
      `tick ${tick} has ${dataRevision} as its policy's data`,
    );
    for (const change of changes) {
      if (change.type !== 'verdictRecorded') continue;
      const { verdict, request } = change;
      const isSame = verdict.policyRevision === policyRevision && verdict.dataRevision === dataRevision;
      this.#hold(
        isSame,
        'S14',
        `${request} was judged under ${verdict.policyRevision} in a tick of ${policyRevision}`,
      );
    }
  }

  #checkUnits({ record }: TickCommit, dump: StoreDump): void {
    const used = new Map<string, number>();
    const touched = new Set<string>();
    for (const lease of dump.lease) {
      if (lease.ended_at_ms !== null) continue;
      for (const { pool, window, quantity } of lease.allocations) {
        const key = window === undefined ? pool : `${pool}@${window}`;
        used.set(key, (used.get(key) ?? 0) + quantity);
        if (lease.granted_tick === record.tick) touched.add(key);
      }
    }
    const inForce = dump.configuration_revision.find(
      ({ revision }) => revision === record.configurationRevision,
    );
    for (const { id, capacity, consumable, calendar } of inForce?.document.pools ?? []) {
      if (calendar !== undefined) continue;
      const units = used.get(id) ?? 0;
      const isWithin = units <= capacity || !touched.has(id);
      this.#hold(isWithin, 'S1', `tick ${record.tick} leaves ${units} of ${id} held, of ${capacity}`);
      if (consumable) continue;
      const counted = dump.capacity_use.find(({ key }) => key === id)?.used ?? 0;
      this.#hold(counted === units, 'S9', `${id} counts ${counted}; its live leases hold ${units}`);
    }
  }

  #checkMoney({ record }: TickCommit, dump: StoreDump): void {
    const balances = new Map<string, { sum: number; isReserved: boolean }>();
    for (const { type, accounts, periods, amounts, tick } of dump.ledger)
      for (const [i, account] of accounts.entries()) {
        const key = `${account}/${periods[i]}`;
        const balance = balances.get(key) ?? { sum: 0, isReserved: false };
        // What is settled moves from reserved to spent; what is refunded is neither any more.
        if (type === 'reserve') balance.sum += amounts[i]!;
        if (type === 'refund') balance.sum -= amounts[i]!;
        balance.isReserved ||= type === 'reserve' && tick === record.tick;
        balances.set(key, balance);
      }
    for (const { account, period, reserved, spent, budget } of dump.account_use) {
      const { sum, isReserved } = balances.get(`${account}/${period}`) ?? { sum: 0, isReserved: false };
      const name = `${account}/${period}`;
      this.#hold(
        reserved + spent === sum,
        'S2',
        `${name} counts ${reserved} + ${spent}; its ledger makes ${sum}`,
      );
      this.#hold(
        !isReserved || sum <= budget,
        'S2',
        `tick ${record.tick} leaves ${sum} on ${name}, of ${budget}`,
      );
    }
  }

  #checkLeases(dump: StoreDump, now: number): void {
    for (const lease of dump.lease) {
      const before = this.#leases.get(lease.id);
      this.#leases.set(lease.id, lease);
      if (before === undefined || before === lease) continue;
      const { id } = lease;
      this.#hold(before.ended_at_ms === null, 'S9', `${id} changed after its end`);
      this.#hold(
        placeOf(lease) >= placeOf(before),
        'S9',
        `${id} went from ${before.state} back to ${lease.state}`,
      );
      this.#hold(lease.ends_at_ms >= before.ends_at_ms, 'S9', `the end of ${id} moved back`);
      this.#hold(lease.epoch === before.epoch, 'S8', `${id} changed its epoch`);
      if (lease.ended_at_ms === null) continue;
      const isOver = lease.end_cause !== 'grace' || now >= (lease.revocation?.graceEndsAt ?? now + 1);
      this.#hold(isOver, 'S13', `${id} was taken before its grace was over`);
      this.#checkSilence(lease, { now, timeoutMs: this.#timeoutMs(dump) });
    }
  }

  /** Who was heard in time has not been silent. A heartbeat may come while the end of a long silence is being written. */
  #checkSilence(
    { id, end_cause, start_limit_at_ms }: LeaseRow,
    { now, timeoutMs }: { now: number; timeoutMs: number },
  ): void {
    const beat = this.#beats.get(id);
    if (beat === undefined) return;
    const wasSilent = beat.silenceMs >= timeoutMs || beat.at + timeoutMs <= now;
    this.#hold(
      end_cause !== 'heartbeat' || wasSilent,
      'S9',
      `${id} expired at ${now}, and was heard at ${beat.at}`,
    );
    const isUnseen = end_cause !== 'startLimit' || beat.at - beat.silenceMs > start_limit_at_ms;
    this.#hold(isUnseen, 'S9', `${id} was called unused, and was heard at ${beat.at}`);
  }

  #timeoutMs({ configuration_revision }: StoreDump): number {
    return (configuration_revision[0]?.document.leaseTerms.heartbeatTimeoutSeconds ?? 0) * 1000;
  }

  #hold(claim: boolean, promise: PromiseName, what: string): void {
    if (!claim) this.violations.push({ promise, what });
  }
}

function placeOf({ state, ended_at_ms }: LeaseRow): number {
  return ended_at_ms !== null ? LIFE.indexOf('ended') : LIFE.indexOf(state as (typeof LIFE)[number]);
}
