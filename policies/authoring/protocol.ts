// What the compiler is asked and what it answers, as policies/compiler/answer.go has it.
// Invariant: an answer with problems has nothing else. Called by every file of this folder; pure.
import type { PolicyManifest } from '../bundle.ts';
import type { ConstraintRule, PolicyRule } from '../verdict.ts';

export interface PolicySource {
  /** With forward slashes; it is embedded in the module, so another name is another module. */
  readonly path: string;
  readonly text: string;
}

export interface CompilerRequest {
  readonly command: 'check' | 'build' | 'tests' | 'coverage';
  readonly name: string;
  /** Prefix of the module's path in the manifest. */
  readonly out: string;
  readonly sources: readonly PolicySource[];
  /** What tests see as `data`; for coverage alone. */
  readonly data?: unknown;
}

/** What is wrong, where, and what to do. Lines and columns count from 1; 0 where there is no place. */
export interface PolicyProblem {
  readonly path: string;
  readonly line: number;
  readonly column: number;
  readonly code: string;
  readonly message: string;
  readonly remedy?: string;
}

export interface RegoTest {
  readonly name: string;
  readonly path: string;
  readonly line: number;
  readonly column: number;
  readonly entrypoint: string;
  /** Entrypoint of the set of case names; absent where the rule is one test. */
  readonly cases?: string;
}

export interface CoverageFile {
  readonly path: string;
  readonly lines: { readonly covered: number; readonly notCovered: number };
  readonly notCovered: readonly { readonly from: number; readonly to: number }[];
}

/** By OPA's interpreter: the module cannot tell lines. */
export interface PolicyCoverage {
  readonly passed: number;
  readonly failed: readonly string[];
  /** Without the generated verdict. */
  readonly files: readonly CoverageFile[];
}

export interface CompilerAnswer {
  readonly problems: readonly PolicyProblem[];
  readonly rules?: readonly PolicyRule[];
  /** Absent: none. */
  readonly constraints?: readonly ConstraintRule[];
  /** `wasm` is base64. */
  readonly bundle?: { readonly manifest: PolicyManifest; readonly wasm: string; readonly verdict: string };
  readonly tests?: { readonly wasm: string | null; readonly tests: readonly RegoTest[] };
  readonly coverage?: PolicyCoverage;
}

export interface TestResult {
  readonly name: string;
  readonly path: string;
  readonly line: number;
  readonly passed: boolean;
  /** Names of the cases that failed, of a test of many. */
  readonly failedCases?: readonly string[];
  readonly cases?: number;
  /** What the engine threw. */
  readonly fault?: string;
}

export type FaultCode = 'COMPILER_CRASHED' | 'COMPILER_DAMAGED' | 'COMPILER_TIMEOUT';

/** The compiler itself failed: no word on the policies. The next call starts it anew. */
export class CompilerFault extends Error {
  readonly code: FaultCode;
  constructor(code: FaultCode, message: string) {
    super(`${code}: ${message}`);
    this.name = 'CompilerFault';
    this.code = code;
  }
}
