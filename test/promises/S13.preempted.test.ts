// S13: preempted capacity is granted again only after acknowledgement or expiry, also across a change of leaders, and whatever a leader believes.
import { afterEach, describe, expect, it } from 'vitest';
import type { Lease, ResourceRequest } from '../../scheduler/index.ts';
import { aConfiguration, aPool, aRequest, type RequestBuilder } from '../support/builders.ts';
import { checkPromises } from '../support/promises.ts';
import { type Leader, type LiveCell, liveCell, outcomeOf } from './liveCell.ts';

let cell: LiveCell;
afterEach(() => cell.close());

/** The database's clock runs; ticks see instants of the test's own, from then on. */
const GRACE_MS = 60_000;
const preemption = { graceSeconds: 60, minimumRunSeconds: 0, creditPercent: 50 };

const organisation = () =>
  aConfiguration()
    .classes(
      { name: 'critical', rank: 0, targetWaitSeconds: 5, maxDurationSeconds: 86_400, preemption },
      { name: 'batch', rank: 1, targetWaitSeconds: 5, maxDurationSeconds: 86_400, preemption },
    )
    .terms({ heartbeatTimeoutSeconds: 3600, startLimitSeconds: 3600 })
    .account('team', 1_000_000, {
      periods: [{ id: 'now', startsAt: 0, endsAt: 4_000_000_000_000, budget: 1_000_000 }],
    })
    .department('research')
    .agent('ada', { accounts: ['team' as never] })
    .pool(aPool('gpu-a').gpu(4).price(3600));

const victim = aRequest(1).gpu(4).class('batch').seconds(86_400);
const nominee = aRequest(2).gpu(4).class('critical').seconds(600);
const rival = aRequest(3).gpu(4).class('critical').seconds(600);

async function submit(...builders: readonly RequestBuilder[]): Promise<ResourceRequest[]> {
  const requests = builders.map((builder) => builder.build());
  await cell.submit(...requests);
  return requests;
}

async function tickAt(leader: Leader, now: number): Promise<void> {
  const { ports } = leader;
  leader.ports = {
    ...ports,
    intake: { take: async (...asked) => ({ ...(await ports.intake.take(...asked)), now }) },
  };
  await leader.tick();
  leader.ports = ports;
}

/** A leader whose cell has one lease on notice, for one who waits. */
async function onNotice(): Promise<{ leader: Leader; lease: Lease; request: ResourceRequest }> {
  cell = await liveCell(organisation());
  const leader = await cell.elect();
  const [held] = await submit(victim);
  await leader.settle();
  const [request] = await submit(nominee);
  await leader.settle();
  const lease = leader.leaseOf(held!);
  expect(lease.state).toBe('revoking');
  return { leader, lease, request: request! };
}

const acknowledge = ({ id, epoch, department, agent }: Lease) =>
  cell.act({ type: 'acknowledge', lease: id, epoch }, { department, agent });

async function expectSameMemory({ state, epoch }: Leader): Promise<void> {
  const loaded = await cell.adapter.stateSource.load('main', epoch);
  for (const part of ['requests', 'leases', 'held', 'earmarks', 'used', 'checkpoints'] as const)
    expect([part, new Map(loaded[part] as never)]).toEqual([
      part,
      new Map([...state[part]].filter(([, value]) => value !== 0) as never),
    ]);
}

describe('S13 preempted capacity is granted again only after acknowledgement or expiry', () => {
  it('to the nominee, in the tick that sees the acknowledgement; and not to a rival before it', async () => {
    const { leader, lease, request } = await onNotice();
    const [other] = await submit(rival);
    await leader.settle();
    let dump = await cell.dump();
    expect([request, other!].map((one) => outcomeOf(dump, one))).toEqual(['waiting', 'waiting']);
    expect(dump.capacity_use).toMatchObject([{ used: 4 }]);
    expect(dump.earmark).toMatchObject([{ request_id: request.id }]);
    await acknowledge(lease);
    await leader.settle();
    dump = await cell.dump();
    expect([request, other!].map((one) => outcomeOf(dump, one))).toEqual(['granted', 'waiting']);
    expect(dump.lease.find(({ id }) => id === lease.id)).toMatchObject({
      state: 'released',
      end_cause: 'acknowledged',
    });
    expect(dump.earmark).toEqual([]);
    await expectSameMemory(leader);
    expect(checkPromises(dump)).toEqual([]);
  });

  it('to the nominee when the grace is over, under another leader than the one that gave notice', async () => {
    const { leader, lease, request } = await onNotice();
    await expectSameMemory(leader);
    const second = await cell.elect();
    await second.settle();
    expect(outcomeOf(await cell.dump(), request)).toBe('waiting');
    await tickAt(second, lease.revocation!.graceEndsAt - 1);
    expect(outcomeOf(await cell.dump(), request)).toBe('waiting');
    await tickAt(second, lease.revocation!.graceEndsAt);
    const dump = await cell.dump();
    expect(outcomeOf(dump, request)).toBe('granted');
    expect(dump.lease.find(({ id }) => id === lease.id)).toMatchObject({
      state: 'revoked',
      end_cause: 'grace',
    });
    await expectSameMemory(second);
    expect(checkPromises(dump)).toEqual([]);
  });

  it('and the lease pays for the time that it was held, less the credit, once', async () => {
    const { leader, lease } = await onNotice();
    // Four GPUs at a unit a second each, for ten seconds: 40, half of it back.
    await tickAt(leader, lease.grantedAt + 10_000);
    await cell.act({ type: 'acknowledge', lease: lease.id, epoch: lease.epoch }, lease);
    await tickAt(leader, lease.grantedAt + 10_000);
    const dump = await cell.dump();
    const settled = dump.ledger.filter(({ source_id, type }) => source_id === lease.id && type === 'settle');
    expect(settled).toMatchObject([{ accounts: ['team'], amounts: [20] }]);
    expect(checkPromises(dump)).toEqual([]);
  });

  it('to whoever is next when the nominee is cancelled in its grace, and the lease stays on notice', async () => {
    const { leader, lease, request } = await onNotice();
    const [other] = await submit(rival);
    await cell.act({ type: 'cancel', request: request.id }, request);
    await leader.settle();
    let dump = await cell.dump();
    expect(dump.earmark).toEqual([]);
    expect(dump.lease).toMatchObject([{ id: lease.id, state: 'revoking' }]);
    expect(outcomeOf(dump, other!)).toBe('waiting');
    await acknowledge(lease);
    await leader.settle();
    dump = await cell.dump();
    expect(outcomeOf(dump, other!)).toBe('granted');
    expect(checkPromises(dump)).toEqual([]);
  });

  it('and twice acknowledged, released and acknowledged, or with a stale epoch: once, or not at all', async () => {
    const { leader, lease, request } = await onNotice();
    await cell.act({ type: 'acknowledge', lease: lease.id, epoch: lease.epoch + 1 }, lease);
    await cell.act(
      { type: 'acknowledge', lease: lease.id, epoch: lease.epoch },
      { department: 'sales', agent: 'sam' },
    );
    await leader.settle();
    expect(outcomeOf(await cell.dump(), request)).toBe('waiting');
    await acknowledge(lease);
    await acknowledge(lease);
    await cell.act({ type: 'release', lease: lease.id, epoch: lease.epoch }, lease);
    await leader.settle();
    await acknowledge(lease);
    await leader.settle();
    const dump = await cell.dump();
    expect(dump.request.filter(({ document }) => document.restart?.of === lease.request)).toHaveLength(1);
    expect(dump.capacity_use).toMatchObject([{ used: 4 }]);
    expect(checkPromises(dump)).toEqual([]);
  });

  it('by a leader that believes the units are free: the database refuses the tick whole', async () => {
    const { leader, request } = await onNotice();
    leader.state.used.set('gpu-a', 0);
    leader.state.earmarks.clear();
    const before = await cell.dump();
    await submit(rival);
    await expect(leader.tick()).rejects.toThrow(/^S1[: ]/);
    const { intake: _, submit_key: __, ...rest } = await cell.dump();
    expect(rest).toEqual((({ intake: ___, submit_key: ____, ...same }) => same)(before));
    expect(outcomeOf(await cell.dump(), request)).toBe('waiting');
  });

  it('and the database lets nobody take a lease off notice, or hold units for who does not wait', async () => {
    const { lease, request } = await onNotice();
    await expect(cell.store.query("update lease set state = 'active', activated_at_ms = 1")).rejects.toThrow(
      /^S9/,
    );
    await expect(cell.store.query('update lease set revocation = null')).rejects.toThrow(
      /s13_revoking_with_notice/,
    );
    const dump = structuredClone(await cell.dump());
    Object.assign(dump.request.find(({ id }) => id === request.id)!, { state: 'cancelled' });
    expect(checkPromises(dump).map(({ promise }) => promise)).toContain('S13');
    expect(lease.revocation!.graceEndsAt - lease.revocation!.since).toBe(GRACE_MS);
  });
});
