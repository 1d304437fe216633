// The same requests under two policies, request by request: who gains, who loses, and by which rule. Invariant: each request is counted once, under
// its department; whoever fares otherwise without a rule of its own does so because others did. Called by api/cli/simulate.

import type { RunResult } from '../compare.ts';
import type { Fate } from './fates.ts';
import { rounded } from './metrics.ts';

/** `granted`: got nothing before. `lost`: gets nothing any more. `sooner`, `later`: by a second or more. `open`: of both one still waits. */
export const IMPACTS = ['granted', 'lost', 'sooner', 'later', 'open', 'same'] as const;
export type Impact = (typeof IMPACTS)[number];

export interface ImpactCounts extends Readonly<Record<Impact, number>> {
  readonly requests: number;
  /** Of those who start under both. */
  readonly waitMeanSecondsBefore: number;
  readonly waitMeanSecondsAfter: number;
}

export interface RuleImpact {
  readonly department: string;
  readonly impact: Exclude<Impact, 'same'>;
  /** With "-" those that no longer hold it, with "+" those that do now; empty: other requests' rules. */
  readonly rules: readonly string[];
  readonly requests: number;
  /** The first of them. */
  readonly example: string;
}

export interface PolicyImpact {
  readonly before: string;
  readonly after: string;
  readonly seed: number | null;
  readonly all: ImpactCounts;
  readonly departments: Readonly<Record<string, ImpactCounts>>;
  /** Most requests first. */
  readonly rules: readonly RuleImpact[];
}

const LEAST_MS = 1000;

/** Of the runs of `annona` with fates: the first policies against each of the others, seed by seed. */
export function policyImpacts(results: readonly RunResult[]): PolicyImpact[] {
  const told = results.filter(({ policies, fates }) => policies !== undefined && fates !== undefined);
  const first = told[0]?.policies;
  return told
    .filter(({ policies }) => policies !== first)
    .flatMap((after) => {
      const before = told.find(({ policies, seed }) => policies === first && seed === after.seed);
      return before === undefined ? [] : [impactOf(before, after)];
    });
}

function impactOf(before: RunResult, after: RunResult): PolicyImpact {
  const all = new Tally();
  const departments = new Map<string, Tally>();
  const rules = new Map<string, RuleImpact>();
  for (const [index, old] of before.fates!.entries()) {
    const now = after.fates![index];
    // A run that was stopped had not seen it.
    if (now === undefined) continue;
    const impact = impactOn(old, now);
    const own = departments.get(old.department) ?? new Tally();
    departments.set(old.department, own);
    all.add(impact, old, now);
    own.add(impact, old, now);
    if (impact === 'same') continue;
    const moved = [
      ...old.rules.filter((rule) => !now.rules.includes(rule)).map((rule) => `-${rule}`),
      ...now.rules.filter((rule) => !old.rules.includes(rule)).map((rule) => `+${rule}`),
    ];
    const key = JSON.stringify([old.department, impact, moved]);
    const known = rules.get(key);
    const { department, name: example } = old;
    rules.set(
      key,
      known === undefined
        ? { department, impact, rules: moved, requests: 1, example }
        : { ...known, requests: known.requests + 1 },
    );
  }
  const byName = [...departments].sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    before: before.policies!,
    after: after.policies!,
    seed: after.seed,
    all: all.counts(),
    departments: Object.fromEntries(byName.map(([name, tally]) => [name, tally.counts()])),
    rules: [...rules.values()].sort((a, b) => b.requests - a.requests || (keyOf(a) < keyOf(b) ? -1 : 1)),
  };
}

function keyOf({ department, impact, rules }: RuleImpact): string {
  return JSON.stringify([department, impact, rules]);
}

function impactOn(before: Fate, after: Fate): Impact {
  if (before.waitMs !== null && after.waitMs !== null) {
    const more = after.waitMs - before.waitMs;
    if (Math.abs(more) < LEAST_MS) return 'same';
    return more > 0 ? 'later' : 'sooner';
  }
  if (before.waitMs === null && after.waitMs === null) return 'same';
  // Whoever waits at the end of a run may yet be served.
  const idle = before.waitMs === null ? before : after;
  if (idle.dropped === null) return 'open';
  return before.waitMs === null ? 'granted' : 'lost';
}

class Tally {
  readonly #counts = { granted: 0, lost: 0, sooner: 0, later: 0, open: 0, same: 0 };
  #requests = 0;
  #both = 0;
  #beforeMs = 0;
  #afterMs = 0;

  add(impact: Impact, before: Fate, after: Fate): void {
    this.#requests += 1;
    this.#counts[impact] += 1;
    if (before.waitMs === null || after.waitMs === null) return;
    this.#both += 1;
    this.#beforeMs += before.waitMs;
    this.#afterMs += after.waitMs;
  }

  counts(): ImpactCounts {
    const mean = (sumMs: number): number => (this.#both === 0 ? 0 : rounded(sumMs / this.#both / 1000));
    return {
      requests: this.#requests,
      ...this.#counts,
      waitMeanSecondsBefore: mean(this.#beforeMs),
      waitMeanSecondsAfter: mean(this.#afterMs),
    };
  }
}
