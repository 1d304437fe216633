// S9: a lease never moves back, and its capacity returns once. Every way to end a lease, met by every other; a memory that revives the dead.
import { afterEach, describe, expect, it } from 'vitest';
import type { StoreDump } from '../../adapters/memory/tables.ts';
import type { IntakeCommand, Lease, ResourceRequest } from '../../scheduler/index.ts';
import { aConfiguration, aPool, aRequest } from '../support/builders.ts';
import { checkPromises } from '../support/promises.ts';
import { type Leader, type LiveCell, liveCell } from './liveCell.ts';

let cell: LiveCell;
afterEach(() => cell.close());

const organisation = () => aConfiguration().pool(aPool('gpu-a').gpu(10), aPool('licence-a').license(10));

function used(dump: StoreDump): Record<string, number> {
  return Object.fromEntries(dump.capacity_use.map((row) => [row.key, row.used]));
}

async function granted(): Promise<{ leader: Leader; request: ResourceRequest; lease: Lease }> {
  cell = await liveCell(organisation());
  const leader = await cell.elect();
  const request = aRequest(1).gpu(4).claim('license', 2).build();
  await cell.submit(request);
  await leader.settle();
  return { leader, request, lease: leader.leaseOf(request) };
}

const beat = (lease: Lease) =>
  cell.adapter.heartbeatWriter.heartbeat(
    { type: 'all', department: lease.department },
    lease.id,
    lease.epoch,
  );

/** The tick sees this instant, and has heard of every heartbeat before it. */
async function tickAt(leader: Leader, now: number): Promise<void> {
  const { ports } = leader;
  leader.ports = {
    ...ports,
    intake: { take: async (...asked) => ({ ...(await ports.intake.take(...asked)), now }) },
    heartbeats: {
      since: async (...asked) => ({ ...(await ports.heartbeats.since(...asked)), readThrough: now }),
    },
  };
  await leader.tick();
  leader.ports = ports;
}

type Ending = (lease: Lease, request: ResourceRequest) => IntakeCommand;
const numbers = { extension: 0 };
const ENDINGS: Readonly<Record<string, Ending>> = {
  release: ({ id, epoch }) => ({ type: 'release', lease: id, epoch }),
  cancel: (_lease, { id }) => ({ type: 'cancel', request: id }),
  extension: ({ id, epoch }) => {
    numbers.extension += 1;
    return { type: 'extend', extension: `ext_${numbers.extension}` as never, lease: id, epoch, seconds: 60 };
  },
};
const PAIRS = Object.keys(ENDINGS).flatMap((first) =>
  Object.keys(ENDINGS).map((second) => [first, second] as const),
);

describe('S9 a lease never moves back, its capacity returns once', () => {
  it.each(PAIRS)('when a %s meets a %s in one tick, and both come again', async (first, second) => {
    const { leader, request, lease } = await granted();
    for (const name of [first, second]) await cell.act(ENDINGS[name]!(lease, request), lease);
    await leader.settle();
    for (const name of [first, second]) await cell.act(ENDINGS[name]!(lease, request), lease);
    await cell.act(ENDINGS.release!(lease, request), lease);
    await leader.settle();
    const dump = await cell.dump();
    expect(dump.lease).toMatchObject([{ state: 'released' }]);
    // Nobody had taken it up: its licences are as good as new.
    expect(used(dump)).toEqual({ 'gpu-a': 0, 'licence-a': 0 });
    const ends = dump.event.filter((row) => row.type === 'annona.lease.released.v1');
    expect(ends).toHaveLength(1);
    expect(checkPromises(dump)).toEqual([]);
  });

  it('when it was taken up: what is consumable stays consumed, the rest returns once', async () => {
    const { leader, request, lease } = await granted();
    expect((await beat(lease)).type).toBe('recorded');
    await tickAt(leader, lease.grantedAt + 2000);
    expect((await cell.dump()).lease).toMatchObject([{ state: 'active' }]);
    for (const end of [ENDINGS.release!, ENDINGS.cancel!]) await cell.act(end(lease, request), lease);
    await leader.settle();
    expect(used(await cell.dump())).toEqual({ 'gpu-a': 0, 'licence-a': 2 });
    expect(checkPromises(await cell.dump())).toEqual([]);
  });

  it.each([
    ['its start limit', (lease: Lease) => lease.startLimitAt + 1, 'startLimit'],
    ['its last second', (lease: Lease) => lease.endsAt, 'duration'],
  ] as const)('when %s passes in the tick that folds its release', async (_what, at, wantCause) => {
    const { leader, request, lease } = await granted();
    await cell.act(ENDINGS.release!(lease, request), lease);
    await tickAt(leader, at(lease));
    const dump = await cell.dump();
    expect(dump.lease).toMatchObject([{ state: 'expired', end_cause: wantCause }]);
    expect(used(dump)['gpu-a']).toBe(0);
    expect(checkPromises(dump)).toEqual([]);
  });

  it('and a heartbeat after the end is told so and changes nothing', async () => {
    const { leader, request, lease } = await granted();
    await cell.act(ENDINGS.release!(lease, request), lease);
    await leader.settle();
    const before = await cell.dump();
    expect(await beat(lease)).toEqual({ type: 'ended', state: 'released' });
    await leader.settle();
    expect(await cell.dump()).toEqual(before);
  });

  it('of a leader whose memory holds a lease that has ended: the database refuses the tick whole', async () => {
    const { leader, request, lease } = await granted();
    await cell.act(ENDINGS.release!(lease, request), lease);
    // Holds as much, so that what returns twice is not simply missing.
    await cell.submit(aRequest(2).gpu(4).claim('license', 2).build());
    await leader.settle();
    leader.state.leases.set(lease.id, lease);
    await cell.act(ENDINGS.release!(lease, request), lease);
    const before = await cell.dump();
    await expect(leader.tick()).rejects.toThrow(/^S9: a lease may not move so/);
    expect(await cell.dump()).toEqual(before);
  });

  it('and the database lets nobody take a lease back to life, shorten it or change what it holds', async () => {
    const { leader, request, lease } = await granted();
    await expect(cell.store.query('update lease set ends_at_ms = ends_at_ms - 1')).rejects.toThrow(/^S9/);
    await expect(cell.store.query("update lease set allocations = '[]'")).rejects.toThrow(/immutable/);
    await cell.act(ENDINGS.release!(lease, request), lease);
    await leader.settle();
    await expect(
      cell.store.query(
        "update lease set state = 'active', ended_at_ms = null, ended_tick = null, activated_at_ms = 1",
      ),
    ).rejects.toThrow(/^S9/);
    const dump = structuredClone(await cell.dump());
    Object.assign(dump.capacity_use.find((row) => row.key === 'gpu-a')!, { used: 4 });
    expect(checkPromises(dump).map(({ promise }) => promise)).toContain('S9');
  });
});
