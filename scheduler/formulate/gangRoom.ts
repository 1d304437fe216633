// Whether all members of a gang together pass the quota, cohort and account rows, by present use. Called by gangs.ts.
// Invariant: exact sums over the members; a combination that passes, and fits its places, fits alone in the program.

import { accountKey } from '../domain/state.ts';
import type { PayingAccount } from './catalogue.ts';
import type { Taking } from './checkpoints.ts';
import type { GangPart } from './gangs.ts';
import { demandOf } from './quota.ts';
import type { Room } from './room.ts';

export function fitsTogether(parts: readonly GangPart[], room: Room): boolean {
  return (
    sharesTogether(parts, room) &&
    affordsTogether(parts, room) &&
    room.checkpoints.shortage(takingsOf(parts)) === null
  );
}

export function takingsOf(parts: readonly GangPart[]): Taking[] {
  return parts.map(({ pending, priced: { choices, endsAt } }) => ({
    department: pending.request.department,
    choices,
    endsAt,
  }));
}

/** sum q <= N + B - U per department and kind; sum of the growth beyond guarantees <= what the cohort can still lend. */
export function sharesTogether(parts: readonly GangPart[], room: Room): boolean {
  const wanted = new Map<
    string,
    { department: GangPart['pending']['request']['department']; kind: string; units: number }
  >();
  for (const { pending, priced } of parts) {
    const { department } = pending.request;
    for (const [kind, quantity] of demandOf(priced.choices)) {
      const key = `${department}/${kind}`;
      wanted.set(key, { department, kind, units: (wanted.get(key)?.units ?? 0) + quantity });
    }
  }
  const borrowed = new Map<string, number>();
  for (const { department, kind, units } of wanted.values()) {
    const standing = room.quotas.standing(department, kind);
    if (standing === null) continue;
    if (units > standing.room) return false;
    const { cohort, quota } = standing.share;
    if (cohort === null) continue;
    const growth = room.quotas.excessOf(quota, units) - room.quotas.excessOf(quota, 0);
    const sum = (borrowed.get(cohort.id) ?? 0) + growth;
    borrowed.set(cohort.id, sum);
    if (growth > 0 && sum > cohort.lendable - room.quotas.borrowed(cohort)) return false;
  }
  return true;
}

export function affordsTogether(parts: readonly GangPart[], room: Room): boolean {
  const due = new Map<string, number>();
  const charge = (paying: PayingAccount, part: GangPart): boolean => {
    const cost = part.priced.costOf(paying.tariff);
    if (cost === null) return false;
    const rooms = room.accounts.of(paying);
    return cost.every(({ period, amount }) => {
      const key = accountKey(paying.account.id, `${period}`);
      const sum = (due.get(key) ?? 0) + amount;
      due.set(key, sum);
      return sum <= rooms[period]!;
    });
  };
  return parts.every((part) =>
    room.catalogue.payersOf(part.pending.request.agent).every((paying) => charge(paying, part)),
  );
}
