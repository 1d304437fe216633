// Whether all members of a gang together pass the quota, cohort, policy and account rows, by present use. Called by gangs.ts.
// Invariant: exact sums over the members; a combination that passes, and fits its places, fits alone in the program.

import type { DepartmentId } from '../domain/ids.ts';
import type { Instant } from '../domain/quantity.ts';
import { accountKey, quotaKey } from '../domain/state.ts';
import type { PayingAccount } from './catalogue.ts';
import type { Taking } from './checkpoints.ts';
import type { GangPart } from './gangs.ts';
import { heldUntil } from './openings.ts';
import { demandOf } from './quota.ts';
import type { Room } from './room.ts';

export function fitsTogether(parts: readonly GangPart[], room: Room): boolean {
  return (
    sharesTogether(parts, room) &&
    policyTogether(parts, room) &&
    affordsTogether(parts, room) &&
    room.checkpoints.shortage(takingsOf(parts, room.now)) === null
  );
}

export function takingsOf(parts: readonly GangPart[], now: Instant): Taking[] {
  return parts.map(({ pending, priced: { choices } }) => ({
    department: pending.request.department,
    choices,
    endsAt: heldUntil(choices, pending.request.terms, now),
  }));
}

/** sum q <= N + B - U per department and kind; sum of the growth beyond guarantees <= what their cohorts can still lend. */
export function sharesTogether(parts: readonly GangPart[], room: Room): boolean {
  const wanted = new Map<string, { department: DepartmentId; kind: string; quantity: number }>();
  for (const { pending, priced } of parts) {
    const { department } = pending.request;
    for (const [kind, quantity] of demandOf(priced.choices)) {
      const key = quotaKey(department, kind);
      wanted.set(key, { department, kind, quantity: (wanted.get(key)?.quantity ?? 0) + quantity });
    }
  }
  return room.quotas.fitsAll([...wanted.values()]);
}

export function policyTogether(parts: readonly GangPart[], { policy }: Room): boolean {
  return policy.fitsAll(parts.map(({ pending: { request }, priced: { choices } }) => ({ request, choices })));
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
  return parts.every((part) => {
    const { agent, terms } = part.pending.request;
    return room.catalogue.payersOf(agent, terms.class).every((paying) => charge(paying, part));
  });
}
