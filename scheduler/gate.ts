// Step 2 of the tick: one batched policy evaluation over requests without a verdict under the policy and data in force.
// Invariant: no request passes without a recorded allow of this revision; error or timeout is deny. Called by tick.ts alone.

import { apply } from './domain/apply.ts';
import type { Change } from './domain/change.ts';
import { CLASSIFICATIONS, type Configuration } from './domain/configuration.ts';
import { lookupOf } from './domain/lookup.ts';
import type { PendingRequest, ResourceRequest } from './domain/request.ts';
import type { State } from './domain/state.ts';
import type { GateRow, PolicyGate } from './ports.ts';

export async function gate(state: State, policy: PolicyGate, tick: string): Promise<Change[]> {
  const { policyRevision, dataRevision } = policy;
  const open: PendingRequest[] = [];
  for (const pending of state.requests.values()) {
    const { verdict } = pending;
    if (verdict?.policyRevision === policyRevision && verdict.dataRevision === dataRevision) continue;
    open.push(pending);
  }
  if (open.length === 0) return [];
  const rows = open.map((pending) => gateRow(state.configuration, pending.request));
  const verdicts = await policy.evaluate(tick, rows);
  if (verdicts.length !== rows.length)
    throw new Error(`policy answered ${verdicts.length} of ${rows.length} rows`);
  const changes: Change[] = [];
  open.forEach(({ request }, i) => {
    const verdict = verdicts[i];
    if (verdict === undefined) throw new Error(`no verdict for row ${i}`);
    changes.push({ type: 'verdictRecorded', request: request.id, verdict });
    if (verdict.allow) return;
    changes.push({
      type: 'decided',
      request: request.id,
      department: request.department,
      agent: request.agent,
      outcome: 'denied',
      reasons: [{ code: 'POLICY_DENIED', rules: verdict.codes, policyRevision: verdict.policyRevision }],
      lease: null,
    });
  });
  for (const change of changes) apply(state, change);
  return changes;
}

/** The facts a policy sees of one request. An agent that the configuration no longer knows has no roles and no clearance. */
export function gateRow(configuration: Configuration, request: ResourceRequest): GateRow {
  const agent = lookupOf(configuration).agents.get(request.agent);
  return {
    department: request.department,
    agent: request.agent,
    roles: agent?.roles ?? [],
    skills: agent?.skills ?? [],
    clearance: agent ? CLASSIFICATIONS.indexOf(agent.clearance) : -1,
    class: request.terms.class,
    classification: CLASSIFICATIONS.indexOf(request.terms.classification),
    purpose: request.terms.purpose,
    durationSeconds: request.terms.durationSeconds,
    preemptible: request.terms.preemptible,
    quantities: largestQuantities(request),
  };
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
