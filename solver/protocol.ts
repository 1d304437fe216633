// What the parent and the solver child say to each other. Invariant: an answer is only shaped here; whether it is true is checked by
// verify.ts in the parent. Used by node.ts and child.ts.
import type { Model } from './model.ts';
import type { Solution, SolveOptions, StageOutcome } from './solution.ts';

export interface SolveMessage {
  readonly kind: 'solve';
  readonly id: number;
  /** Row names stay behind: the child has no use for them. */
  readonly model: Model;
  readonly options: SolveOptions;
}

export type ChildMessage =
  | { readonly kind: 'ready' }
  | { readonly kind: 'answer'; readonly id: number; readonly solution: Solution };

/** An answer to request `id` whose every field has its type, else null. */
export function readAnswer(message: unknown, id: number): Solution | null {
  if (!isRecord(message) || message.kind !== 'answer' || message.id !== id) return null;
  return isSolution(message.solution) ? message.solution : null;
}

export function isReady(message: unknown): boolean {
  return isRecord(message) && message.kind === 'ready';
}

function isSolution(value: unknown): value is Solution {
  return (
    isRecord(value) &&
    (value.termination === 'complete' ||
      value.termination === 'workLimit' ||
      value.termination === 'fault') &&
    (value.fault === null || value.fault === 'refused') &&
    (value.termination === 'fault') === (value.fault !== null) &&
    typeof value.engine === 'string' &&
    typeof value.engineBuild === 'string' &&
    typeof value.engineCalled === 'boolean' &&
    value.granted instanceof Uint8Array &&
    Array.isArray(value.stages) &&
    value.stages.every(isOutcome) &&
    isRecord(value.work) &&
    [value.work.simplexIterations, value.work.lpCalls, value.work.mipCalls].every(Number.isSafeInteger)
  );
}

const METHODS: ReadonlySet<unknown> = new Set<StageOutcome['method']>([
  'empty',
  'fits',
  'lp',
  'residual',
  'greedy',
]);

function isOutcome(value: unknown): value is StageOutcome {
  return (
    isRecord(value) &&
    METHODS.has(value.method) &&
    [value.stage, value.value, value.bound].every(Number.isSafeInteger) &&
    typeof value.gap === 'number' &&
    isRecord(value.certificate) &&
    value.certificate.frozenDigest === '' &&
    Array.isArray(value.certificate.multipliers) &&
    value.certificate.multipliers.every(isRecord)
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
