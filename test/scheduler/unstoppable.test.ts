// What is asked, and what a new configuration takes away, may be refused; it may never make a tick throw, which the runner would repeat for ever.

import { describe, expect, it } from 'vitest';
import { admit, type Change, type ExtensionId, type Lease } from '../../scheduler/index.ts';
import { aConfiguration, aLease, aPool, aRequest, aState, HOUR, MINUTE, NOW } from '../support/builders.ts';
import { aTickRig, intake, submitted, type TickRig, theLease } from './support/tickRig.ts';

const MOST = Number.MAX_SAFE_INTEGER;
/** Of the longest class of the builders' organisation. */
const LONGEST_SECONDS = 2_592_000;

const gpus = () => aConfiguration().pool(aPool('gpu-a').gpu(8));

function decisions(rig: TickRig): Change[] {
  return rig.last().changes.filter(({ type }) => type === 'decided' || type === 'extensionDecided');
}

function extend(lease: Lease, seconds: number) {
  const { id, epoch } = lease;
  return intake({ type: 'extend', extension: 'ext_1' as ExtensionId, lease: id, epoch, seconds }, lease);
}

describe('a request', () => {
  it('is served by the option that fits, however absurd its other option is', async () => {
    const request = aRequest(1).gpu(1).or().gpu(MOST).gpu(MOST).build();
    expect(admit(gpus().build(), request).ok).toBe(true);
    const rig = aTickRig(aState(gpus()).build());
    await rig.tick({ rows: [submitted(request)] });
    expect(decisions(rig)).toMatchObject([{ outcome: 'granted' }]);
    expect(rig.evaluated[0]?.[0]?.quantities).toEqual({ gpu: MOST });
  });

  it('of a class that a newer configuration dropped is denied when it is folded', async () => {
    const rig = aTickRig(aState(gpus()).build());
    const rows = [submitted(aRequest(1).gpu(1).class('gone').build()), submitted(aRequest(2).gpu(1).build())];
    await rig.tick({ rows });
    expect(decisions(rig)).toMatchObject([
      { outcome: 'denied', reasons: [{ code: 'UNSATISFIABLE', largest: 0 }] },
      { outcome: 'granted' },
    ]);
  });

  it('that waits is denied once a newer configuration has dropped its class or its pool', async () => {
    const waiting = [aRequest(1).gpu(1).class('gone'), aRequest(2).cpu(1), aRequest(3).gpu(9)];
    const rig = aTickRig(
      aState(gpus())
        .request(...waiting, aRequest(4).gpu(1))
        .build(),
    );
    await rig.tick({ rows: [submitted(aRequest(5).gpu(1).build())] });
    expect(decisions(rig)).toMatchObject([
      { outcome: 'denied', reasons: [{ code: 'UNSATISFIABLE', kind: 'gpu', largest: 0 }] },
      { outcome: 'denied', reasons: [{ code: 'UNSATISFIABLE', kind: 'cpu', largest: 0 }] },
      { outcome: 'denied', reasons: [{ code: 'UNSATISFIABLE', kind: 'gpu', requested: 9, largest: 8 }] },
      { outcome: 'granted' },
      { outcome: 'granted' },
    ]);
  });
});

describe('an extension', () => {
  it.each([
    ['beyond any date', MOST],
    ['further ahead than any class lasts', LONGEST_SECONDS - 600 + 1],
  ])('%s is denied, with the longest that may be asked', async (_, seconds) => {
    const rig = aTickRig(aState(gpus()).build());
    await rig.tick({ rows: [submitted(aRequest(1).gpu(1).seconds(600).build())] });
    const lease = theLease(rig.state);
    await rig.tick({ rows: [extend(lease, seconds)] });
    expect(decisions(rig)).toMatchObject([
      {
        outcome: 'denied',
        reasons: [{ code: 'UNSATISFIABLE', requested: seconds, largest: LONGEST_SECONDS - 600 }],
      },
    ]);
    expect(theLease(rig.state).endsAt).toBe(lease.endsAt);
    expect(rig.state.extensions.size).toBe(0);
  });

  it('as far ahead as the longest class lasts is granted', async () => {
    const rig = aTickRig(aState(gpus()).build());
    await rig.tick({ rows: [submitted(aRequest(1).gpu(1).seconds(600).build())] });
    await rig.tick({ rows: [extend(theLease(rig.state), LONGEST_SECONDS - 600)] });
    expect(theLease(rig.state).endsAt).toBe(NOW + LONGEST_SECONDS * 1000);
  });
});

describe('a lease on a pool that a newer configuration left out', () => {
  const held = () => aTickRig(aState(gpus()).lease(aLease('gpu-z')).used('gpu-z', 1).build());

  it('ends in its time, and gives its units back', async () => {
    const rig = held();
    await rig.tick({ now: NOW + HOUR });
    expect(rig.last().events.map(({ type }) => type)).toEqual(['annona.lease.expired.v1']);
    expect(rig.state.used.get('gpu-z')).toBe(0);
  });

  it('can be released', async () => {
    const rig = held();
    const { id, epoch, ...owner } = theLease(rig.state);
    await rig.tick({ rows: [intake({ type: 'release', lease: id, epoch }, owner)] });
    expect(rig.state.leases.size).toBe(0);
  });

  it('cannot be extended', async () => {
    const rig = held();
    await rig.tick({ rows: [extend(theLease(rig.state), 60)] });
    expect(decisions(rig)).toMatchObject([
      { outcome: 'denied', reasons: [{ code: 'UNSATISFIABLE', largest: 0 }] },
    ]);
  });
});

describe('time alone', () => {
  it('wakes those who wait for money when a period begins', async () => {
    const periods = [
      { id: 'one', startsAt: NOW - HOUR, endsAt: NOW + HOUR, budget: 0 },
      { id: 'two', startsAt: NOW + HOUR, endsAt: NOW + 3 * HOUR, budget: 1000 },
    ];
    const configuration = aConfiguration()
      .account('team', 0, { periods })
      .agent('ada', { accounts: ['team' as never] })
      .pool(aPool('gpu-a').gpu(8).price(60));
    const rig = aTickRig(aState(configuration).build());
    await rig.tick({ rows: [submitted(aRequest(1).gpu(1).build())] });
    expect(decisions(rig)).toMatchObject([{ outcome: 'waiting', reasons: [{ code: 'BUDGET_EXHAUSTED' }] }]);
    expect(await rig.tick({ now: NOW + HOUR - MINUTE })).toEqual({ type: 'idle' });
    await rig.tick({ now: NOW + HOUR });
    expect(decisions(rig)).toMatchObject([{ outcome: 'granted' }]);
    expect(await rig.tick({ now: NOW + HOUR + 1 })).toEqual({ type: 'idle' });
  });
});
