import { describe, expect, it } from 'vitest';
import type { DecisionOutcome, LeaseId } from '../../scheduler/index.ts';
import { aConfiguration, aPool, aRequest, aState, MINUTE, NOW } from '../support/builders.ts';
import { aTickRig, intake, submitted, type TickRig, theLease } from './support/tickRig.ts';

const eightGpus = () => aConfiguration().pool(aPool('gpu-a').gpu(8));

function outcomes(rig: TickRig): [string, DecisionOutcome][] {
  return rig
    .last()
    .changes.flatMap((change) =>
      change.type === 'decided' ? [[change.request.slice(-1), change.outcome]] : [],
    );
}

describe('a tick', () => {
  it('does nothing, and writes nothing, when there is nothing new', async () => {
    const rig = aTickRig(aState(eightGpus()).build());
    expect(await rig.tick()).toEqual({ type: 'idle' });
    expect(rig.commits).toEqual([]);
  });

  it('grants what fits and says of the rest why it waits, with numbers', async () => {
    const rig = aTickRig(aState(eightGpus()).build());
    await rig.tick({ rows: [submitted(aRequest(1).gpu(6).build()), submitted(aRequest(2).gpu(4).build())] });
    expect(outcomes(rig)).toEqual([
      ['1', 'granted'],
      ['2', 'waiting'],
    ]);
    const waiting = rig
      .last()
      .changes.find((change) => change.type === 'decided' && change.outcome === 'waiting');
    expect(waiting).toMatchObject({
      reasons: [
        { code: 'POOL_FULL', kind: 'gpu', short: [{ what: 'gpu-a', requested: 4, available: 2, held: 6 }] },
      ],
    });
  });

  it('tells a waiting request once, and again only when its set of codes changes', async () => {
    const configuration = eightGpus().quota('research', 'gpu', { nominal: 7 });
    const rig = aTickRig(aState(configuration).build());
    await rig.tick({ rows: [submitted(aRequest(1).gpu(6).build()), submitted(aRequest(2).gpu(2).build())] });
    const told = rig.last().events.filter((event) => event.type === 'annona.request.waiting.v1');
    expect(told).toHaveLength(1);
    await rig.tick({ rows: [submitted(aRequest(3).gpu(7).build())] });
    expect(outcomes(rig)).toEqual([['3', 'waiting']]);
  });

  it('grants in order of arrival within a shape', async () => {
    const rig = aTickRig(aState(eightGpus()).build());
    await rig.tick({ rows: [1, 2, 3, 4].map((n) => submitted(aRequest(n).gpu(3).build())) });
    expect(outcomes(rig)).toEqual([
      ['1', 'granted'],
      ['2', 'granted'],
      ['3', 'waiting'],
      ['4', 'waiting'],
    ]);
  });

  it('wakes a waiting request in the tick that sees the release', async () => {
    const rig = aTickRig(aState(eightGpus()).build());
    await rig.tick({ rows: [submitted(aRequest(1).gpu(8).build()), submitted(aRequest(2).gpu(8).build())] });
    const { id, epoch, department, agent } = theLease(rig.state);
    await rig.tick({
      rows: [intake({ type: 'release', lease: id, epoch }, { department, agent })],
      now: NOW + MINUTE,
    });
    expect(outcomes(rig)).toEqual([['2', 'granted']]);
    expect(rig.last().events.map((event) => event.type)).toEqual([
      'annona.lease.released.v1',
      'annona.request.granted.v1',
      'annona.lease.granted.v1',
    ]);
  });

  it('serves the higher class first, whatever came first', async () => {
    const rig = aTickRig(aState(eightGpus()).build());
    const rows = [
      submitted(aRequest(1).gpu(8).class('batch').build()),
      submitted(aRequest(2).gpu(8).class('critical').build()),
    ];
    await rig.tick({ rows });
    expect(outcomes(rig)).toContainEqual(['2', 'granted']);
    expect(outcomes(rig)).toContainEqual(['1', 'waiting']);
  });

  it('chains its record to the tick before and numbers events without gaps', async () => {
    const rig = aTickRig(aState(eightGpus()).build());
    await rig.tick({ rows: [submitted(aRequest(1).gpu(1).build())] });
    await rig.tick({ rows: [submitted(aRequest(2).gpu(1).build())] });
    const [first, second] = rig.commits.map((commit) => commit.record);
    expect(first?.previousDigest).toBe('');
    expect(second?.previousDigest).toBe(first?.digest);
    expect(second?.tick).toBe(2);
    expect(rig.commits.flatMap((commit) => commit.events.map((event) => event.sequence))).toEqual([
      1, 2, 3, 4,
    ]);
  });

  it('gives the same digests for the same inputs', async () => {
    const digests = [];
    for (let run = 0; run < 3; run += 1) {
      const rig = aTickRig(aState(eightGpus()).build());
      const rows = [1, 2, 3].map((n) => ({ ...submitted(aRequest(n).gpu(n).build()), id: n }));
      await rig.tick({ rows });
      digests.push(rig.last().record.digest);
    }
    expect(new Set(digests).size).toBe(1);
  });

  it('reports a lost epoch and tells nobody of the tick', async () => {
    const rig = aTickRig(aState(eightGpus()).build());
    rig.epochLost = true;
    expect(await rig.tick({ rows: [submitted(aRequest(1).gpu(1).build())] })).toEqual({ type: 'epochLost' });
    expect(rig.state.tick).toBe(0);
  });

  it('publishes a proven bound for every stage that it decided', async () => {
    const configuration = aConfiguration().pool(aPool('gpu-a').gpu(8, 'A100'), aPool('gpu-b').gpu(8, 'H100'));
    const rig = aTickRig(aState(configuration).build());
    await rig.tick({
      rows: [5, 4, 4, 3, 3].map((units, n) =>
        submitted(
          aRequest(n + 1)
            .gpu(units)
            .build(),
        ),
      ),
    });
    const { stages } = rig.last().record;
    expect(stages.length).toBeGreaterThan(0);
    for (const stage of stages) {
      expect(stage.bound).toBeGreaterThanOrEqual(stage.value);
      expect(stage.class).toBe('standard');
    }
  });
});

describe('the certificate of a stage', () => {
  it('names by digest what earlier stages froze, and nothing for the first', async () => {
    const rig = aTickRig(aState(eightGpus()).build());
    const rows = [
      submitted(aRequest(1).gpu(6).class('critical').build()),
      submitted(aRequest(2).gpu(2).class('batch').build()),
    ];
    await rig.tick({ rows });
    const digests = rig
      .last()
      .record.stages.map(({ class: name, frozenDigest }) => [name, frozenDigest !== '']);
    expect(digests).toEqual([
      ['critical', false],
      ['batch', true],
    ]);
  });
});

describe('a plan that fails its check', () => {
  it('keeps what passes alone, leaves the rest waiting, claims no bound, and is kept as a file', async () => {
    const rig = aTickRig(aState(eightGpus()).build());
    const { solver } = rig.ports;
    rig.ports = {
      ...rig.ports,
      // An answer that grants every column: more than there is.
      solver: {
        ...solver,
        async solve(model, options) {
          const solution = await solver.solve(model, options);
          return { ...solution, granted: new Uint8Array(model.columnCount).fill(1) };
        },
      },
    };
    await rig.tick({
      rows: [6, 6, 2].map((units, n) =>
        submitted(
          aRequest(n + 1)
            .gpu(units)
            .build(),
        ),
      ),
    });
    expect(outcomes(rig)).toEqual([
      ['1', 'granted'],
      ['3', 'granted'],
      ['2', 'waiting'],
    ]);
    expect(rig.last().record).toMatchObject({ fault: 'refused', stages: [] });
    expect(rig.dumped).toHaveLength(1);
  });
});

describe('an extension', () => {
  it('lengthens a lease that its accounts can pay, and never moves it back', async () => {
    const rig = aTickRig(aState(eightGpus()).build());
    await rig.tick({ rows: [submitted(aRequest(1).gpu(1).seconds(600).build())] });
    const lease = theLease(rig.state);
    const extension = 'ext_1' as never;
    await rig.tick({
      rows: [intake({ type: 'extend', extension, lease: lease.id, epoch: lease.epoch, seconds: 300 }, lease)],
    });
    expect(theLease(rig.state).endsAt).toBe(lease.endsAt + 300_000);
    expect(rig.last().events.map((event) => event.type)).toEqual(['annona.lease.extended.v1']);
  });

  it('of a stale epoch changes nothing', async () => {
    const rig = aTickRig(aState(eightGpus()).build());
    await rig.tick({ rows: [submitted(aRequest(1).gpu(1).build())] });
    const lease = theLease(rig.state);
    const stale = intake(
      { type: 'extend', extension: 'ext_1' as never, lease: lease.id as LeaseId, epoch: 99, seconds: 300 },
      lease,
    );
    await rig.tick({ rows: [stale], now: NOW + 1 });
    expect(theLease(rig.state).endsAt).toBe(lease.endsAt);
    expect(rig.last().changes).toEqual([]);
  });
});
