// What a policy says beyond single requests, in the scheduler's words: constraints become rows, weights and separations.
// Invariant: one object for one answer of the policy, so that whoever remembers by it need not look twice; nothing is judged here that the
// policy layer or the scheduler judges. Called by policyGate.ts, and by the tests that join the two.

import type { ConstraintSelector, PolicyConstraint, PolicyConstraints } from '../../policies/index.ts';
import {
  CLASSIFICATIONS,
  type Configuration,
  type PolicyRow,
  type PolicyRules,
  type PolicyWeight,
  policyProblems,
  type RowSelector,
  type Separation,
  strangersOf,
} from '../../scheduler/index.ts';

const known = new WeakMap<PolicyConstraints, PolicyRules>();

/** Throws when the scheduler finds fault with what the policy layer let through: one of the two is wrong. */
export function rulesOf(constraints: PolicyConstraints): PolicyRules {
  let rules = known.get(constraints);
  if (rules === undefined) {
    rules = inRows(constraints.list);
    const problems = policyProblems(rules);
    if (problems.length > 0) throw new Error(`constraints that make no program: ${problems.join('; ')}`);
    known.set(constraints, rules);
  }
  return rules;
}

/** What whoever runs the cell should know: faults and names that nothing answers to. Empty: nothing. */
export function ruleProblems(constraints: PolicyConstraints, configuration: Configuration): string[] {
  return [...constraints.problems, ...strangersOf(rulesOf(constraints), configuration)];
}

function inRows(list: readonly PolicyConstraint[]): PolicyRules {
  const rows: PolicyRow[] = [];
  const weights: PolicyWeight[] = [];
  const separations: Separation[] = [];
  for (const constraint of list) {
    const { id, code, policy, mode, remedy } = constraint;
    const from = { id, code, policy, ...(mode !== 'enforce' && { mode }) };
    switch (constraint.kind) {
      case 'sum': {
        const { terms, op, rhs, price } = constraint;
        rows.push({
          ...from,
          terms: terms.map(({ over, coef, per }) => ({ selector: selectorOf(over), coefficient: coef, per })),
          limit: rhs,
          ...(price !== null && { price, ...(op !== '<=' && { op }) }),
          remedy,
        });
        break;
      }
      case 'weight':
        weights.push({ ...from, selector: selectorOf(constraint.over), coefficient: constraint.coef });
        break;
      case 'separation': {
        const [first, second] = constraint.sides;
        separations.push({ ...from, sides: [selectorOf(first), selectorOf(second)], remedy });
        break;
      }
      default:
        constraint satisfies never;
    }
  }
  return { rows, weights, separations };
}

function selectorOf({ classifications, ...same }: ConstraintSelector): RowSelector {
  if (classifications === undefined) return same;
  return { ...same, classifications: classifications.map((level) => CLASSIFICATIONS[level]!) };
}
