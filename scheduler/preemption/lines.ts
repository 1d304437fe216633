// What a snapshot's digest says of leases that may be taken back and of earmarks: a line each, and none at all while there are neither.
// Invariant: everything that the planning of revocations reads of them is in their lines. Called by snapshotDigest.

import type { Earmark } from '../domain/earmark.ts';
import type { HeldLease, Snapshot } from '../snapshot.ts';

export function linesOfPreemption({
  held,
  earmarks,
  outsideTick,
  nomineeTurn,
  requests,
}: Snapshot): string[] {
  const lines: string[] = [];
  for (const one of held) lines.push(lineOfLease(one));
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

/** What does not change while a lease lives is written once: thousands of leases stand in many snapshots. */
const known = new WeakMap<HeldLease['lease'], string>();

function lineOfLease({ lease, request, checkpointAt }: HeldLease): string {
  let line = known.get(lease);
  if (line === undefined) {
    const { id, state, grantedAt, activatedAt, endsAt, borrowed, revocation, allocations } = lease;
    const { class: priority, durationSeconds, preemptible, gang } = request.terms;
    const units = allocations.map(({ pool, window, quantity, exclusive }) => [
      pool,
      window,
      quantity,
      exclusive,
    ]);
    line = `h ${id} ${state} ${grantedAt} ${activatedAt} ${endsAt} ${request.restart?.revocations ?? 0} ${JSON.stringify(
      [
        lease.department,
        priority,
        durationSeconds,
        preemptible,
        gang?.id,
        request.submittedAt,
        borrowed,
        revocation,
        units,
        request.options,
      ],
    )}`;
    known.set(lease, line);
  }
  return `${line} ${checkpointAt ?? ''}`;
}

function lineOfEarmark({
  request,
  option,
  units,
  reservations,
  victims,
  madeAt,
  graceEndsAt,
}: Earmark): string {
  return `m ${request} ${option} ${madeAt} ${graceEndsAt} ${JSON.stringify([units, reservations, victims])}`;
}
