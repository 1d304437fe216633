// What bounds promises, and what becomes of them: shares, departments, datasets that drain, capacity that goes, extensions, gangs, no end.
import { describe, expect, it } from 'vitest';
import type { Change, Configuration, Lease, Reason, StartReservation } from '../../../scheduler/index.ts';
import { takeSnapshot } from '../../../scheduler/snapshot.ts';
import { workConservation } from '../../../scheduler/verify.ts';
import {
  aConfiguration,
  aPool,
  aRequest,
  aState,
  type ConfigurationBuilder,
  HOUR,
  MINUTE,
  NOW,
  type RequestBuilder,
} from '../../support/builders.ts';
import { aTickRig, intake, submitted, type TickRig } from '../support/tickRig.ts';

const TARGET = 120_000;

const departments = (...names: readonly string[]): ConfigurationBuilder => {
  const builder = aConfiguration();
  for (const name of names) builder.department(name).agent(`agent-${name}`);
  return builder;
};

const by = (number: number, department: string): RequestBuilder =>
  aRequest(number).by(`agent-${department}`, department);

const rows = (...requests: readonly RequestBuilder[]) => requests.map((one) => submitted(one.build()));

/** Those of the first rows are granted, those of the second wait until their target wait is over. */
async function overdue(
  configuration: Configuration | ConfigurationBuilder,
  held: readonly RequestBuilder[],
  waiting: readonly RequestBuilder[],
): Promise<TickRig> {
  const rig = aTickRig(aState(configuration).build());
  await rig.tick({ rows: rows(...held) });
  await rig.tick({ rows: rows(...waiting), now: NOW + 1 });
  await rig.tick({ now: NOW + TARGET });
  return rig;
}

const promised = (rig: TickRig): Record<number, number> =>
  Object.fromEntries(
    [...rig.state.reserved.values()].map(({ request, startsAt }) => [
      Number(request.slice(4)),
      (startsAt - NOW) / MINUTE,
    ]),
  );

const changes = <T extends Change['type']>(rig: TickRig, type: T): Extract<Change, { type: T }>[] =>
  rig.last().changes.filter((change) => change.type === type) as never[];

function toldOf(rig: TickRig, number: number): { outcome: string; reasons: readonly Reason[] } | undefined {
  const decided = rig.commits.flatMap(({ changes: all }) =>
    all.flatMap((change) => (change.type === 'decided' ? [change] : [])),
  );
  return decided.findLast(({ request }) => Number(request.slice(4)) === number);
}

describe('promises are bounded', () => {
  it('to one a department', async () => {
    const full = by(1, 'beta').gpu(8).seconds(3600);
    const rig = await overdue(
      departments('alpha', 'beta').pool(aPool().gpu(8)),
      [full],
      [by(2, 'alpha').gpu(1), by(3, 'alpha').gpu(1)],
    );
    expect(promised(rig)).toEqual({ 2: 60 });
  });

  it('to a quarter of a pool a class, but that its only one may be larger', async () => {
    const full = by(1, 'delta').gpu(16).seconds(3600);
    const configuration = departments('alpha', 'beta', 'gamma', 'delta').pool(aPool().gpu(16));
    const small = await overdue(
      configuration,
      [full],
      [by(2, 'alpha').gpu(2), by(3, 'beta').gpu(2), by(4, 'gamma').gpu(1)],
    );
    expect(promised(small)).toEqual({ 2: 60, 3: 60 });
    const large = await overdue(configuration, [full], [by(2, 'alpha').gpu(12), by(3, 'beta').gpu(1)]);
    expect(promised(large)).toEqual({ 2: 60 });
  });

  it('to other classes beside them', async () => {
    const full = by(1, 'gamma').gpu(16).seconds(3600);
    const rig = await overdue(
      departments('alpha', 'beta', 'gamma').pool(aPool().gpu(16)),
      [full],
      [by(2, 'alpha').gpu(4), by(3, 'beta').gpu(4).class('production')],
    );
    expect(promised(rig)).toEqual({ 2: 60, 3: 60 });
  });

  it('by the time that a pool may stand idle for them', async () => {
    const configuration = {
      ...departments('alpha', 'beta', 'gamma').pool(aPool().gpu(8)).build(),
      reservations: { idlePercent: 1 },
    };
    const held = by(1, 'gamma')
      .gpu(1)
      .seconds(4 * 3600);
    const rig = await overdue(configuration, [held], [by(2, 'alpha').gpu(8)]);
    expect(promised(rig)).toEqual({ 2: 240 });
    // Seven of eight have stood idle for more than an eighth of an hour times what may: nothing more is promised there.
    await rig.tick({ rows: rows(by(3, 'beta').gpu(8)), now: NOW + 30 * MINUTE });
    await rig.tick({ now: NOW + 30 * MINUTE + TARGET });
    expect(promised(rig)).toEqual({ 2: 240 });
  });
});

describe('an exclusive claim that is promised a dataset', () => {
  const library = () => departments('alpha', 'beta').pool(aPool('corpus').dataset(4));
  const reader = (number: number, minutes: number): RequestBuilder =>
    by(number, 'beta')
      .claim('dataset', 1)
      .seconds(minutes * 60);
  const alone = by(2, 'alpha').claim('dataset', 1, { exclusive: true });

  it('drains it: who would still read at its start waits, who is done by then reads on', async () => {
    const rig = await overdue(library(), [reader(1, 60)], [alone]);
    expect(promised(rig)).toEqual({ 2: 60 });
    await rig.tick({ rows: rows(reader(3, 50), reader(4, 90)), now: NOW + TARGET + 1 });
    expect([toldOf(rig, 3)?.outcome, toldOf(rig, 4)?.outcome]).toEqual(['granted', 'waiting']);
    expect(toldOf(rig, 4)?.reasons).toEqual([
      {
        code: 'DRAINING',
        option: 0,
        claim: 0,
        kind: 'dataset',
        startsAt: NOW + HOUR,
        short: [{ what: 'corpus', requested: 1, available: 0, held: 4 }],
      },
    ]);
    const snapshot = takeSnapshot(rig.state, NOW + TARGET + 1);
    const { idle, kept } = workConservation(snapshot, { assignments: [], extensions: [] });
    expect(idle).toEqual([]);
    expect(kept).toMatchObject([{ request: by(4, 'beta').build().id, code: 'DRAINING' }]);
    await rig.tick({ now: NOW + HOUR });
    expect(toldOf(rig, 2)?.outcome).toBe('granted');
  });
});

describe('a promise moves later', () => {
  it('after a loss of capacity, which is an event, and not before', async () => {
    const configuration = departments('alpha', 'beta')
      .pool(aPool('gpu-a').gpu(8), aPool('gpu-b').gpu(4))
      .build();
    const rig = await overdue(
      configuration,
      [by(1, 'beta').gpu(6).seconds(3600), by(4, 'beta').gpu(4).seconds(7200)],
      [by(2, 'alpha').gpu(4)],
    );
    expect(promised(rig)).toEqual({ 2: 60 });
    const shrunk: Configuration = {
      ...configuration,
      revision: 'cfg_shrunk',
      pools: configuration.pools.map((pool) => (pool.id === 'gpu-a' ? { ...pool, capacity: 2 } : pool)),
    };
    rig.state.configuration = shrunk;
    await rig.tick({ now: NOW + TARGET + 1 });
    expect(promised(rig)).toEqual({ 2: 120 });
    expect(changes(rig, 'reservationMoved')).toMatchObject([{ from: NOW + HOUR, cause: 'capacityLost' }]);
    expect(rig.last().events.map(({ type }) => type)).toContain('annona.reservation.moved.v1');
  });

  it('or is dropped when no start is left that is early enough', async () => {
    const configuration = departments('alpha', 'beta')
      .pool(aPool('gpu-a').gpu(8), aPool('gpu-b').gpu(4))
      .build();
    const rig = await overdue(
      configuration,
      [by(1, 'beta').gpu(6).seconds(3600), by(4, 'beta').gpu(4).seconds(7200)],
      [
        by(2, 'alpha')
          .gpu(4)
          .terms({ startBefore: NOW + 90 * MINUTE }),
      ],
    );
    const pools = configuration.pools.map((pool) => (pool.id === 'gpu-a' ? { ...pool, capacity: 2 } : pool));
    rig.state.configuration = { ...configuration, revision: 'cfg_shrunk', pools };
    await rig.tick({ now: NOW + TARGET + 1 });
    expect(promised(rig)).toEqual({});
    expect(changes(rig, 'reservationDropped')).toMatchObject([{ cause: 'capacityLost' }]);
  });
});

describe('an extension', () => {
  it('is refused when it would break a promise, with the instant and the numbers, and granted up to it', async () => {
    const rig = await overdue(
      departments('alpha', 'beta').pool(aPool('gpu-a').gpu(8)),
      [by(1, 'beta').gpu(6).seconds(3600), by(3, 'beta').gpu(2).seconds(1800)],
      [by(2, 'alpha').gpu(8)],
    );
    const leaseOf = (number: number): Lease =>
      [...rig.state.leases.values()].find(({ request }) => Number(request.slice(4)) === number)!;
    const extend = (number: number, seconds: number) =>
      intake(
        {
          type: 'extend',
          extension: `ext_${number}_${seconds}` as never,
          lease: leaseOf(number).id,
          epoch: 1,
          seconds,
        },
        { department: 'beta', agent: 'agent-beta' },
      );
    await rig.tick({ rows: [extend(1, 60), extend(3, 1800), extend(3, 60)], now: NOW + TARGET + 1 });
    const decided = changes(rig, 'extensionDecided').map(({ extension, outcome }) => [extension, outcome]);
    expect(Object.fromEntries(decided)).toEqual({
      ext_1_60: 'denied',
      ext_3_1800: 'granted',
      ext_3_60: 'denied',
    });
    expect(
      changes(rig, 'extensionDecided').find(({ extension }) => extension === 'ext_1_60')?.reasons,
    ).toEqual([
      {
        code: 'RESERVED',
        option: 0,
        claim: 0,
        kind: 'gpu',
        startsAt: NOW + HOUR,
        short: [{ what: 'gpu-a', requested: 6, available: 0, held: 8 }],
      },
    ]);
    expect(promised(rig)).toEqual({ 2: 60 });
  });
});

describe('a gang', () => {
  const gang = { id: 'training-run-0017', size: 2 };

  it('is promised one start for all members, and starts whole', async () => {
    const rig = await overdue(
      departments('alpha', 'beta', 'gamma').pool(aPool('gpu-a').gpu(8)),
      [by(1, 'gamma').gpu(6).seconds(3600)],
      [by(2, 'alpha').gpu(4).terms({ gang }), by(3, 'beta').gpu(4).terms({ gang })],
    );
    expect(promised(rig)).toEqual({ 2: 60, 3: 60 });
    await rig.tick({ rows: rows(by(4, 'gamma').gpu(1).seconds(7200)), now: NOW + TARGET + 1 });
    expect(toldOf(rig, 4)).toMatchObject({ outcome: 'waiting', reasons: [{ code: 'RESERVED' }] });
    await rig.tick({ now: NOW + HOUR });
    expect([toldOf(rig, 2)?.outcome, toldOf(rig, 3)?.outcome]).toEqual(['granted', 'granted']);
  });

  it('loses its promise with a member', async () => {
    const rig = await overdue(
      departments('alpha', 'beta', 'gamma').pool(aPool('gpu-a').gpu(8)),
      [by(1, 'gamma').gpu(6).seconds(3600)],
      [by(2, 'alpha').gpu(4).terms({ gang }), by(3, 'beta').gpu(4).terms({ gang })],
    );
    const cancel = intake(
      { type: 'cancel', request: by(3, 'beta').build().id },
      { department: 'beta', agent: 'agent-beta' },
    );
    await rig.tick({ rows: [cancel], now: NOW + TARGET + 1 });
    expect(promised(rig)).toEqual({});
    expect(changes(rig, 'reservationDropped')).toMatchObject([{ cause: 'gang' }]);
  });
});

describe('nothing is promised', () => {
  it('of units that no lease gives back by a declared end', async () => {
    const rig = await overdue(
      departments('alpha', 'beta').pool(aPool('seats').license(4)),
      [by(1, 'beta').claim('license', 3)],
      [by(2, 'alpha').claim('license', 4)],
    );
    expect(promised(rig)).toEqual({});
  });

  it('that its accounts could not pay', async () => {
    const configuration = aConfiguration()
      .account('poor', 10)
      .department('alpha')
      .agent('agent-alpha', { accounts: ['poor' as never] })
      .department('beta')
      .agent('agent-beta')
      .pool(aPool('gpu-a').gpu(8).price(600));
    const rig = await overdue(configuration, [by(1, 'beta').gpu(8).seconds(3600)], [by(2, 'alpha').gpu(8)]);
    expect(promised(rig)).toEqual({});
  });
});

describe('a promise', () => {
  it('of units that do not come back is kept from the moment it is made', async () => {
    const rig = await overdue(
      departments('alpha', 'beta').pool(aPool('gpu-a').gpu(8), aPool('seats').license(2)),
      [by(1, 'beta').gpu(8).seconds(3600)],
      [by(2, 'alpha').gpu(8).claim('license', 1)],
    );
    const [reservation] = rig.state.reserved.values() as IterableIterator<StartReservation>;
    expect(reservation).toMatchObject({ startsAt: NOW + HOUR });
    await rig.tick({ rows: rows(by(3, 'beta').claim('license', 2)), now: NOW + TARGET + 1 });
    expect(toldOf(rig, 3)).toMatchObject({
      outcome: 'waiting',
      reasons: [{ code: 'RESERVED', short: [{ what: 'seats', requested: 2, available: 1, held: 1 }] }],
    });
  });
});
