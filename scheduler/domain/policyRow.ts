// What a policy limits and prefers beyond single requests: sums over grants and live leases, weights, and what one agent must not hold
// together. The policy engine supplies it by the port PolicyGate. Invariant: non-negative integers in sums, and a hard sum is <= : so every
// row is a packing row; whatever else a policy wants is soft, with a price.

import type { Classification, Configuration } from './configuration.ts';
import { lookupOf } from './lookup.ts';
import type { Units } from './quantity.ts';
import type { Selector } from './request.ts';

/** Every part that is present must match; absent parts match all. No part at all: everything. */
export interface RowSelector {
  readonly departments?: readonly string[];
  readonly agents?: readonly string[];
  readonly classes?: readonly string[];
  /** Of the request's terms. */
  readonly classifications?: readonly Classification[];
  readonly kinds?: readonly string[];
  /** By id. Of agent pools that nothing tells apart, one stands for all of them. */
  readonly pools?: readonly string[];
  /** Of the pool. */
  readonly labels?: Selector;
}

export interface PolicyTerm {
  readonly selector: RowSelector;
  readonly coefficient: Units;
  /** `unit`: times the units of every matching claim. `grant`: once a lease that has a matching claim. */
  readonly per: 'unit' | 'grant';
}

interface FromPolicy {
  /** Unique, "EU_GPUS_AT_NIGHT.research". */
  readonly id: string;
  /** The rule that said it, and the policy that the rule is of; absent where nobody's rule did. */
  readonly code?: string;
  readonly policy?: string;
  /** Absent: it is enforced. Otherwise it is counted and told, and decides nothing. */
  readonly mode?: 'warn' | 'dryrun';
}

/** sum over terms, grants and live leases of coefficient x (units or 1)  <=  limit. */
export interface PolicyRow extends FromPolicy {
  readonly terms: readonly PolicyTerm[];
  readonly limit: Units;
  /** Absent: hard. Otherwise it may be passed, at so much a unit; a request is worth 1000. */
  readonly price?: Units;
  /** Of a soft row: on which side of `limit` a unit has its price. Absent: above it. */
  readonly op?: '>=' | '==';
  /** For whoever waits because of it: what it is for and what to do. */
  readonly remedy: string;
}

/** Added to what a grant with a matching claim is worth, inside its class; a request is worth 1000. */
export interface PolicyWeight extends FromPolicy {
  readonly selector: RowSelector;
  /** From -1000 to 1000. */
  readonly coefficient: number;
}

/** No agent holds, at one time, something that the first and something that the second selects. */
export interface Separation extends FromPolicy {
  readonly sides: readonly [RowSelector, RowSelector];
  readonly remedy: string;
}

/** All that one policy says, under one revision of the organisation. */
export interface PolicyRules {
  readonly rows?: readonly PolicyRow[];
  readonly weights?: readonly PolicyWeight[];
  readonly separations?: readonly Separation[];
}

/** What a tick holds against the row: as the policy wrote it, and what live leases take of it. */
export interface PolicyRowUse {
  readonly row: PolicyRow;
  readonly held: Units;
}

/** Live leases of each agent that match the sides; agents without any are left out, the others in order. */
export interface SeparationUse {
  readonly separation: Separation;
  readonly held: readonly SidesHeld[];
}

export type SidesHeld = readonly [agent: string, first: Units, second: Units];

export const POLICY_ROWS_MOST = 64;
export const POLICY_TERMS_MOST = 16;
/** A larger coefficient or limit could overflow a sum over leases. */
const AMOUNT_MOST = 2 ** 40;
/** As much as a request is worth. */
export const POLICY_PRICE_MOST = 1_000;
const WEIGHT_MOST = 1_000;
const ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,126}$/;

export function isEnforced({ mode }: FromPolicy): boolean {
  return mode === undefined;
}

/** What makes rules unfit for a program: for whoever activates a policy. Empty: none. */
export function policyProblems({ rows = [], weights = [], separations = [] }: PolicyRules): string[] {
  const problems: string[] = [];
  const seen = new Set<string>();
  for (const [what, list] of Object.entries({ rows, weights, separations })) {
    if (list.length > POLICY_ROWS_MOST) problems.push(`${list.length} ${what}; at most ${POLICY_ROWS_MOST}`);
    for (const { id } of list) {
      if (seen.has(id)) problems.push(`${id}: stands twice`);
      seen.add(id);
      if (!ID.test(id)) problems.push(`${id}: not a name`);
    }
  }
  for (const row of rows) problems.push(...rowProblems(row));
  for (const { id, coefficient } of weights)
    if (!Number.isSafeInteger(coefficient) || Math.abs(coefficient) > WEIGHT_MOST)
      problems.push(`${id}: a weight is a whole number from -${WEIGHT_MOST} to ${WEIGHT_MOST}`);
  return problems;
}

function rowProblems({ id, terms, limit, price, op }: PolicyRow): string[] {
  const problems: string[] = [];
  if (terms.length === 0 || terms.length > POLICY_TERMS_MOST)
    problems.push(`${id}: ${terms.length} terms; 1 to ${POLICY_TERMS_MOST}`);
  const amounts = [limit, ...terms.map(({ coefficient }) => coefficient)];
  if (amounts.some((amount) => !Number.isSafeInteger(amount) || amount < 0 || amount > AMOUNT_MOST))
    problems.push(`${id}: amounts are whole numbers from 0 to 2^40`);
  if (price !== undefined && (!Number.isSafeInteger(price) || price < 0 || price > POLICY_PRICE_MOST))
    problems.push(`${id}: a price is a whole number from 0 to ${POLICY_PRICE_MOST}`);
  if (op !== undefined && price === undefined)
    problems.push(`${id}: a hard ${op} could leave a tick without any plan`);
  return problems;
}

/** Kinds, pools and labels that the organisation does not have: they match nothing, which is seldom meant. */
export function strangersOf(rules: PolicyRules, configuration: Configuration): string[] {
  const { pools } = lookupOf(configuration);
  const kinds = new Set(configuration.pools.map(({ kind }) => kind));
  const labels = new Set(configuration.pools.flatMap((pool) => Object.keys(pool.labels)));
  const said = [
    ...(rules.rows ?? []).flatMap(({ id, terms }) => terms.map(({ selector }) => ({ id, selector }))),
    ...(rules.weights ?? []).map(({ id, selector }) => ({ id, selector })),
    ...(rules.separations ?? []).flatMap(({ id, sides }) => sides.map((selector) => ({ id, selector }))),
  ];
  const found = said.flatMap(({ id, selector }) => [
    ...(selector.kinds ?? [])
      .filter((kind) => !kinds.has(kind))
      .map((kind) => `${id}: no pool is of kind "${kind}"`),
    ...(selector.pools ?? [])
      .filter((pool) => !pools.has(pool as never))
      .map((pool) => `${id}: no pool is "${pool}"`),
    ...Object.keys(selector.labels ?? {})
      // The model of a node is a label of what lies on it.
      .filter((label) => label !== 'model' && !labels.has(label))
      .map((label) => `${id}: no pool has the label "${label}"`),
  ]);
  return [...new Set(found)];
}
