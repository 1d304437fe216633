// A small world in virtual time around the production tick: requests come, leases end when they said or are given back early.
// Invariant: a tick at every instant at which anything happens and at none else; what was promised and what became of it is kept for the test.

import type { Change, Lease, RequestId, StartReservation } from '../../../scheduler/index.ts';
import type { RequestBuilder } from '../../support/builders.ts';
import { intake, submitted, type TickRig } from './tickRig.ts';

export interface Arrival {
  readonly at: number;
  readonly request: RequestBuilder;
  /** Given back when so much of its time is over, in percent; 100: it ends by itself. */
  readonly usedPercent: number;
}

export interface Story {
  /** Of each request that was promised a start: what was promised last, and when it was granted. */
  readonly promised: Map<RequestId, StartReservation>;
  readonly grantedAt: Map<RequestId, number>;
  readonly changes: { readonly at: number; readonly change: Change }[];
}

/** That one instant may ask for: each of those that wait may come with a turn of its own. */
const TURNS_MOST = 200;

function endOf({ revocation, endsAt }: Lease): number {
  return revocation?.graceEndsAt ?? endsAt;
}

/** `after` is called behind every turn. */
export async function live(
  rig: TickRig,
  arrivals: readonly Arrival[],
  until: number,
  after: (now: number) => void = () => {},
): Promise<Story> {
  const story: Story = { promised: new Map(), grantedAt: new Map(), changes: [] };
  const usedPercent = new Map(arrivals.map(({ request, usedPercent: used }) => [request.build().id, used]));
  const coming = [...arrivals].sort((a, b) => a.at - b.at);
  const targets = rig.state.configuration.classes.map(({ targetWaitSeconds }) => targetWaitSeconds * 1000);
  let now = Number.NEGATIVE_INFINITY;
  for (;;) {
    const next = nextInstant();
    if (next === null || next > until) return story;
    now = next;
    await turn(now);
    after(now);
  }

  function giveBackAt({ request, grantedAt, endsAt }: Lease): number {
    const percent = usedPercent.get(request) ?? 100;
    return grantedAt + Math.floor(((endsAt - grantedAt) * percent) / 100);
  }

  function nextInstant(): number | null {
    const instants = [
      ...coming.slice(0, 1).map(({ at }) => at),
      ...[...rig.state.leases.values()].flatMap((lease) => [endOf(lease), giveBackAt(lease)]),
      ...[...rig.state.reserved.values()].map(({ startsAt }) => startsAt),
      ...[...rig.state.requests.values()].flatMap(({ request }) =>
        targets.map((target) => request.submittedAt + target),
      ),
    ];
    const later = instants.filter((at) => at > now);
    return later.length === 0 ? null : Math.min(...later);
  }

  async function turn(at: number): Promise<void> {
    const rows = [...rig.state.leases.values()]
      .filter((lease) => giveBackAt(lease) <= at && lease.endsAt > at)
      .map(({ id, epoch, department, agent }) =>
        intake({ type: 'release', lease: id, epoch }, { department, agent }, at),
      );
    while (coming[0] !== undefined && coming[0].at <= at) {
      const { request } = coming.shift()!;
      rows.push(submitted(request.build(), at));
    }
    const before = rig.commits.length;
    let result = await rig.tick({ rows, now: at });
    for (let more = 0; result.type === 'committed' && result.again; more++) {
      if (more === TURNS_MOST) throw new Error(`asks for a turn for ever at ${at}`);
      result = await rig.tick({ now: at });
    }
    for (const { changes } of rig.commits.slice(before)) for (const change of changes) note(at, change);
  }

  function note(at: number, change: Change): void {
    story.changes.push({ at, change });
    if (change.type === 'reservationMade' || change.type === 'reservationMoved')
      story.promised.set(change.reservation.request, change.reservation);
    if (change.type === 'leaseGranted') story.grantedAt.set(change.lease.request, at);
  }
}
