// From the claim to the lease: notice, earmark, acknowledgement or the end of the grace, the successor, the money.
import { describe, expect, it } from 'vitest';
import { aConfiguration, aPool, aRequest } from '../../support/builders.ts';
import { GRACE, HandCell, MINIMUM_RUN, SECOND } from './cell.ts';

const DAY_SECONDS = 86_400;
const fourGpus = () => aConfiguration().pool(aPool('gpu-a').gpu(4));
const batch = aRequest(1).gpu(4).class('batch').seconds(DAY_SECONDS);
const critical = aRequest(2).gpu(4).class('critical').seconds(600);

async function onNotice(configuration = fourGpus(), victim = batch) {
  const cell = new HandCell(configuration);
  await cell.submit(victim).tick();
  await cell.tick(SECOND);
  await cell.submit(critical).tick(MINIMUM_RUN);
  return cell;
}

describe('a request of a higher class of the same department', () => {
  it('waits with the lease that is taken back for it and until when, and takes nothing in that tick', async () => {
    const cell = await onNotice();
    const victim = cell.leaseOf(batch);
    expect(victim.state).toBe('revoking');
    expect(victim.revocation).toEqual({
      right: 'priority',
      since: cell.now,
      graceEndsAt: cell.now + GRACE,
      request: critical.build().id,
      department: 'research',
    });
    expect(cell.reasonsOf(critical)).toEqual([
      { code: 'PREEMPTING', option: 0, leases: [victim.id], graceEndsAt: cell.now + GRACE },
    ]);
    expect(cell.state.used.get('gpu-a')).toBe(4);
    expect(cell.rig.last().events.map(({ type }) => type)).toEqual([
      'annona.lease.revoking.v1',
      'annona.request.waiting.v1',
    ]);
    expect(cell.rig.last().events[0]!.data).toMatchObject({
      right: 'priority',
      forDepartment: 'research',
      forRequest: critical.build().id,
      graceEndsAt: new Date(cell.now + GRACE).toISOString(),
    });
  });

  it('has the units in the tick that sees the acknowledgement, before anybody who came meanwhile', async () => {
    const cell = await onNotice();
    const rival = aRequest(3).gpu(4).class('critical').by('bea');
    const victim = cell.leaseOf(batch);
    await cell.submit(aRequest(3).gpu(4).class('critical')).tick(SECOND);
    expect(cell.waiting()).toMatchObject({ '02': ['PREEMPTING'], '03': ['POOL_FULL'] });
    await cell.acknowledge(victim).tick(SECOND);
    expect(cell.leaseOf(critical)).toMatchObject({
      state: 'granted',
      grantedAt: cell.now,
      endsAt: cell.now + 600_000,
    });
    expect(cell.state.earmarks.size).toBe(0);
    expect(rival.build().id).not.toBe(critical.build().id);
    const ended = cell.rig.last().changes.find((change) => change.type === 'leaseEnded');
    expect(ended).toMatchObject({ end: 'released', cause: 'acknowledged' });
  });

  it('has them when the grace is over, acknowledged or not, and not a moment before', async () => {
    const cell = await onNotice();
    await cell.tick(GRACE - 1);
    expect(cell.revoking()).toEqual(['01']);
    await cell.tick(1);
    expect(cell.leaseOf(critical).state).toBe('granted');
    expect(cell.events()).toContain('annona.lease.revoked.v1');
  });

  it('takes no lease that has not had its minimum run, and the first one as soon as it has', async () => {
    const cell = new HandCell(fourGpus());
    await cell.submit(batch).tick();
    await cell.submit(critical).tick(SECOND);
    expect(cell.revoking()).toEqual([]);
    expect(cell.waiting()).toEqual({ '02': ['POOL_FULL'] });
    await cell.tick(MINIMUM_RUN - SECOND);
    expect(cell.revoking()).toEqual([]);
    // The lease became active with its first heartbeat, a second after its grant.
    await cell.tick(SECOND);
    expect(cell.revoking()).toEqual(['01']);
  });

  it('starts and takes nothing back when there is room', async () => {
    const cell = new HandCell(aConfiguration().pool(aPool('gpu-a').gpu(4), aPool('gpu-b').gpu(4)));
    await cell.submit(batch).tick();
    await cell.submit(critical).tick(MINIMUM_RUN * 2);
    expect(cell.holding()).toEqual(['01', '02']);
    expect(cell.revoking()).toEqual([]);
  });

  it('takes no more than it needs: the youngest of the cheapest', async () => {
    const cell = new HandCell(fourGpus());
    const parts = [1, 3, 4, 5].map((number) => aRequest(number).gpu(1).class('batch').seconds(DAY_SECONDS));
    for (const part of parts) await cell.submit(part).tick(SECOND);
    await cell.tick(SECOND);
    await cell.submit(aRequest(2).gpu(2).class('critical')).tick(MINIMUM_RUN);
    expect(cell.revoking().sort()).toEqual(['04', '05']);
  });

  it.each([
    ['not preemptible', aRequest(1).gpu(4).class('batch').terms({ preemptible: false })],
    ['of its own class', aRequest(1).gpu(4).class('critical')],
    ['about to end by itself', aRequest(1).gpu(4).class('batch').seconds(620)],
    [
      'part of a gang',
      aRequest(1)
        .gpu(4)
        .class('batch')
        .terms({ gang: { id: 'evaluation-run-0042', size: 2 } }),
    ],
  ])('takes nothing back that is %s', async (_what, victim) => {
    const cell = new HandCell(fourGpus().pool(aPool('gpu-b').gpu(1)));
    const mate = aRequest(9)
      .gpu(1)
      .class('batch')
      .terms({ gang: { id: 'evaluation-run-0042', size: 2 } });
    await cell.submit(victim, ...(victim.build().terms.gang ? [mate] : [])).tick();
    expect(cell.holding()).toContain('01');
    await cell.tick(SECOND);
    await cell.submit(critical).tick(MINIMUM_RUN);
    expect(cell.revoking()).toEqual([]);
  });
});

describe('the wish of a revoked lease', () => {
  it('is taken up again under its age, its deadline and one more revocation in its life', async () => {
    const deadline = 10 * DAY_SECONDS * 1000 + new HandCell(fourGpus()).now;
    const victim = aRequest(1)
      .gpu(4)
      .class('batch')
      .seconds(DAY_SECONDS)
      .terms({ deadline, startBefore: deadline });
    const cell = await onNotice(fourGpus(), victim);
    const lease = cell.leaseOf(victim);
    await cell.acknowledge(lease).tick(SECOND);
    const [successor] = [...cell.state.requests.values()];
    const { startBefore: _, ...terms } = victim.build().terms;
    expect(successor!.request).toMatchObject({
      terms,
      options: victim.build().options,
      submittedAt: victim.build().submittedAt,
      clientRequestId: victim.build().clientRequestId,
      restart: { of: victim.build().id, revocations: 1, tick: cell.state.tick },
    });
    expect(successor!.request.terms.startBefore).toBeUndefined();
    expect(successor!.request.id).toMatch(/^req_[0-9a-hjkmnp-tv-z]{26}$/);
    expect(successor!.waitingCodes).toEqual(['POOL_FULL']);
    const told = cell.rig.last().events.find(({ type }) => type === 'annona.lease.released.v1');
    expect(told!.data).toMatchObject({ cause: 'acknowledged', successor: successor!.request.id });
  });

  it.each([
    ['acknowledge', { requeue: false }, false],
    ['acknowledge', {}, true],
    ['release', {}, false],
    ['cancel', {}, false],
  ] as const)('when its holder says %s with %o goes on: %s', async (act, terms, wantSuccessor) => {
    const victim = aRequest(1).gpu(4).class('batch').seconds(DAY_SECONDS).terms(terms);
    const cell = await onNotice(fourGpus(), victim);
    const lease = cell.leaseOf(victim);
    if (act === 'cancel') cell.cancel(victim.build());
    else cell[act](lease);
    await cell.tick(SECOND);
    expect(cell.leaseOf(critical).state).toBe('granted');
    expect(cell.state.requests.size).toBe(wantSuccessor ? 1 : 0);
  });

  it('has no right of its own until something happens outside', async () => {
    const organisation = aConfiguration().pool(aPool('gpu-a').gpu(4), aPool('gpu-b').gpu(4));
    const cell = new HandCell(organisation);
    const standard = aRequest(1).gpu(4, undefined).class('standard').seconds(DAY_SECONDS);
    const other = aRequest(3).gpu(4).class('batch').seconds(DAY_SECONDS);
    await cell.submit(standard, other).tick();
    await cell.tick(SECOND);
    // Not the cheaper batch lease: that one cannot be taken.
    cell.state.held.set(other.build().id, {
      ...other.build(),
      terms: { ...other.build().terms, preemptible: false },
    });
    await cell.submit(critical).tick(MINIMUM_RUN);
    expect(cell.revoking()).toEqual(['01']);
    cell.state.held.set(other.build().id, other.build());
    await cell.acknowledge(cell.leaseOf(standard)).tick(SECOND);
    await cell.tick(SECOND);
    expect(cell.revoking()).toEqual([]);
    expect(cell.waiting()).toEqual({ '01': ['POOL_FULL'] });
    await cell.submit(aRequest(8).gpu(4).class('batch')).tick(SECOND);
    expect(cell.revoking()).toEqual(['03']);
  });

  it('is protected after its second revocation', async () => {
    const cell = await onNotice();
    await cell.acknowledge(cell.leaseOf(batch)).tick(SECOND);
    await cell.release(cell.leaseOf(critical)).tick(SECOND);
    const again = [...cell.state.leases.values()][0]!;
    expect(again.request).not.toBe(batch.build().id);
    await cell.tick(SECOND);
    const second = aRequest(4).gpu(4).class('critical').seconds(600);
    await cell.submit(second).tick(MINIMUM_RUN);
    expect(cell.revoking()).toHaveLength(1);
    await cell.acknowledge(again).tick(SECOND);
    await cell.release(cell.leaseOf(second)).tick(SECOND);
    await cell.tick(SECOND);
    await cell.submit(aRequest(5).gpu(4).class('critical')).tick(MINIMUM_RUN * 2);
    expect(cell.revoking()).toEqual([]);
    expect(cell.waiting()).toEqual({ '05': ['POOL_FULL'] });
    expect(cell.state.held.get([...cell.state.leases.values()][0]!.request)!.restart?.revocations).toBe(2);
  });
});

describe('a nominee', () => {
  it('that is cancelled in its grace leaves ordinary units behind, and its victim stays revoked', async () => {
    const cell = await onNotice();
    const other = aRequest(3).gpu(4).class('standard');
    await cell.submit(other).cancel(critical.build()).tick(SECOND);
    expect(cell.state.earmarks.size).toBe(0);
    expect(cell.revoking()).toEqual(['01']);
    expect(cell.waiting()).toEqual({ '03': ['POOL_FULL'] });
    await cell.tick(GRACE);
    expect(cell.leaseOf(other).state).toBe('granted');
  });

  it('keeps its units from all who come while it waits, also those that are free already', async () => {
    const cell = new HandCell(fourGpus());
    const three = aRequest(1).gpu(3).class('batch').seconds(DAY_SECONDS);
    await cell.submit(three).tick();
    await cell.tick(SECOND);
    await cell.submit(critical).tick(MINIMUM_RUN);
    expect(cell.revoking()).toEqual(['01']);
    await cell.submit(aRequest(3).gpu(1).class('critical')).tick(SECOND);
    expect(cell.holding()).toEqual(['01']);
    expect(cell.reasonsOf(aRequest(3))).toMatchObject([
      { code: 'POOL_FULL', short: [{ what: 'gpu-a', requested: 1, available: 0, held: 4 }] },
    ]);
    await cell.tick(GRACE);
    expect(cell.holding()).toEqual(['02']);
  });

  it('takes what one victim gives beyond it only for itself; the rest is for others', async () => {
    const cell = new HandCell(fourGpus());
    await cell.submit(batch).tick();
    await cell.tick(SECOND);
    const small = aRequest(2).gpu(1).class('critical');
    await cell.submit(small).tick(MINIMUM_RUN);
    await cell.submit(aRequest(3).gpu(3).class('standard')).tick(SECOND);
    expect(cell.holding()).toEqual(['01']);
    await cell.acknowledge(cell.leaseOf(batch)).tick(SECOND);
    expect(cell.holding()).toEqual(['02', '03']);
  });

  it('whose units were cut away meanwhile is dropped when the grace is over, and waits as anybody', async () => {
    const organisation = aConfiguration().pool(aPool('gpu-a').gpu(4), aPool('gpu-b').gpu(2));
    const cell = new HandCell(organisation);
    await cell.submit(batch).tick();
    await cell.submit(aRequest(3).gpu(2).class('critical').seconds(DAY_SECONDS)).tick();
    await cell.tick(SECOND);
    const nominee = aRequest(2).gpu(2).class('critical');
    await cell.submit(nominee).tick(MINIMUM_RUN);
    expect(cell.revoking()).toEqual(['01']);
    const whole = organisation.build();
    const pools = whole.pools.map((pool) => (pool.id === 'gpu-a' ? { ...pool, capacity: 1 } : pool));
    cell.state.configuration = { ...whole, revision: 'cfg_cut', pools };
    await cell.tick(SECOND);
    expect(cell.state.earmarks.size).toBe(1);
    await cell.tick(GRACE);
    expect(cell.state.earmarks.size).toBe(0);
    expect(cell.waiting()).toMatchObject({ '02': ['POOL_FULL'] });
    expect(cell.state.used.get('gpu-a')).toBe(0);
  });

  it('behind more of them than one tick looks at has its turn in a later one', async () => {
    const cell = new HandCell(fourGpus());
    const kept = aRequest(9).gpu(2).class('batch').seconds(DAY_SECONDS).terms({ preemptible: false });
    await cell.submit(aRequest(1).gpu(2).class('batch').seconds(DAY_SECONDS), kept).tick();
    await cell.tick(SECOND);
    // Each asks otherwise, and for more than its right can free.
    const hopeless = Array.from({ length: 40 }, (_, i) =>
      aRequest(i + 20)
        .gpu(3)
        .class('critical')
        .seconds(600 + i),
    );
    await cell.submit(...hopeless, aRequest(80).gpu(2).class('critical')).tick(MINIMUM_RUN);
    expect(cell.revoking()).toEqual(['01']);
    expect(cell.waiting()).toMatchObject({ '80': ['PREEMPTING'] });
    const looked = cell.rig.commits.flatMap(({ record }) => record.revocations ?? []);
    expect(looked[0]).toMatchObject({ looked: 16, left: 25, plans: [] });
    expect(looked.at(-1)).toMatchObject({ plans: [{ for: aRequest(80).build().id }] });
  });
});
