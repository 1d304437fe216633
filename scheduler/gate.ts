// Step 2 of the tick: one batched policy evaluation over requests without a verdict under the policy and data in force.
// Invariant: no request passes without a recorded allow of this revision; error or timeout is deny. Called by tick.ts alone.

import { withdrawn } from './approvals.ts';
import { denialOf } from './commands/submit.ts';
import { apply } from './domain/apply.ts';
import type { Change } from './domain/change.ts';
import { CLASSIFICATIONS, type Configuration } from './domain/configuration.ts';
import type { RequestId } from './domain/ids.ts';
import { lookupOf } from './domain/lookup.ts';
import { askedOf, type Obligations, underVerdict } from './domain/obligation.ts';
import type { PolicyRules } from './domain/policyRow.ts';
import type { Instant } from './domain/quantity.ts';
import type { PendingRequest, RecordedVerdict, ResourceRequest } from './domain/request.ts';
import type { State } from './domain/state.ts';
import { catalogueOf } from './formulate/catalogue.ts';
import { poolFactsOf } from './gateFacts.ts';
import type { GateRow, PolicyGate } from './ports.ts';

/** What a Verdict was made under. */
export type PolicyRevisions = Pick<PolicyGate, 'policyRevision' | 'dataRevision'>;

/** One object, so that what leases take of its rows is worked out once. */
const NO_RULES: PolicyRules = {};

export interface Gated {
  readonly changes: readonly Change[];
  /** Every open request's Verdict is under these: they are the tick's. */
  readonly under: PolicyRevisions;
}

/** Asks again about everything that was judged while the policy was swapped: one tick has one policy and one data. */
export async function gate(state: State, policy: PolicyGate, tick: string): Promise<Gated> {
  const verdicts = new Map<RequestId, RecordedVerdict>();
  for (;;) {
    const under = revisionsOf(policy);
    const open: PendingRequest[] = [];
    for (const pending of state.requests.values()) {
      // A review goes by the verdict that asks for it, which approvals.ts records; a hold asks for nothing, and who accepts it is asked then.
      if (pending.request.approvalOf !== undefined || pending.request.holdOf !== undefined) continue;
      const verdict = verdicts.get(pending.request.id) ?? pending.verdict;
      if (!sameRevisions(verdict, under)) open.push(pending);
    }
    if (open.length === 0) {
      state.policyRules = policy.rules ?? NO_RULES;
      return { changes: record(state, verdicts), under };
    }
    const asked = open.map((pending) => askedOf(pending.request));
    const rows = asked.map((request) => gateRow(state.configuration, request));
    const ids = open.map(({ request }) => request.id);
    const answers = await policy.evaluate(tick, rows, ids);
    if (answers.length !== rows.length)
      throw new Error(`policy answered ${answers.length} of ${rows.length} rows`);
    for (const [i, { request }] of open.entries()) {
      const verdict = answers[i] as RecordedVerdict;
      if (!sameRevisions(verdict, under) && sameRevisions(under, revisionsOf(policy)))
        throw new Error(`the verdict on ${request.id} is under another revision than the policy's`);
      verdicts.set(request.id, resolved(state.configuration, asked[i]!, verdict));
    }
  }
}

function revisionsOf({ policyRevision, dataRevision }: PolicyGate): PolicyRevisions {
  return { policyRevision, dataRevision };
}

function sameRevisions(a: PolicyRevisions | null, b: PolicyRevisions): boolean {
  return a?.policyRevision === b.policyRevision && a.dataRevision === b.dataRevision;
}

function record(state: State, verdicts: ReadonlyMap<RequestId, RecordedVerdict>): Change[] {
  const changes: Change[] = [];
  const { configuration } = state;
  // In their order, whatever a policy that was swapped meanwhile made of it: so the record need not name them.
  for (const pending of verdicts.size === 0 ? [] : state.requests.values()) {
    const { id } = pending.request;
    const verdict = verdicts.get(id);
    if (verdict === undefined) continue;
    changes.push({ type: 'verdictRecorded', request: id, verdict });
    const { department, agent } = pending.request;
    if (verdict.allow) {
      const served = underVerdict(pending, verdict);
      if (served.shapeKey !== pending.shapeKey) {
        changes.push(...withdrawn(state, id));
        // What it may be served from by obligation may be too little, or nothing.
        changes.push(...denialOf(configuration, served.request));
      }
      continue;
    }
    const reasons = [
      { code: 'POLICY_DENIED', rules: verdict.codes, policyRevision: verdict.policyRevision },
    ] as const;
    changes.push({
      type: 'decided',
      request: id,
      department,
      agent,
      outcome: 'denied',
      reasons,
      lease: null,
    });
  }
  for (const change of changes) apply(state, change);
  return changes;
}

/**
 * Of the caps on its class the lowest, where that is below what was asked, with the longest duration of that class; of pools that nothing
 * tells apart all or none, as the program takes any of them. A class that there is not caps nothing, and so denies.
 */
function resolved(
  configuration: Configuration,
  { terms }: ResourceRequest,
  verdict: RecordedVerdict,
): RecordedVerdict {
  if (verdict.obligations === undefined) return verdict;
  const { classes = [], pools, ...rest } = verdict.obligations;
  const { classes: known } = lookupOf(configuration);
  const { allow: _, obligations: __, ...under } = verdict;
  if (classes.some((name) => !known.has(name)))
    return { ...under, allow: false, codes: ['OBLIGATION_UNKNOWN'] };
  const asked = known.get(terms.class);
  let lowest = asked;
  for (const name of classes) {
    const cap = known.get(name)!;
    if (lowest === undefined || cap.rank > lowest.rank) lowest = cap;
  }
  const isLowered = lowest !== undefined && lowest !== asked;
  const { ttlSeconds = Number.POSITIVE_INFINITY } = rest;
  const longest = isLowered ? Math.min(ttlSeconds, lowest!.maxDurationSeconds) : ttlSeconds;
  return {
    ...under,
    allow: true,
    obligations: {
      ...rest,
      ...(Number.isFinite(longest) && { ttlSeconds: longest }),
      ...(pools && { pools: wholePlaces(configuration, pools) }),
      ...(isLowered && { class: lowest!.name }),
    },
  };
}

function wholePlaces(
  configuration: Configuration,
  pools: NonNullable<Obligations['pools']>,
): NonNullable<Obligations['pools']> {
  const catalogue = catalogueOf(configuration);
  return Object.fromEntries(
    Object.entries(pools).map(([kind, ids]) => [
      kind,
      ids.filter((id) => catalogue.placeOf(id)?.pools.every((pool) => ids.includes(pool.id)) ?? true),
    ]),
  );
}

/**
 * The facts a policy sees of one request. An agent that the configuration no longer knows has no roles and the least clearance: a level
 * that is none would be a faulty row, and hide what is wrong with the agent.
 */
export function gateRow(configuration: Configuration, request: ResourceRequest): GateRow {
  const agent = lookupOf(configuration).agents.get(request.agent);
  return {
    department: request.department,
    agent: request.agent,
    roles: agent?.roles ?? [],
    skills: agent?.skills ?? [],
    clearance: agent ? CLASSIFICATIONS.indexOf(agent.clearance) : 0,
    class: request.terms.class,
    classification: CLASSIFICATIONS.indexOf(request.terms.classification),
    purpose: request.terms.purpose,
    durationSeconds: request.terms.durationSeconds,
    preemptible: request.terms.preemptible,
    quantities: largestQuantities(request),
    ...poolFactsOf(configuration, request),
    ...timeFactsOf(request.submittedAt),
  };
}

const HOUR_MS = 3_600_000;
/** 1 January 1970 was a Thursday, and Monday is 0. */
const WEEKDAY_OF_EPOCH = 3;

/** Of its submission and not of the tick: whenever it is judged again, it came at the same hour. */
function timeFactsOf(submittedAt: Instant): Pick<GateRow, 'hour' | 'weekday'> {
  const hours = Math.floor(submittedAt / HOUR_MS);
  return { hour: hours % 24, weekday: (Math.floor(hours / 24) + WEEKDAY_OF_EPOCH) % 7 };
}

/** Summed up to the largest whole amount: an option that nobody could ever serve must not stop the tick that finds another one for its request. */
function largestQuantities(request: ResourceRequest): Record<string, number> {
  const largest = new Map<string, number>();
  for (const option of request.options) {
    const totals = new Map<string, number>();
    for (const { kind, quantity } of option.claims)
      totals.set(kind, Math.min(Number.MAX_SAFE_INTEGER, (totals.get(kind) ?? 0) + quantity));
    for (const [kind, total] of totals) largest.set(kind, Math.max(largest.get(kind) ?? 0, total));
  }
  return Object.fromEntries(largest);
}
