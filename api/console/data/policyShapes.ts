// What the console reads of policies, as docs/openapi.json has it.

import type { PolicyRow } from '../../../policies/index.ts';

export interface Bundle {
  readonly revision: string;
  readonly keyId: string;
  readonly subject: string;
  readonly storedAt: string;
  readonly bytes: number;
}

export interface PolicyStatus {
  readonly sequence: number;
  readonly active: string;
  readonly previous: string | null;
  readonly candidate: {
    readonly revision: string;
    readonly report: {
      readonly rows: number;
      readonly skipped: number;
      readonly failed: number;
      readonly cleanTicks: number;
      readonly newlyAllowed: number;
      readonly newlyDenied: number;
      readonly otherwise: number;
      readonly byRule: Readonly<Record<string, unknown>>;
      readonly byDepartment: Readonly<Record<string, unknown>>;
    } | null;
  } | null;
  readonly running: {
    readonly revision: string;
    readonly rows: number;
    readonly rules: readonly { readonly code: string; readonly hits: number }[];
    readonly cache: { readonly hits: number; readonly misses: number };
  };
  readonly trustedKeys: readonly string[];
  readonly failures: readonly { readonly at: string; readonly doing: string; readonly message: string }[];
}

/** One request's row in the decision log. */
export interface DecidedRow {
  readonly request: string | null;
  readonly outcome: 'allow' | 'deny';
  readonly codes: readonly string[];
  readonly warnings: readonly string[];
  readonly dryrun: readonly string[];
  readonly row: PolicyRow;
}

export interface DecisionBatch {
  readonly sequence: number;
  readonly at: string;
  readonly tick: string;
  readonly policyRevision: string;
  readonly rows: number;
  readonly allowed: number;
  readonly denied: number;
  readonly tookMs: number;
  readonly decisions: readonly DecidedRow[];
}
