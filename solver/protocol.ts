// What the parent and the solver child say to each other. Invariant: an answer is only shaped here; whether it is true is checked by
// verify.ts in the parent. Used by node.ts and child.ts.
import type { Model } from './model.ts';
import type { DerivedRow, Proof, Solution, SolveOptions, StageOutcome, Warm, Work } from './solution.ts';

export interface SolveMessage {
  readonly kind: 'solve';
  readonly id: number;
  readonly model: Model;
  readonly options: Omit<SolveOptions, 'progress'>;
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
    isWork(value.work) &&
    isCarry(value.carry)
  );
}

function isCarry(value: unknown): value is Warm | null {
  return (
    value === null ||
    (isRecord(value) &&
      isRecords(value.stages) &&
      (value.stages as Record<string, unknown>[]).every(
        ({ stage, prices }) => Number.isSafeInteger(stage) && Array.isArray(prices) && prices.every(isPrice),
      ))
  );
}

function isPrice(value: unknown): boolean {
  return Array.isArray(value) && typeof value[0] === 'string' && Number.isSafeInteger(value[1]);
}

function isWork(value: unknown): value is Work {
  return (
    isRecord(value) &&
    [value.simplexIterations, value.lpCalls, value.mipCalls, value.dpCells].every(Number.isSafeInteger)
  );
}

const METHODS: ReadonlySet<unknown> = new Set<StageOutcome['method']>([
  'empty',
  'fits',
  'exact',
  'lp',
  'core',
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
    isWork(value.work) &&
    (value.ended === 'complete' || value.ended === 'workLimit') &&
    Array.isArray(value.certificate.derivedRows) &&
    value.certificate.derivedRows.every(isDerivedRow) &&
    isProof(value.certificate.proof)
  );
}

function isDerivedRow(value: unknown): value is DerivedRow {
  return (
    isRecord(value) &&
    typeof value.row === 'number' &&
    (value.through === undefined || value.through instanceof Int32Array) &&
    value.columns instanceof Int32Array &&
    value.coefficients instanceof Int32Array &&
    typeof value.rhs === 'number'
  );
}

/** Walks with a stack of its own: how deep a child's answer nests is the child's choice. */
function isProof(value: unknown): value is Proof {
  const open = [value];
  while (open.length > 0) {
    const proof = open.pop();
    if (!isRecord(proof)) return false;
    if ('column' in proof) open.push(proof.zero, proof.one);
    else if (!isRecords(proof.multipliers) || !isRecords(proof.derivedMultipliers)) return false;
  }
  return true;
}

function isRecords(value: unknown): boolean {
  return Array.isArray(value) && value.every(isRecord);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
