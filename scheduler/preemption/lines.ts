// What a snapshot's digest says of leases that may be taken back and of earmarks: a line each, and none at all while there are neither.
// Invariant: everything that the planning of revocations reads of them is in their lines. Called by snapshotDigest.

import type { Earmark } from '../domain/earmark.ts';
import type { Digest } from '../ports.ts';
import type { HeldLease, Snapshot } from '../snapshot.ts';

export function linesOfPreemption(snapshot: Snapshot, digest: Digest): string[] {
  const { held, earmarks, outsideTick, nomineeTurn, requests } = snapshot;
  const lines: string[] = [];
  for (const one of held) lines.push(lineOfLease(one, digest));
  for (const earmark of earmarks) lines.push(lineOfEarmark(earmark));
  let restarts = 0;
  for (const { request } of requests) {
    if (request.restart === undefined) continue;
    const { of, revocations, tick } = request.restart;
    lines.push(`b ${request.id} ${of} ${revocations} ${tick}`);
    restarts += 1;
  }
  if (restarts > 0) lines.push(`o ${outsideTick}`);
  if (nomineeTurn !== undefined) lines.push(`n ${nomineeTurn.rank} ${nomineeTurn.sequence}`);
  return lines;
}

/** What does not change while a lease stands as it is is digested once: thousands of leases stand in many snapshots. */
const known = new WeakMap<HeldLease['lease'], string>();

function lineOfLease({ lease, request, checkpointAt }: HeldLease, digest: Digest): string {
  let line = known.get(lease);
  if (line === undefined) {
    line = `h ${lease.id} ${digest([JSON.stringify([factsOf(lease), wishOf(request)])]).slice(0, 32)}`;
    known.set(lease, line);
  }
  return `${line} ${checkpointAt ?? ''}`;
}

function factsOf({ allocations, revocation, ...lease }: HeldLease['lease']): unknown[] {
  const { department, state, grantedAt, activatedAt, endsAt, borrowed } = lease;
  const units = allocations.map(({ pool, window, quantity, exclusive }) => [
    pool,
    window,
    quantity,
    exclusive,
  ]);
  const notice = revocation && [
    revocation.right,
    revocation.since,
    revocation.graceEndsAt,
    revocation.request,
  ];
  return [department, state, grantedAt, activatedAt, endsAt, borrowed, notice, units];
}

function wishOf({ options, terms, submittedAt, restart }: HeldLease['request']): unknown[] {
  const { class: priority, durationSeconds, preemptible, gang } = terms;
  return [priority, durationSeconds, preemptible, gang?.id, submittedAt, restart?.revocations, options];
}

function lineOfEarmark(earmark: Earmark): string {
  const { request, option, units, reservations, victims, madeAt, graceEndsAt, endsAt } = earmark;
  const until = endsAt === undefined ? '' : ` ${endsAt}`;
  return `m ${request} ${option} ${madeAt} ${graceEndsAt}${until} ${JSON.stringify([units, reservations, victims])}`;
}
