import { describe, expect, it } from 'vitest';
import { neverFits, admit } from '../../scheduler/index.ts';
import { aConfiguration, aPool, aRequest, aState, aLease, MINUTE, NOW, HOUR, DAY } from '../support/builders.ts';
import { aTickRig, intake, submitted, theLease } from '../scheduler/support/tickRig.ts';

const MOST = Number.MAX_SAFE_INTEGER;
describe('poison', () => {
  it('gate overflow', async () => {
    const c = aConfiguration().pool(aPool('gpu-a').gpu(8)).build();
    const r = aRequest(1).gpu(1).or().gpu(MOST).gpu(MOST).build();
    expect(admit(c, { ...r })).toMatchObject({ ok: true });
    const rig = aTickRig(aState(c).build());
    await rig.tick({ rows: [submitted(r)] });
  });
  it('one claim at most: other throws', async () => {
    const c = aConfiguration().agent('ada', {accounts: ['eur' as never]}).account('eur', 1000).pool(aPool('gpu-a').gpu(8).price(100)).build();
    const r = aRequest(1).gpu(1).or().gpu(MOST).build();
    const r2 = aRequest(2).gpu(8).or().gpu(MOST).build();
    const rig = aTickRig(aState(c).build());
    await rig.tick({ rows: [submitted(r), submitted(r2)] });
    console.log(JSON.stringify(rig.last().changes.filter(x=>x.type==='decided')));
  });
  it('extension seconds', async () => {
    const c = aConfiguration().pool(aPool('gpu-a').gpu(8)).build();
    const rig = aTickRig(aState(c).build());
    await rig.tick({ rows: [submitted(aRequest(1).gpu(1).build())] });
    const lease = theLease(rig.state);
    await rig.tick({ rows: [intake({ type: 'extend', extension: 'ext_1' as never, lease: lease.id, epoch: lease.epoch, seconds: MOST }, lease)] });
  });
  it('pool removed', async () => {
    const old = aConfiguration().pool(aPool('gpu-a').gpu(8), aPool('gpu-b').gpu(8)).build();
    const c = aConfiguration().pool(aPool('gpu-b').gpu(8)).build();
    const lease = aLease('gpu-a', { endsAt: NOW - 1});
    const rig = aTickRig(aState(c).lease(lease).used('gpu-a', 1).build());
    await rig.tick({});
  });
  it('class removed', async () => {
    const c = aConfiguration().pool(aPool('gpu-b').gpu(8)).build();
    const rig = aTickRig(aState(c).request(aRequest(1).gpu(1).class('gone')).build());
    await rig.tick({rows: [submitted(aRequest(2).gpu(1).build())]});
  });
  it('period rollover', async () => {
    const c = aConfiguration().agent('ada', {accounts: ['eur' as never]})
      .account('eur', 0, { periods: [{id:'one', startsAt: NOW-DAY, endsAt: NOW+HOUR, budget: 0},{id:'two', startsAt: NOW+HOUR, endsAt: NOW+DAY, budget: 100000}] })
      .pool(aPool('gpu-a').gpu(8).price(100)).build();
    const rig = aTickRig(aState(c).build());
    await rig.tick({ rows: [submitted(aRequest(1).gpu(1).build())] });
    console.log(JSON.stringify(rig.last().changes.filter(x=>x.type==='decided')));
    expect(await rig.tick({ now: NOW + 2*HOUR })).toMatchObject({ type: 'committed' });
  });
});
