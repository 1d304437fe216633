// The callers' own record of what a server acknowledged, and what a database must hold of it.
// Invariant: an act stands here from the moment its answer arrived, and only then. Used by the crash rig.

import type { StoreDump } from '../../adapters/memory/tables.ts';
import type { SubmitBody } from '../../api/client/index.ts';

export interface AcknowledgedSubmit {
  readonly agent: string;
  readonly body: SubmitBody;
  readonly id: string;
}

export interface Acknowledged {
  readonly submits: AcknowledgedSubmit[];
  /** Sent, but the answer never came, or was that the store gave none: written or not. */
  readonly unanswered: { readonly agent: string; readonly body: SubmitBody }[];
  readonly releases: string[];
  /** Requests. */
  readonly cancels: string[];
  /** Lease -> when the last heartbeat that was acknowledged had been sent. */
  readonly heartbeats: Map<string, number>;
}

export function nothingAcknowledged(): Acknowledged {
  return { submits: [], unanswered: [], releases: [], cancels: [], heartbeats: new Map() };
}

/** One line for each acknowledged act that the database does not know, or that led to nothing. The cell is at rest: nothing waits to be folded. */
export function lostActs(
  acknowledged: Acknowledged,
  found: { readonly dump: StoreDump; readonly heartbeats: ReadonlyMap<string, number> },
): string[] {
  const { dump } = found;
  const requests = new Map(dump.request.map((row) => [row.id, row]));
  const leases = new Map(dump.lease.map((row) => [row.id, row]));
  const leaseOf = new Map(dump.lease.map((row) => [row.request_id, row]));
  const folded = new Set(
    dump.intake.filter((row) => row.tick !== null).map((row) => `${row.act} ${row.object_id}`),
  );
  const lost: string[] = [];
  for (const { id, agent, body } of acknowledged.submits) {
    const row = requests.get(id);
    if (row === undefined) lost.push(`submit ${body.clientRequestId} of ${agent}: no request ${id}`);
    else if (row.state === 'queued') lost.push(`submit ${body.clientRequestId}: ${id} has no decision`);
    else if (row.agent_id !== agent || row.document.clientRequestId !== body.clientRequestId)
      lost.push(`submit ${body.clientRequestId}: ${id} is another's`);
  }
  for (const lease of acknowledged.releases) {
    // What a cancel has released already is answered the same again, and needs no row of its own.
    const cancelled = folded.has(`cancel ${leases.get(lease)?.request_id}`);
    if (!folded.has(`release ${lease}`) && !cancelled) lost.push(`release of ${lease} was never folded`);
    else if (leases.get(lease)?.ended_at_ms == null) lost.push(`release of ${lease}: it is still held`);
  }
  for (const request of acknowledged.cancels) {
    const live = leaseOf.get(request)?.ended_at_ms === null;
    if (!folded.has(`cancel ${request}`)) lost.push(`cancel of ${request} was never folded`);
    else if (live || isOpen(requests.get(request)?.state)) lost.push(`cancel of ${request}: it goes on`);
  }
  for (const [lease, at] of acknowledged.heartbeats) {
    if ((found.heartbeats.get(lease) ?? 0) < at) lost.push(`heartbeat of ${lease} at ${at} is not recorded`);
  }
  return lost;
}

function isOpen(state: string | undefined): boolean {
  return state === undefined || state === 'queued' || state === 'waiting';
}
