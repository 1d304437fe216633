// Obligations through the production tick: each kind is kept, and a plan that does not keep it is refused by the code that verifies plans.
import { describe, expect, it } from 'vitest';
import {
  type Approval,
  askedOf,
  type Obligations,
  oblige,
  type Plan,
  type PoolId,
  takeSnapshot,
  verifyPlan,
} from '../../scheduler/index.ts';
import { aConfiguration, aPool, aRequest, aState, MINUTE, NOW } from '../support/builders.ts';
import { aTickRig, intake, submitted, type TickRig, theLease } from './support/tickRig.ts';

const pools = (...ids: string[]) => ids as unknown as PoolId[];

async function granted(obligations: Obligations, request = aRequest(1).gpu(2).build()) {
  const configuration = aConfiguration()
    .agent('ada')
    .pool(aPool('gpu-a').gpu(8).price(1))
    .pool(aPool('gpu-b').gpu(8).price(2));
  const rig = aTickRig(aState(configuration).build());
  rig.obliged.set('ada', obligations);
  await rig.tick({ rows: [submitted(request)] });
  return rig;
}

const reasonsOf = (rig: TickRig) =>
  rig.last().changes.flatMap((change) => (change.type === 'decided' ? change.reasons : []));

describe('ttl', () => {
  it('shortens the lease, and what is reserved for it', async () => {
    const rig = await granted({ ttlSeconds: 60 });
    expect(theLease(rig.state).endsAt).toBe(NOW + 60_000);
  });

  it('lengthens nothing', async () => {
    const rig = await granted({ ttlSeconds: 6000 });
    expect(theLease(rig.state).endsAt).toBe(NOW + 600_000);
  });

  it('refuses the extension beyond it, also as the second of one tick, and grants up to it', async () => {
    const rig = await granted({ ttlSeconds: 700 });
    const { id: lease, epoch } = theLease(rig.state);
    const extend = (n: number, seconds: number) =>
      intake({ type: 'extend', extension: `ext_${n}` as never, lease, epoch, seconds }, aRequest(1).build());
    await rig.tick({ rows: [extend(1, 101), extend(2, 60), extend(3, 60)] });
    const decided = rig
      .last()
      .changes.flatMap((change) =>
        change.type === 'extensionDecided' ? [[change.extension, change.outcome, change.reasons]] : [],
      );
    expect(decided).toEqual([
      ['ext_1', 'denied', [expect.objectContaining({ code: 'UNSATISFIABLE', requested: 101, largest: 100 })]],
      ['ext_2', 'granted', []],
      ['ext_3', 'denied', [expect.objectContaining({ code: 'UNSATISFIABLE', requested: 60, largest: 40 })]],
    ]);
    expect(theLease(rig.state).endsAt).toBe(NOW + 660_000);
  });

  it('waits with a window that would end later', async () => {
    const configuration = aConfiguration()
      .agent('ada')
      .pool(aPool('review').review(['w', NOW + MINUTE, NOW + 2 * MINUTE, 1]));
    const rig = aTickRig(aState(configuration).build());
    rig.obliged.set('ada', { ttlSeconds: 119 });
    await rig.tick({ rows: [submitted(aRequest(1).review().build())] });
    expect(reasonsOf(rig).map(({ code }) => code)).toEqual(['NO_WINDOW']);
    await rig.tick({ rows: [submitted(aRequest(2).by('ada').review().build())], now: NOW + 1000 });
    expect(theLease(rig.state).endsAt).toBe(NOW + 2 * MINUTE);
  });
});

describe('pools', () => {
  it('keep the request from those that are not allowed, though they are cheaper', async () => {
    const rig = await granted({ pools: { gpu: pools('gpu-b') } });
    expect(theLease(rig.state).allocations.map(({ pool }) => pool)).toEqual(['gpu-b']);
  });

  it('of every kind and of one kind hold both', async () => {
    const rig = await granted({ pools: { '*': pools('gpu-a', 'gpu-b'), gpu: pools('gpu-b', 'x') } });
    expect(theLease(rig.state).allocations.map(({ pool }) => pool)).toEqual(['gpu-b']);
  });

  it('deny where none of them could ever hold it', async () => {
    const rig = await granted({ pools: { gpu: pools('gone') } });
    expect(reasonsOf(rig)).toMatchObject([{ code: 'UNSATISFIABLE', requested: 2, largest: 0 }]);
  });

  it('leave other kinds alone', async () => {
    const rig = await granted({ pools: { cpu: pools('cpu-z') } });
    expect(theLease(rig.state).allocations.map(({ pool }) => pool)).toEqual(['gpu-a']);
  });
});

describe('class', () => {
  const classOf = (rig: TickRig) => [...rig.state.held.values()][0]?.terms.class;

  it('caps to the lowest that is named', async () => {
    const rig = await granted(
      { classes: ['standard', 'batch'] },
      aRequest(1).gpu(1).class('production').build(),
    );
    expect(classOf(rig)).toBe('batch');
  });

  it('raises nobody', async () => {
    const rig = await granted({ classes: ['standard'] }, aRequest(1).gpu(1).class('batch').build());
    expect(classOf(rig)).toBe('batch');
  });

  it('that the organisation does not have denies', async () => {
    const rig = await granted({ classes: ['leisure'] });
    expect(reasonsOf(rig)).toMatchObject([{ code: 'POLICY_DENIED', rules: ['OBLIGATION_UNKNOWN'] }]);
  });
});

it('labels and audits are told with the grant, and stand in the record of its tick', async () => {
  const told = { labels: { centre: '4711' }, audit: ['BIG_GRANT'] };
  const rig = await granted(told);
  const { record, events } = rig.last();
  expect(events.find(({ type }) => type === 'annona.lease.granted.v1')?.data).toMatchObject(told);
  expect(record.told).toEqual([{ request: aRequest(1).build().id, lease: theLease(rig.state).id, ...told }]);
});

describe('the code that verifies plans', () => {
  const snapshotWith = (obligations: Obligations, approvals: Approval[] = []) => {
    const configuration = aConfiguration()
      .agent('ada')
      .pool(aPool('gpu-a').gpu(8))
      .pool(aPool('gpu-b').gpu(8));
    const state = aState(configuration).request(aRequest(1).gpu(2)).build();
    const [pending] = state.requests.values();
    state.requests.set(pending!.request.id, {
      ...pending!,
      verdict: { ...pending!.verdict!, obligations },
    });
    for (const one of approvals) state.approvals.set(one.id, one);
    return takeSnapshot(state, NOW);
  };
  const planOf = (pool: string, endsAt = NOW + 600_000): Plan => {
    const { id } = aRequest(1).build();
    const allocation = { claim: 0, pool: pool as PoolId, kind: 'gpu', quantity: 2, startsAt: NOW, endsAt };
    return {
      assignments: [{ request: id, option: 0, allocations: [allocation], reservations: [], endsAt }],
      extensions: [],
    };
  };

  it.each<[string, Obligations]>([
    ['obligation ttl', { ttlSeconds: 599 }],
    ['obligation pools of gpu', { pools: { gpu: pools('gpu-b') } }],
    ['obligation pools of *', { pools: { '*': pools('gpu-b') } }],
    ['obligation class', { class: 'batch' }],
    ['obligation approval legal', { approvals: [{ skill: 'legal', code: 'C', policy: 'p' }] }],
  ])('finds what was not kept: %s', (want, obligations) => {
    const snapshot = snapshotWith(obligations);
    expect(verifyPlan(snapshot, planOf('gpu-a'))).toMatchObject({
      ok: false,
      breach: { what: expect.stringContaining(want) },
    });
  });

  it('passes what was kept', () => {
    const approval = {
      id: 'apr_1' as never,
      request: aRequest(1).build().id,
      skill: 'legal',
      state: 'approved',
      digest: 'd',
      ruling: { by: 'head' },
    } as unknown as Approval;
    const kept: Obligations = {
      ttlSeconds: 600,
      pools: { '*': pools('gpu-a'), gpu: pools('gpu-a') },
      class: 'standard',
      approvals: [{ skill: 'legal', code: 'C', policy: 'p' }],
    };
    expect(verifyPlan(snapshotWith(kept, [approval]), planOf('gpu-a'))).toEqual({ ok: true });
  });
});

it('what was asked is remembered, whatever it is obliged to', () => {
  const asked = aRequest(1).gpu(2, { model: 'h100' }).cpu(4).class('production').seconds(900).build();
  const obligations = { ttlSeconds: 60, class: 'batch', pools: { gpu: pools('a'), '*': pools('a', 'b') } };
  const served = oblige(asked, obligations);
  expect(served.terms).toMatchObject({ class: 'batch', durationSeconds: 60, ttlSeconds: 60 });
  expect(served.options[0]?.claims.map(({ selector }) => selector)).toEqual([
    { model: 'h100', '@pool': ['a'] },
    { '@pool': ['a', 'b'] },
  ]);
  expect(askedOf(served)).toEqual(asked);
  expect(oblige(asked, { labels: { a: 'b' } })).toBe(asked);
});
