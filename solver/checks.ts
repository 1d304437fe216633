// What the checker can answer: yes with what is proven, or the first thing that is wrong, by number.
// Invariant: types alone. Made by verify.ts, read by whoever asks it: node.ts, the scheduler, `annona verify`, the console.
import type { StageCertificate } from './solution.ts';

/** A stage's question to the checker: what does the certificate prove beside these frozen grants? */
export interface CertifiedStage {
  readonly stage: number;
  /** Column -> 1 when an earlier stage granted it. */
  readonly frozen: Uint8Array;
  readonly certificate: StageCertificate;
}

export type PlanCheck =
  | {
      readonly ok: true;
      /** Stage -> sum of objective over its granted columns, less the cost of the excess that they add. */
      readonly values: ReadonlyMap<number, number>;
    }
  | {
      readonly ok: false;
      readonly broken: 'row';
      readonly row: number;
      readonly lhs: number;
      readonly rhs: number;
    }
  | {
      readonly ok: false;
      readonly broken: 'group';
      readonly group: number;
      readonly lhs: number;
      readonly rhs: 1;
    }
  | { readonly ok: false; readonly broken: 'entry'; readonly column: number };

/**
 * `unknown` a number that names nothing in the model or certificate; `twice` named a second time; `notANumerator` not an integer from
 * 0 to 2^53 - 1; `malformed` columns that do not rise, coefficients or a right side that are no positive integers; `notDerived` does not
 * follow from its base row; `notOpen` branched on a column that the branch has settled; `tooLarge` past what the checker is ready to
 * work through; `broken` the frozen grants themselves break this row.
 */
export type ProofFault =
  | 'unknown'
  | 'twice'
  | 'notANumerator'
  | 'malformed'
  | 'notDerived'
  | 'notOpen'
  | 'tooLarge'
  | 'broken';

export interface FailedProof {
  readonly ok: false;
  readonly fault: ProofFault;
  /** What `at` counts: rows of the model, `derivedRows` of the certificate, columns of the model. */
  readonly of: 'row' | 'derivedRow' | 'column';
  readonly at: number;
}

export type BoundCheck = { readonly ok: true; readonly bound: bigint } | FailedProof;

export type SolutionCheck =
  | { readonly ok: true }
  | { readonly ok: false; readonly plan: Extract<PlanCheck, { ok: false }> }
  | { readonly ok: false; readonly proof: FailedProof; readonly stage: number }
  | { readonly ok: false; readonly claim: 'stages' | 'value' | 'bound' | 'gap'; readonly stage: number }
  | { readonly ok: false; readonly notMaximal: number };
