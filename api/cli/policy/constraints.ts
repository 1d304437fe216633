// How constraints read in words: "1 x unit of {kinds: gpu} <= 16". Called by evaluate.ts.
// Invariant: what is said is what the engine answered, parts in the engine's order.
import type { ConstraintSelector, PolicyConstraint, PolicyConstraints } from '../../../policies/index.ts';
import { table } from './print.ts';

/** A table of all constraints, and what is odd of them. Empty where there are none. */
export function showConstraints({ list, problems }: PolicyConstraints): string[] {
  if (list.length === 0) return problems.map((problem) => `! ${problem}`);
  const rows = list.map((one) => [one.id, one.mode, said(one), costOf(one), one.remedy]);
  return [
    ...table([['constraint', 'mode', 'row', 'price', 'remedy'], ...rows]),
    ...problems.map((problem) => `! ${problem}`),
  ];
}

function costOf(constraint: PolicyConstraint): string {
  if (constraint.kind !== 'sum') return '-';
  return constraint.price === null ? 'hard' : `${constraint.price}`;
}

function said(constraint: PolicyConstraint): string {
  switch (constraint.kind) {
    case 'sum': {
      const { terms, op, rhs } = constraint;
      const sum = terms.map(({ over, coef, per }) => `${coef} x ${per} of ${selected(over)}`).join(' + ');
      return `${sum} ${op} ${rhs}`;
    }
    case 'weight':
      return `${constraint.coef > 0 ? '+' : ''}${constraint.coef} a grant of ${selected(constraint.over)}`;
    case 'separation':
      return `one agent: ${constraint.sides.map(selected).join(' or ')}`;
    default:
      return constraint satisfies never;
  }
}

function selected(over: ConstraintSelector): string {
  const { labels = {}, ...lists } = over;
  const parts = [...Object.entries(lists), ...Object.entries(labels)].map(
    ([part, values]) => `${part}: ${values.join(', ')}`,
  );
  return parts.length === 0 ? 'everything' : `{${parts.join('; ')}}`;
}
