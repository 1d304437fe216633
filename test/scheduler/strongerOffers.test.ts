// What others must give: budgets by what is lacking, classes by what the next tick would do.

import { describe, expect, it } from 'vitest';
import { budgetOffers, classOffer, lookOver, type State, takeSnapshot } from '../../scheduler/index.ts';
import { aConfiguration, aLease, aPool, aRequest, aState, NOW } from '../support/builders.ts';
import { aTickRig, submitted } from './support/tickRig.ts';

const budgets = (state: State) => {
  const look = lookOver(state, takeSnapshot(state, NOW));
  return budgetOffers(look, state.requests.get(aRequest(1).build().id)!);
};

const organisation = () =>
  aConfiguration()
    .account('team', 10)
    .department('research')
    .agent('ada', { accounts: ['team' as never] })
    .pool(aPool('gpu-a').gpu(4).price(60));

describe('more budget', () => {
  it('is what the account lacks, to the unit', () => {
    const state = aState(organisation()).request(aRequest(1).gpu(2).seconds(3600)).build();
    const [offer] = budgets(state);
    if (offer?.field !== 'budget') throw new Error('no budget is offered');
    expect(offer).toMatchObject({ option: 0, raises: [{ account: 'team' }] });
    const raised = organisation().account('team', 10 + offer.raises[0]!.by);
    const fits = aState(raised).request(aRequest(1).gpu(2).seconds(3600)).build();
    expect(
      lookOver(fits, takeSnapshot(fits, NOW)).explained.codes(aRequest(1).gpu(2).seconds(3600).pending()),
    ).toEqual(['NEXT_TICK']);
    const less = aState(organisation().account('team', 9 + offer.raises[0]!.by))
      .request(aRequest(1).gpu(2).seconds(3600))
      .build();
    expect(
      lookOver(less, takeSnapshot(less, NOW)).explained.codes(aRequest(1).gpu(2).seconds(3600).pending()),
    ).toEqual(['BUDGET_EXHAUSTED']);
  });

  it('is none where the pool is full as well', () => {
    const state = aState(organisation()).used('gpu-a', 4).request(aRequest(1).gpu(2).seconds(3600)).build();
    expect(budgets(state)).toEqual([]);
  });
});

describe('a higher class', () => {
  const asked = aRequest(1).gpu(4).build();
  const base = () => aState(aConfiguration().pool(aPool('gpu-a').gpu(4)));

  it('is none where it changes nothing, and the memory stays as it was', async () => {
    const rig = aTickRig(base().used('gpu-a', 4).build());
    await rig.tick({ rows: [submitted(asked)] });
    const before = [...rig.state.requests.values()];
    expect(await classOffer(rig.ports, rig.state, { request: asked, now: NOW })).toBeNull();
    expect([...rig.state.requests.values()]).toEqual(before);
  });

  it('says which, and by when leases would be taken back', async () => {
    const lease = aLease('gpu-a', { quantity: 4 });
    const state = base().holds(lease, aRequest(900_000).gpu(4)).build();
    const rig = aTickRig(state);
    await rig.tick({ rows: [submitted(asked)] });
    const offer = await classOffer(rig.ports, rig.state, { request: asked, now: NOW });
    expect(offer).toMatchObject({
      field: 'class',
      from: 'standard',
      to: 'production',
      outcome: 'preempting',
    });
    expect(offer?.field === 'class' && offer.startsBy).toBeGreaterThan(NOW);
  });

  it('is none that the agent is not entitled to', async () => {
    const lease = aLease('gpu-a', { quantity: 4 });
    const configuration = aConfiguration()
      .department('research')
      .agent('ada', { classes: ['standard'] as never })
      .pool(aPool('gpu-a').gpu(4));
    const rig = aTickRig(aState(configuration).holds(lease, aRequest(900_000).gpu(4)).build());
    await rig.tick({ rows: [submitted(asked)] });
    expect(await classOffer(rig.ports, rig.state, { request: asked, now: NOW })).toBeNull();
  });
});
