// The port that the scheduler's gate asks, and its twin without a thread for simulations and tests.
// Invariant: one activation at a time, never during an evaluation; a refused one leaves what was active.
import type { PolicyBundle, PolicyData, PolicyManifest } from './bundle.ts';
import type { PolicyConstraints } from './constraints.ts';
import { evaluateBatch, explain, loadPolicy, ruleOf } from './engine.ts';
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
