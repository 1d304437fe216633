// What a policy is asked and what it answers: rows, Verdicts, findings, and the codes that are the host's own.
// Invariant: a row without a recorded, clean answer is denied. Called by every file of this folder and, through the door,
// by the scheduler's gate.

import type { Obligation } from './obligations.ts';

export interface PolicyRow {
  readonly department: string;
  readonly agent: string;
  readonly roles: readonly string[];
  readonly skills: readonly string[];
  readonly clearance: number;
  readonly class: string;
  readonly classification: number;
  readonly purpose: string;
  readonly durationSeconds: number;
  readonly preemptible: boolean;
  /** Kind to the largest total of it over the request's options, in base units. */
  readonly quantities: Readonly<Record<string, number>>;
  /** GPU models that it could be given, by the pools that its selectors match; `["*"]` for any of more than 64. */
  readonly models: readonly string[];
  /** Datasets that it could be given, likewise. */
  readonly datasets: readonly string[];
  /** The most that it can cost, in minor units of money. */
  readonly costMinor: number;
  /** Of its submission, UTC: 0 to 23. */
  readonly hour: number;
  /** Of its submission, UTC: 0 is Monday. */
  readonly weekday: number;
}

export interface PolicyBatch {
  readonly tick: string;
  readonly rows: readonly PolicyRow[];
}

export type PolicyMode = 'enforce' | 'warn' | 'dryrun';
export type Severity = 'low' | 'medium' | 'high' | 'critical';
export type JsonValue =
  | null
  | boolean
  | number
  | string
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue };

/** A reason code with its METADATA. A rule with an obligation does not deny: it adds a duty to what is allowed. */
export interface PolicyRule {
  readonly code: string;
  readonly policy: string;
  readonly title: string;
  readonly description?: string;
  readonly owner: string;
  readonly mode: PolicyMode;
  readonly severity: Severity;
  /** The field of the row that the rule judges. */
  readonly field: string;
  readonly remedy: string;
  readonly obligation?: { readonly kind: string; readonly [key: string]: JsonValue };
  /** The fields of the row that the rule can depend on, sorted, as the compiler found them. Absent: the whole row. */
  readonly reads?: readonly (keyof PolicyRow)[];
}

/** What a bundle adds to the integer program, as the METADATA of its rule has it: constraints.ts reads what the rule says. */
export interface ConstraintRule {
  readonly code: string;
  readonly policy: string;
  readonly title: string;
  readonly description?: string;
  readonly owner: string;
  readonly mode: PolicyMode;
  readonly severity: Severity;
  readonly remedy: string;
  readonly kind: 'sum' | 'weight' | 'separation';
  /** Of a sum. */
  readonly op?: '<=' | '>=' | '==';
  /** Of a soft sum. Absent: hard, and then `op` is <=. */
  readonly price?: number;
  /** file:line. */
  readonly at: string;
}

/** Codes are sorted by code unit; those of a denial are never empty. Warnings and dry runs never alter the outcome. */
export type Verdict = (
  | { readonly outcome: 'allow'; readonly obligations: readonly Obligation[] }
  | { readonly outcome: 'deny'; readonly codes: readonly string[] }
) & { readonly warnings: readonly string[]; readonly dryrun: readonly string[] };

/** Why one code hit one row, with the values it compared. `limit` is null where the data has none. */
export interface Finding {
  readonly code: string;
  readonly field: string | null;
  readonly want: JsonValue;
  readonly limit: JsonValue;
  readonly policy: string;
}

export interface Explanation {
  readonly verdict: Verdict;
  /** One per code of the verdict, obligations included, sorted by code. */
  readonly findings: readonly Finding[];
}

export type HostCode =
  | 'OBLIGATION_CONFLICT'
  | 'OBLIGATION_UNKNOWN'
  | 'POLICY_ERROR'
  | 'POLICY_INPUT_INVALID'
  | 'POLICY_TIMEOUT'
  | 'POLICY_UNDECIDED';

function hostRule(code: HostCode, title: string, remedy: string): PolicyRule {
  const fixed = {
    policy: 'host',
    owner: 'platform-operations',
    mode: 'enforce',
    severity: 'critical',
  } as const;
  return { code, title, remedy, field: '', ...fixed };
}

/** The codes that no policy may define: the host denies with them when there is no answer to trust. */
export const HOST_RULES: Readonly<Record<HostCode, PolicyRule>> = {
  OBLIGATION_CONFLICT: hostRule(
    'OBLIGATION_CONFLICT',
    'The policy asks for duties that cannot be fulfilled together',
    'Ask the policy authors to agree: no pool is allowed by all, or one label has two values.',
  ),
  OBLIGATION_UNKNOWN: hostRule(
    'OBLIGATION_UNKNOWN',
    'The policy asks for a duty that this version cannot fulfil',
    'Ask the policy author to use a known obligation, or an operator to upgrade.',
  ),
  POLICY_ERROR: hostRule(
    'POLICY_ERROR',
    'The policy failed on this request',
    'Ask the policy author to look at the failure; resubmit once it is mended.',
  ),
  POLICY_INPUT_INVALID: hostRule(
    'POLICY_INPUT_INVALID',
    'The request cannot be put before the policy',
    'Mend the named field: its type, its size or its text encoding.',
  ),
  POLICY_TIMEOUT: hostRule(
    'POLICY_TIMEOUT',
    'The policy did not answer in time',
    'Resubmit; if it happens again, ask the policy author to bound the work of the policy.',
  ),
  POLICY_UNDECIDED: hostRule(
    'POLICY_UNDECIDED',
    'The policy neither allowed nor denied the request',
    'Ask the policy author: only what is allowed by name is allowed.',
  ),
};

export function denied(code: HostCode): Verdict {
  return { outcome: 'deny', codes: [code], warnings: [], dryrun: [] };
}

/** Code-unit order: `localeCompare` would depend on the machine. */
export function byCodeUnit(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
