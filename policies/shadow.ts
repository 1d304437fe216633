// A candidate on live traffic: the chunks that the active policy was asked, asked again in another thread, and the answers compared.
// Invariants: the active policy is never waited for and never waits; what is counted and kept is bounded, whatever the candidate does.
// Called by node.ts.
import { type Chunk, type ChunkAnswer, type ChunkBits, verdictsOf } from './batch.ts';
import type { PolicyManifest } from './bundle.ts';
import { encodeRows } from './rows.ts';
import type { ShadowDifference, ShadowReport } from './shadowReport.ts';
import type { Judged } from './slot.ts';
import { byCodeUnit, type PolicyRow, type Verdict } from './verdict.ts';

// A tick of 2,000 rows is two chunks; more than this behind, and the tick is skipped.
const WAITING_MAX = 4;
const SAMPLES_MAX = 50;
// Departments and codes come from requests and candidates: without a bound a hostile one would fill the memory.
const COUNTED_MAX = 500;
const OTHERS = '(others)';

export interface ShadowParts {
  readonly candidate: PolicyManifest;
  /** Settles always; the candidate's engine. */
  readonly answer: (chunk: Chunk) => Promise<ChunkAnswer>;
  /** After each tick that was compared. Must not throw. */
  readonly onTick: (report: ShadowReport) => void;
}

export class Shadow {
  readonly #parts: ShadowParts;
  readonly #waiting: Judged[] = [];
  readonly #byRule = new Map<string, { added: number; removed: number }>();
  readonly #byDepartment = new Map<string, number>();
  readonly #samples: ShadowDifference[] = [];
  readonly #counts = {
    compared: 0,
    skipped: 0,
    failed: 0,
    rows: 0,
    cleanTicks: 0,
    newlyAllowed: 0,
    newlyDenied: 0,
    otherwise: 0,
  };
  #working: Promise<void> | null = null;
  #paused = 0;
  #tick: { id: string; isClean: boolean } | null = null;

  constructor(parts: ShadowParts) {
    this.#parts = parts;
  }

  /** As `Watcher` of a slot. */
  seen(judged: Judged): void {
    if (this.#paused > 0 || this.#waiting.length >= WAITING_MAX) {
      this.#counts.skipped += 1;
      return;
    }
    this.#waiting.push(judged);
    this.#working ??= this.#work().finally(() => {
      this.#working = null;
    });
  }

  /** While the candidate gets other data its answers would be to another question: what comes meanwhile is skipped. */
  async without<T>(act: () => Promise<T>): Promise<T> {
    this.#paused += 1;
    this.#counts.skipped += this.#waiting.splice(0).length;
    try {
      await this.#working;
      return await act();
    } finally {
      this.#paused -= 1;
    }
  }

  /** Resolves when what was seen is compared. */
  async idle(): Promise<void> {
    await this.#working;
  }

  report(): ShadowReport {
    return {
      revision: this.#parts.candidate.revision,
      ...this.#counts,
      byRule: Object.fromEntries([...this.#byRule].sort(([a], [b]) => byCodeUnit(a, b))),
      byDepartment: Object.fromEntries([...this.#byDepartment].sort(([a], [b]) => byCodeUnit(a, b))),
      samples: [...this.#samples],
    };
  }

  async #work(): Promise<void> {
    for (let seen = this.#waiting.shift(); seen !== undefined; seen = this.#waiting.shift()) {
      const { tick, rows } = seen;
      // Whole rows, whatever views the candidate has: it remembers nothing, so every row is put to every rule.
      const answer = await this.#parts.answer({ tick, n: rows.length, input: encodeRows(tick, rows) });
      const isClean = answer.kind === 'bits' ? this.#compare(seen, answer.bits) : this.#fail();
      this.#endChunk(tick, isClean);
    }
  }

  #fail(): boolean {
    this.#counts.failed += 1;
    return false;
  }

  #endChunk(id: string, isClean: boolean): void {
    const counts = this.#counts;
    if (this.#tick?.id === id) {
      // A tick that was counted as clean with its first chunk is clean no more.
      if (this.#tick.isClean && !isClean) counts.cleanTicks = 0;
      this.#tick.isClean &&= isClean;
    } else {
      counts.cleanTicks = isClean ? counts.cleanTicks + 1 : 0;
      this.#tick = { id, isClean };
    }
    this.#parts.onTick(this.report());
  }

  #compare({ tick, rows, verdicts }: Judged, found: ChunkBits): boolean {
    this.#counts.compared += 1;
    this.#counts.rows += rows.length;
    const after = verdictsOf(this.#parts.candidate, found);
    let isClean = true;
    for (const [i, row] of rows.entries()) {
      const pair = { active: verdicts[i] as Verdict, candidate: after[i] as Verdict };
      if (isSame(pair.active, pair.candidate)) continue;
      isClean = false;
      this.#count(row, pair);
      if (this.#samples.length < SAMPLES_MAX) this.#samples.push({ tick, row, ...pair });
    }
    return isClean;
  }

  #count(
    { department }: PolicyRow,
    { active, candidate }: Pick<ShadowDifference, 'active' | 'candidate'>,
  ): void {
    if (active.outcome === candidate.outcome) this.#counts.otherwise += 1;
    else if (candidate.outcome === 'allow') this.#counts.newlyAllowed += 1;
    else this.#counts.newlyDenied += 1;
    const place = bounded(this.#byDepartment, department);
    this.#byDepartment.set(place, (this.#byDepartment.get(place) ?? 0) + 1);
    const [was, is] = [new Set(hitsOf(active)), new Set(hitsOf(candidate))];
    for (const code of is) if (!was.has(code)) this.#rule(code).added += 1;
    for (const code of was) if (!is.has(code)) this.#rule(code).removed += 1;
  }

  #rule(code: string): { added: number; removed: number } {
    const place = bounded(this.#byRule, code);
    const counted = this.#byRule.get(place) ?? { added: 0, removed: 0 };
    this.#byRule.set(place, counted);
    return counted;
  }
}

function bounded(map: ReadonlyMap<string, unknown>, key: string): string {
  return map.has(key) || map.size < COUNTED_MAX ? key : OTHERS;
}

function isSame(a: Verdict, b: Verdict): boolean {
  if (a.outcome !== b.outcome) return false;
  const [some, others] = [hitsOf(a), hitsOf(b)];
  return some.length === others.length && some.every((code, index) => code === others[index]);
}

/** Codes with the list they stand in, so that a rule that only changed its mode differs. */
function hitsOf(verdict: Verdict): string[] {
  const decisive = verdict.outcome === 'deny' ? verdict.codes : verdict.obligations.map((duty) => duty.code);
  return [
    ...decisive,
    ...verdict.warnings.map((code) => `${code} (warn)`),
    ...verdict.dryrun.map((code) => `${code} (dryrun)`),
  ];
}
