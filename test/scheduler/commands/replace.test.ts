// An accepted offer: the old request ends and the new one opens in one fold, or nothing of it happens.

import { describe, expect, it } from 'vitest';
import type { RequestId } from '../../../scheduler/index.ts';
import { aConfiguration, aPool, aRequest, aState, NOW } from '../../support/builders.ts';
import { aTickRig, intake, submitted } from '../support/tickRig.ts';

const waiting = aRequest(1).gpu(8).build();
const smaller = aRequest(2).gpu(4).build();

async function aCell() {
  const rig = aTickRig(
    aState(aConfiguration().pool(aPool('gpu-a').gpu(8)))
      .used('gpu-a', 4)
      .build(),
  );
  await rig.tick({ rows: [submitted(waiting)] });
  return rig;
}

const replacing = (replaces: { request: RequestId; tick: number | null }, request = smaller) =>
  intake({ type: 'submit', request, replaces }, request, NOW + 5000);

const outcomes = (rig: Awaited<ReturnType<typeof aCell>>) =>
  rig
    .last()
    .changes.flatMap((change) =>
      change.type === 'decided' ? [[change.request, change.outcome, change.reasons]] : [],
    );

describe('a submit that replaces', () => {
  it('ends the old request and is granted in the same tick, as old as it was', async () => {
    const rig = await aCell();
    await rig.tick({ rows: [replacing({ request: waiting.id, tick: 1 })], now: NOW + 5000 });
    expect(outcomes(rig)).toEqual([
      [waiting.id, 'cancelled', [{ code: 'REPLACED', by: smaller.id }]],
      [smaller.id, 'granted', []],
    ]);
    const [opened] = rig.last().changes.filter((change) => change.type === 'requestOpened');
    expect(opened).toMatchObject({ pending: { request: { submittedAt: NOW } } });
    expect(rig.state.requests.size).toBe(0);
  });

  it('leaves the old one alone when a tick came in between', async () => {
    const rig = await aCell();
    await rig.tick({ rows: [submitted(aRequest(3).gpu(1).build())] });
    await rig.tick({ rows: [replacing({ request: waiting.id, tick: 1 })] });
    expect(outcomes(rig)).toEqual([[smaller.id, 'denied', [{ code: 'OFFER_LAPSED', request: waiting.id }]]]);
    expect([...rig.state.requests.keys()]).toEqual([waiting.id]);
  });

  it('goes through whatever tick it is when none was named', async () => {
    const rig = await aCell();
    await rig.tick({ rows: [submitted(aRequest(3).gpu(1).build())] });
    await rig.tick({ rows: [replacing({ request: waiting.id, tick: null })] });
    expect(rig.state.requests.has(waiting.id)).toBe(false);
  });

  it('happens once: the second finds nothing to replace', async () => {
    const rig = await aCell();
    const again = aRequest(4).gpu(2).build();
    await rig.tick({
      rows: [replacing({ request: waiting.id, tick: 1 }), replacing({ request: waiting.id, tick: 1 }, again)],
    });
    expect(outcomes(rig).map(([request, outcome]) => [request, outcome])).toEqual([
      [waiting.id, 'cancelled'],
      [again.id, 'denied'],
      [smaller.id, 'granted'],
    ]);
  });

  it("touches no request of another agent's, and none that has become impossible", async () => {
    const rig = await aCell();
    const others = aRequest(5).by('bob').gpu(4).build();
    await rig.tick({ rows: [replacing({ request: waiting.id, tick: 1 }, others)] });
    const huge = aRequest(6).gpu(99).build();
    await rig.tick({ rows: [replacing({ request: waiting.id, tick: null }, huge)] });
    expect(outcomes(rig)).toMatchObject([[huge.id, 'denied', [{ code: 'OFFER_LAPSED' }]]]);
    expect([...rig.state.requests.keys()]).toEqual([waiting.id]);
  });
});
