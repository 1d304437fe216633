// Joins the policy service to the scheduler's gate: the organisation as policy data, a Verdict as what the tick records.
// Invariant: a verdict carries the revisions it was made under, and the obligations of an allow; those that cannot be kept together deny. Used by the composition roots.

import {
  combineObligations,
  type DecisionLog,
  type LivePolicy,
  type PolicyData,
  type PolicyService,
  type Verdict,
} from '../../policies/index.ts';
import type {
  Configuration,
  Instant,
  Obligations,
  PolicyGate,
  RecordedVerdict,
  Stopwatch,
} from '../../scheduler/index.ts';
import { policyDataOf } from '../policyData.ts';
import { ruleProblems, rulesOf } from './policyRules.ts';

/** Where each answer is written down. */
export interface GateLog {
  readonly decisions: DecisionLog;
  readonly now: () => Instant;
  readonly stopwatch: Stopwatch;
}

export interface GateListeners {
  readonly log?: GateLog;
  /** Hears of constraints that are faulty under a new organisation, or name what it does not have. */
  readonly tell?: (line: string) => void;
}

export interface ForeseeingGate extends PolicyGate {
  /** What the next ticks are likely to adopt: the one that does then waits for a swap and not for a load. */
  foresee(configuration: Configuration): Promise<void>;
}

export function policyGate(
  service: PolicyService & Partial<Pick<LivePolicy, 'foresee'>>,
  { log, tell }: GateListeners = {},
): ForeseeingGate {
  let ahead: PolicyData | undefined;
  // One object a revision: the service tells by it what it has loaded already.
  const dataOf = (configuration: Configuration): PolicyData =>
    ahead?.revision === configuration.revision ? ahead : policyDataOf(configuration);
  return {
    async foresee(configuration) {
      ahead = dataOf(configuration);
      await service.foresee?.(ahead);
    },
    get policyRevision() {
      return service.revision;
    },
    get dataRevision() {
      return service.dataRevision;
    },
    get rules() {
      return rulesOf(service.constraints);
    },
    async adopt(configuration) {
      if (service.dataRevision !== configuration.revision)
        await service.activate({ data: dataOf(configuration) });
      for (const problem of ruleProblems(service.constraints, configuration)) tell?.(`policy: ${problem}`);
    },
    async evaluate(tick, rows, requests = []) {
      for (;;) {
        const { revision, dataRevision } = service;
        const startedMs = log?.stopwatch.elapsedMs() ?? 0;
        const verdicts = await service.evaluate({ tick, rows });
        // An activation that was under way came first: these may be the verdicts of what it brought.
        if (service.revision !== revision || service.dataRevision !== dataRevision) continue;
        const under = { policyRevision: revision, dataRevision };
        if (log) {
          const { now, stopwatch, decisions } = log;
          const tookMs = Math.round((stopwatch.elapsedMs() - startedMs) * 1000) / 1000;
          decisions.add({ at: now(), tick, ...under, tookMs, rows, requests, verdicts });
        }
        return verdicts.map((verdict) => record(verdict, under));
      }
    },
  };
}

function record(
  verdict: Verdict,
  under: Pick<RecordedVerdict, 'policyRevision' | 'dataRevision'>,
): RecordedVerdict {
  if (verdict.outcome === 'deny') return { allow: false, codes: verdict.codes, ...under };
  if (verdict.obligations.length === 0) return { allow: true, codes: [], ...under };
  const duties = combineObligations(verdict.obligations);
  if (duties === null) return { allow: false, codes: ['OBLIGATION_CONFLICT'], ...under };
  return { allow: true, codes: [], ...under, obligations: duties as Obligations };
}
