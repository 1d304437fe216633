// Which of the policy's sums and separations a plan leaves on their wrong side: soft ones that were passed, hard ones that were broken before,
// and those that are only looked at (warn, dryrun). Invariant: by the checker's arithmetic, over leases and plan together; decides nothing.
// Called by tick.ts for the record, and by verifyTick.ts.

import type { Plan } from './domain/plan.ts';
import type { RuleStanding } from './domain/tickRecord.ts';
import type { Snapshot } from './snapshot.ts';
import { rulesWith } from './tallyPolicy.ts';

/** Rows in their order, then separations. Empty: all are on the right side. */
export function policyStandings(snapshot: Snapshot, { assignments }: Plan): RuleStanding[] {
  const taken = assignments.map(({ request, allocations }) => ({ request, units: allocations }));
  const { policyRows = [], separations = [] } = rulesWith(snapshot, taken);
  const rows = policyRows.flatMap(({ row, held: sum }): RuleStanding[] => {
    const { id, limit, op = '<=', mode = 'enforce' } = row;
    const isPassed = (sum > limit && op !== '>=') || (sum < limit && op !== '<=');
    return isPassed ? [{ id, mode, op, sum, limit }] : [];
  });
  const apart = separations.flatMap(({ separation, held }): RuleStanding[] => {
    const { id, mode = 'enforce' } = separation;
    const agents = held.filter(([, first, second]) => first > 0 && second > 0).length;
    return agents === 0 ? [] : [{ id, mode, op: '<=', sum: agents, limit: 0 }];
  });
  return [...rows, ...apart];
}

/** "BATCH_H100 (warn): 70, and <= 64 is wanted". */
export function standingInWords({ id, mode, op, sum, limit }: RuleStanding): string {
  return `${id} (${mode}): ${sum}, and ${op} ${limit} is wanted`;
}
