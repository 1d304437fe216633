// The record of allotments that files have changed: an intake command like any edit, so that the leader commits it, and seals it in the audit.
// Invariant: made whenever what a cell is allotted of something shared is another than before; an idle cell commits it all the same, which is
// what gives the units free. Called by establishConfiguration.ts.

import type { Configuration, Digest, IntakeActor } from '../../scheduler/index.ts';
import type { ConfigurationSwap } from '../ports.ts';

/** Nobody acts: the operator who wrote the files is known to whoever keeps the files. */
const SUBJECT = 'organisation-files';

export function allotmentAct(
  before: Configuration | null,
  to: Configuration,
  digest: Digest,
): ConfigurationSwap['act'] {
  if (before === null) return null;
  const shared = new Set([...namesOf(before), ...namesOf(to)]);
  const [had, has] = [before, to].map((one) => partsOf(one, shared)) as [Parts, Parts];
  // A period that begins or is over is no change of what was allotted.
  const changed = [...new Set([...had.keys(), ...has.keys()])].filter(
    (key) =>
      had.get(key) !== has.get(key) && !(key.startsWith('account/') && !(had.has(key) && has.has(key))),
  );
  const [department] = to.departments;
  if (changed.length === 0 || department === undefined) return null;
  const tagOf = (parts: Parts): string => digest([JSON.stringify([...parts])]).slice(0, 32);
  const actor: IntakeActor = { subject: SUBJECT, department: department.id, agent: null };
  const command = { type: 'edit', object: 'allotments', before: tagOf(had), after: tagOf(has) } as const;
  return { actor, command: { ...command, revision: to.revision } };
}

type Parts = ReadonlyMap<string, number>;

function namesOf({ cells }: Configuration): string[] {
  return [
    ...(cells?.pools ?? []).map(({ pool }) => `pool/${pool}`),
    ...(cells?.accounts ?? []).map(({ account }) => `account/${account}`),
  ];
}

function partsOf({ pools, accounts }: Configuration, shared: ReadonlySet<string>): Parts {
  const parts = new Map<string, number>();
  for (const { id, capacity } of pools) if (shared.has(`pool/${id}`)) parts.set(`pool/${id}`, capacity);
  for (const { id, periods } of accounts) {
    if (!shared.has(`account/${id}`)) continue;
    for (const period of periods)
      parts.set(`account/${id}/${period.id}`, period.budget + (period.overcommit ?? 0));
  }
  return parts;
}
