// How often each rule of a policy hit since it was activated. A rule that hit nothing is idle, which is not the same as passing.
// Called by node.ts.
import type { PolicyManifest } from './bundle.ts';
import { byCodeUnit, type Verdict } from './verdict.ts';

export interface RuleUse {
  readonly code: string;
  readonly hits: number;
}

export class RuleHits {
  readonly #hits = new Map<string, number>();
  #rows = 0;

  get rows(): number {
    return this.#rows;
  }

  count(verdicts: readonly Verdict[]): void {
    this.#rows += verdicts.length;
    for (const verdict of verdicts) {
      const decisive =
        verdict.outcome === 'deny' ? verdict.codes : verdict.obligations.map((obligation) => obligation.code);
      for (const codes of [decisive, verdict.warnings, verdict.dryrun])
        for (const code of codes) this.#hits.set(code, (this.#hits.get(code) ?? 0) + 1);
    }
  }

  /** Every rule of the manifest, and the host's codes that were given, by code. */
  uses({ rules }: PolicyManifest): RuleUse[] {
    const codes = new Set([...rules.map((rule) => rule.code), ...this.#hits.keys()]);
    return [...codes].sort(byCodeUnit).map((code) => ({ code, hits: this.#hits.get(code) ?? 0 }));
  }
}
