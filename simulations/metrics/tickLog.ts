// What the production tick says of itself in a run: proven gaps, denials by rule, what accounts set aside and spent, prices of what is scarce.
// Invariant: read off commits alone, so that a run that is recorded gives the same; nothing depends on how long a tick took.
// Called by ../world/liveRun.ts, commit by commit.

import type { Configuration, Instant, LedgerEntry, Reason, TickCommit } from '../../scheduler/index.ts';
import { type AccountMetrics, rounded, type TickMetrics } from './metrics.ts';

/** Numerators of prices are over this. */
const PRICE_SCALE = 2 ** 20;
const CAPACITY_ROW = 'capacity/';

interface AccountUse {
  reserved: number;
  spent: number;
  /** When somebody first had to wait for it. */
  exhaustedAt: number | null;
}

export class TickLog {
  readonly #startsAt: Instant;
  readonly #figures = { ticks: 0, gapMax: 0, gapSum: 0, stages: 0 };
  readonly #denied = new Map<string, number>();
  /** Account and period, as ledger entries name them. */
  readonly #accounts = new Map<string, AccountUse>();
  readonly #priceAreas = new Map<string, number>();
  #prices: ReadonlyMap<string, number> = new Map();
  #pricedAt = 0;

  /** `startsAt`: of virtual time 0. */
  constructor(startsAt: Instant) {
    this.#startsAt = startsAt;
  }

  /** `at`: milliseconds of virtual time. */
  read({ changes, record }: TickCommit, at: number): void {
    this.#figures.ticks += 1;
    for (const { gap } of record.stages) {
      this.#figures.gapMax = Math.max(this.#figures.gapMax, gap);
      this.#figures.gapSum += gap;
      this.#figures.stages += 1;
    }
    this.#price(record.stages, at);
    for (const change of changes) {
      if (change.type === 'ledger') this.#enter(change.entry);
      else if (change.type === 'decided') for (const reason of change.reasons) this.#reason(reason, at);
    }
  }

  ticks(untilMs: number): TickMetrics {
    const { ticks, gapMax, gapSum, stages } = this.#figures;
    this.#settle(untilMs);
    const prices = [...this.#priceAreas].map(
      ([pool, area]) => [pool, untilMs === 0 ? 0 : rounded(area / untilMs)] as const,
    );
    return {
      ticks,
      gapMax,
      gapMean: stages === 0 ? 0 : gapSum / stages,
      priceByPool: Object.fromEntries(prices.sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))),
    };
  }

  deniedByRule(): Record<string, number> {
    return Object.fromEntries([...this.#denied].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  /** Of every account and period of the configuration in which anything was set aside. */
  accounts({ accounts }: Configuration, untilMs: number): Record<string, AccountMetrics> {
    const found: [string, AccountMetrics][] = [];
    for (const { id, measure, periods, parent } of accounts)
      for (const period of periods) {
        const use = this.#accounts.get(`${id}/${period.id}`);
        if (use === undefined) continue;
        const fromMs = Math.max(0, period.startsAt - this.#startsAt);
        const rate = use.spent / Math.max(1, Math.min(untilMs, period.endsAt - this.#startsAt) - fromMs);
        const projected = rate === 0 ? null : fromMs + period.budget / rate;
        const lasts = projected === null || projected >= period.endsAt - this.#startsAt;
        found.push([
          `${id}/${period.id}`,
          {
            unit: measure.type === 'money' ? measure.currency : `${measure.kind}-seconds`,
            ...(parent !== undefined && { parent }),
            budget: period.budget,
            spent: use.spent,
            reserved: use.reserved,
            exhaustedSeconds: use.exhaustedAt === null ? null : Math.round(use.exhaustedAt / 1000),
            runsOutAt: lasts ? null : new Date(this.#startsAt + Math.round(projected)).toISOString(),
          },
        ]);
      }
    return Object.fromEntries(found.sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  #enter({ type, account, period, amount }: LedgerEntry): void {
    const use = this.#use(`${account}/${period}`);
    use.reserved += type === 'reserve' ? amount : -amount;
    if (type === 'settle') use.spent += amount;
  }

  #reason(reason: Reason, at: number): void {
    if (reason.code === 'POLICY_DENIED')
      for (const rule of reason.rules) this.#denied.set(rule, (this.#denied.get(rule) ?? 0) + 1);
    if (reason.code !== 'BUDGET_EXHAUSTED') return;
    for (const { what } of reason.short) this.#use(what).exhaustedAt ??= at;
  }

  #use(key: string): AccountUse {
    const use = this.#accounts.get(key) ?? { reserved: 0, spent: 0, exhaustedAt: null };
    this.#accounts.set(key, use);
    return use;
  }

  /** Prices stand until the next tick; where nothing is asked for they are none. */
  #price(stages: TickCommit['record']['stages'], at: number): void {
    this.#settle(at);
    const prices = new Map<string, number>();
    for (const { multipliers } of stages)
      for (const [row, numerator] of multipliers) {
        if (!row.startsWith(CAPACITY_ROW)) continue;
        const pool = row.slice(CAPACITY_ROW.length);
        prices.set(pool, (prices.get(pool) ?? 0) + numerator / PRICE_SCALE);
      }
    this.#prices = prices;
  }

  #settle(at: number): void {
    for (const [pool, price] of this.#prices)
      this.#priceAreas.set(pool, (this.#priceAreas.get(pool) ?? 0) + price * (at - this.#pricedAt));
    this.#pricedAt = at;
  }
}
