// Promised starts through whole ticks: a big request does not starve, small ones go before it where they do not delay it.
import { describe, expect, it } from 'vitest';
import type { Change, Reason, StartReservation } from '../../../scheduler/index.ts';
import {
  aConfiguration,
  aPool,
  aRequest,
  aState,
  type ConfigurationBuilder,
  HOUR,
  MINUTE,
  NOW,
} from '../../support/builders.ts';
import { aTickRig, intake, submitted, type TickRig } from '../support/tickRig.ts';

const TARGET = 120_000;

const twoDepartments = (): ConfigurationBuilder =>
  aConfiguration()
    .department('research')
    .agent('ada')
    .department('sales')
    .agent('sam')
    .pool(aPool('gpu-a').gpu(8));

const ofType = <T extends Change['type']>(rig: TickRig, type: T): Extract<Change, { type: T }>[] =>
  rig.commits.length === 0 ? [] : (rig.last().changes.filter((change) => change.type === type) as never[]);

const reservations = (rig: TickRig): StartReservation[] => [...rig.state.reserved.values()];

const outcomeOf = (rig: TickRig, number: number): string | undefined =>
  ofType(rig, 'decided').find(({ request }) => Number(request.slice(4)) === number)?.outcome;

function reasonsOf(rig: TickRig, number: number): readonly Reason[] {
  const told = rig.commits.flatMap(({ changes }) =>
    changes.flatMap((change) => (change.type === 'decided' ? [change] : [])),
  );
  return told.findLast(({ request }) => Number(request.slice(4)) === number)?.reasons ?? [];
}

/** Six of eight are held for an hour, and a request for all eight has waited for its class's target. */
async function aBigOneWaits(): Promise<TickRig> {
  const rig = aTickRig(aState(twoDepartments()).build());
  await rig.tick({ rows: [submitted(aRequest(1).by('sam', 'sales').gpu(6).seconds(3600).build())] });
  await rig.tick({ rows: [submitted(aRequest(2).gpu(8).seconds(600).build())], now: NOW + 1 });
  await rig.tick({ now: NOW + TARGET });
  return rig;
}

describe('a request that has waited longer than its class should', () => {
  it('is promised the earliest start that declared ends allow, in a tick with no other news', async () => {
    const rig = await aBigOneWaits();
    expect(reservations(rig)).toMatchObject([
      {
        startsAt: NOW + HOUR,
        endsAt: NOW + HOUR + 10 * MINUTE + MINUTE,
        units: [{ pool: 'gpu-a', quantity: 8 }],
      },
    ]);
    expect(rig.last().events.map(({ type, data }) => [type, data])).toEqual([
      ['annona.reservation.made.v1', { startsAt: new Date(NOW + HOUR).toISOString() }],
    ]);
  });

  it('is promised nothing before its target wait is over', async () => {
    const rig = aTickRig(aState(twoDepartments()).build());
    await rig.tick({ rows: [submitted(aRequest(1).by('sam', 'sales').gpu(6).seconds(3600).build())] });
    await rig.tick({ rows: [submitted(aRequest(2).gpu(8).build())], now: NOW + 1 });
    expect(await rig.tick({ now: NOW + TARGET - 1 })).toEqual({ type: 'idle' });
    expect(reservations(rig)).toEqual([]);
  });

  it('lets those go before it that end before it starts, and no others', async () => {
    const rig = await aBigOneWaits();
    const rows = [
      submitted(aRequest(3).by('sam', 'sales').gpu(1).seconds(3000).build()),
      submitted(aRequest(4).by('sam', 'sales').gpu(1).seconds(7200).build()),
    ];
    await rig.tick({ rows, now: NOW + TARGET + 1 });
    expect([outcomeOf(rig, 3), outcomeOf(rig, 4)]).toEqual(['granted', 'waiting']);
    expect(reasonsOf(rig, 4)).toEqual([
      {
        code: 'RESERVED',
        option: 0,
        claim: 0,
        kind: 'gpu',
        startsAt: NOW + HOUR,
        short: [{ what: 'gpu-a', requested: 1, available: 0, held: 8 }],
      },
    ]);
  });

  it('starts when it was promised, though smaller ones came all the while', async () => {
    const rig = await aBigOneWaits();
    for (let i = 0; i < 20; i++) {
      const small = aRequest(10 + i)
        .by('sam', 'sales')
        .gpu(2)
        .seconds(1500);
      const now = NOW + TARGET + i * 3 * MINUTE;
      await rig.tick({ rows: [submitted(small.build(), now)], now });
    }
    await rig.tick({ now: NOW + HOUR });
    expect(outcomeOf(rig, 2)).toBe('granted');
    expect(reservations(rig)).toEqual([]);
  });

  it('moves earlier in the tick after somebody gave back early, which is an event', async () => {
    const rig = await aBigOneWaits();
    const lease = [...rig.state.leases.values()][0]!;
    const short = submitted(aRequest(3).by('sam', 'sales').gpu(2).seconds(1200).build());
    await rig.tick({ rows: [short], now: NOW + TARGET + 1 });
    const row = intake({ type: 'release', lease: lease.id, epoch: 1 }, { department: 'sales', agent: 'sam' });
    await rig.tick({ rows: [row], now: NOW + TARGET + 2 });
    expect(ofType(rig, 'reservationMoved')).toEqual([]);
    await rig.tick({ now: NOW + TARGET + 3 });
    const startsAt = NOW + TARGET + 1 + 1_200_000;
    expect(ofType(rig, 'reservationMoved')).toMatchObject([
      { from: NOW + HOUR, cause: 'earlier', reservation: { startsAt } },
    ]);
  });
});
