// The port that the scheduler's gate asks, and its twin without a thread for simulations and tests.
// Invariant: one activation at a time, never during an evaluation; a refused one leaves what was active.
import type { PolicyVectors } from './authoring/vectors.ts';
import type { PolicyBundle, PolicyData, PolicyManifest } from './bundle.ts';
import type { PolicyConstraints } from './constraints.ts';
import { evaluateBatch, explain, loadPolicy, ruleOf } from './engine.ts';
import type { RuleUse } from './ruleHits.ts';
import type { ShadowReport } from './shadowReport.ts';
import type { Explanation, PolicyBatch, PolicyRow, PolicyRule, Verdict } from './verdict.ts';

export interface PolicyActivation {
  readonly bundle?: PolicyBundle;
  readonly data?: PolicyData;
}

export interface PolicyService {
  /** Of the active bundle and data. Both change only when an activation resolves. */
  readonly revision: string;
  readonly dataRevision: string;
  readonly manifest: PolicyManifest;
  /** What the active bundle adds to the integer program under the active data. */
  readonly constraints: PolicyConstraints;
  /** One Verdict a row, in row order. Never rejects for what a policy or a row does: that denies. */
  evaluate(batch: PolicyBatch): Promise<Verdict[]>;
  explain(row: PolicyRow): Promise<Explanation>;
  /** METADATA of a code; undefined if neither the active bundle nor the host knows it. */
  rule(code: string): PolicyRule | undefined;
  /** What is left out stays as it is. Rejects with PolicyRefused and changes nothing if the new pair is not sound. */
  activate(next: PolicyActivation): Promise<void>;
  close(): Promise<void>;
}

/** A bundle that is to be put to the test: its vectors are held to it before it answers anything. */
export interface PolicyCandidate {
  readonly bundle: PolicyBundle;
  readonly vectors?: PolicyVectors | undefined;
}

/** Loaded and proved, and not yet asked anything. One of the two is called, once. */
export interface PreparedPolicy {
  readonly revision: string;
  /** Takes over between two evaluations; what it takes over from is kept ready. */
  commit(): Promise<void>;
  discard(): Promise<void>;
}

/** What a service can tell of its work since the active bundle took over. */
export interface PolicyStanding {
  readonly revision: string;
  /** Kept ready: preparing it takes no time. Null before the first change. */
  readonly kept: string | null;
  readonly rows: number;
  /** Every rule with its hits; a rule without any is idle. */
  readonly rules: readonly RuleUse[];
  readonly cache: { readonly hits: number; readonly misses: number; readonly entries: number };
  /** Threads that were ended at a deadline, or died. */
  readonly kills: number;
  /** Departments on whose requests the policy ran away: asked last, each by itself. */
  readonly suspects: readonly string[];
  readonly shadow: ShadowReport | null;
}

/** A service whose policy is changed while it answers. */
export interface LivePolicy extends PolicyService {
  /**
   * Loads data beside the active pair, which goes on answering: activating the same object is then a swap, for which no evaluation waits.
   * Changes nothing; data that is not sound is refused by `activate`.
   */
  foresee(data: PolicyData): Promise<void>;
  /** In a thread of its own, while the active bundle goes on answering. Rejects with PolicyRefused. */
  prepare(next: PolicyCandidate): Promise<PreparedPolicy>;
  /** Compares a candidate on the traffic from now on; null ends it. `onTick` is told after each tick that was compared. */
  shadow(next: PolicyCandidate | null, onTick?: (report: ShadowReport) => void): Promise<void>;
  standing(): PolicyStanding;
}

export interface ServiceOptions {
  readonly bundle: PolicyBundle;
  readonly data: PolicyData;
  readonly memoryPagesMax?: number;
}

export async function inProcessPolicy(options: ServiceOptions): Promise<PolicyService> {
  const { memoryPagesMax } = options;
  const load = (bundle: PolicyBundle, data: PolicyData, standing?: PolicyConstraints) =>
    loadPolicy({ ...bundle, data, memoryPagesMax, standing });
  let { bundle, data } = options;
  let instance = await load(bundle, data);
  const inTurn = turns();
  return {
    get revision() {
      return instance.revision;
    },
    get dataRevision() {
      return instance.dataRevision;
    },
    get manifest() {
      return instance.manifest;
    },
    get constraints() {
      return instance.constraints;
    },
    evaluate: (batch) => inTurn.take(() => evaluateBatch(instance, batch)),
    explain: (row) => inTurn.take(() => explain(instance, row)),
    rule: (code) => ruleOf(instance.manifest, code),
    activate: (next) =>
      inTurn.take(async () => {
        const standing = next.bundle === undefined ? instance.constraints : undefined;
        instance = await load(next.bundle ?? bundle, next.data ?? data, standing);
        bundle = next.bundle ?? bundle;
        data = next.data ?? data;
      }),
    close: () => inTurn.close(),
  };
}

/** One act after the other, in the order of the calls: an activation falls between evaluations, never into one. */
export function turns(): { take<T>(act: () => T | Promise<T>): Promise<T>; close(): Promise<void> } {
  let last: Promise<unknown> = Promise.resolve();
  let closed = false;
  return {
    take(act) {
      if (closed) return Promise.reject(new Error('the policy service is closed'));
      const turn = last.then(act);
      last = turn.catch(() => undefined);
      return turn;
    },
    async close() {
      closed = true;
      await last;
    },
  };
}
