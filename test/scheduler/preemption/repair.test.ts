// Broken rows: a pool shrank, a share or what a cohort lends was cut. Repairs come before nominees, lowest class and youngest first.
import { describe, expect, it } from 'vitest';
import type { Configuration } from '../../../scheduler/index.ts';
import { aConfiguration, aPool, aRequest } from '../../support/builders.ts';
import { GRACE, HandCell, MINIMUM_RUN, SECOND } from './cell.ts';

const DAY_SECONDS = 86_400;
const long = (number: number, gpus: number, name = 'standard') =>
  aRequest(number).gpu(gpus).class(name).seconds(DAY_SECONDS);

function cut(cell: HandCell, change: (configuration: Configuration) => Partial<Configuration>): void {
  const { configuration } = cell.state;
  cell.state.configuration = {
    ...configuration,
    ...change(configuration),
    revision: `${configuration.revision}+`,
  };
}

const poolTo =
  (capacity: number) =>
  ({ pools }: Configuration) => ({ pools: pools.map((pool) => ({ ...pool, capacity })) });

describe('a pool that shrank below its use', () => {
  it('is repaired from the lowest class, the youngest first, after its minimum run', async () => {
    const cell = new HandCell(aConfiguration().pool(aPool('gpu-a').gpu(8)));
    await cell.submit(long(1, 2, 'batch'), long(2, 2)).tick();
    await cell.submit(long(3, 2, 'batch'), long(4, 2)).tick(SECOND);
    await cell.tick(SECOND);
    cut(cell, poolTo(6));
    await cell.tick(SECOND);
    expect(cell.revoking()).toEqual([]);
    await cell.tick(MINIMUM_RUN);
    expect(cell.revoking()).toEqual(['03']);
    expect(cell.rig.last().record.revocations).toMatchObject({
      plans: [{ for: 'capacity/gpu-a', victims: [[cell.leaseOf(long(3, 2)).id, 'repair']] }],
    });
    expect(cell.leaseOf(long(3, 2)).revocation).toMatchObject({ request: null, department: null });
    cut(cell, poolTo(3));
    await cell.tick(SECOND);
    expect(cell.revoking().sort()).toEqual(['01', '03', '04']);
  });

  it('is repaired as far as leases may be taken, and again no lease too many', async () => {
    const cell = new HandCell(aConfiguration().pool(aPool('gpu-a').gpu(8)));
    await cell.submit(long(1, 4).terms({ preemptible: false }), long(2, 4)).tick();
    await cell.tick(SECOND);
    cut(cell, poolTo(2));
    await cell.tick(MINIMUM_RUN);
    expect(cell.revoking()).toEqual(['02']);
    await cell.tick(GRACE);
    await cell.tick(MINIMUM_RUN);
    expect(cell.holding()).toEqual(['01']);
    expect(cell.revoking()).toEqual([]);
  });

  it('that nobody may be taken from lets the cell rest', async () => {
    const pools = Array.from({ length: 12 }, (_, i) => aPool(`gpu-${i}`).gpu(2));
    const cell = new HandCell(aConfiguration().pool(...pools));
    const kept = pools.map((_, i) => long(i + 1, 2).terms({ preemptible: false }));
    await cell.submit(...kept).tick();
    await cell.tick(SECOND);
    cut(cell, poolTo(1));
    await cell.submit(long(30, 2).terms({ preemptible: false })).tick(MINIMUM_RUN);
    expect(cell.rig.carry.unfinished).toBe(false);
    expect(cell.revoking()).toEqual([]);
  });

  it('is repaired over several ticks when more rows are broken than one repairs, or more leases must go than one program takes', async () => {
    const pools = Array.from({ length: 12 }, (_, i) => aPool(`gpu-${i}`).gpu(1));
    const cell = new HandCell(aConfiguration().pool(aPool('hall').cpu(40), ...pools));
    const ones = Array.from({ length: 12 }, (_, i) => long(i + 10, 1));
    const crowd = Array.from({ length: 40 }, (_, i) =>
      aRequest(i + 30)
        .cpu(1)
        .seconds(DAY_SECONDS),
    );
    await cell.submit(...ones, ...crowd).tick();
    await cell.tick(SECOND);
    cut(cell, poolTo(0));
    await cell.tick(MINIMUM_RUN);
    expect(cell.revoking()).toHaveLength(52);
    expect(cell.rig.commits.length).toBeGreaterThan(3);
    await cell.tick(GRACE);
    expect(cell.holding()).toEqual([]);
  });

  it('is repaired before a nominee takes anything of it', async () => {
    const cell = new HandCell(aConfiguration().pool(aPool('gpu-a').gpu(8)));
    await cell.submit(long(1, 2, 'batch'), long(2, 3, 'batch'), long(3, 3, 'batch')).tick();
    await cell.tick(SECOND);
    cut(cell, poolTo(6));
    await cell.submit(aRequest(4).gpu(3).class('critical')).tick(MINIMUM_RUN);
    const { plans } = cell.rig.last().record.revocations!;
    expect(plans.map((plan) => plan.for)).toEqual(['capacity/gpu-a', aRequest(4).build().id]);
    const taken = plans.flatMap(({ victims }) => victims);
    expect(taken).toHaveLength(2);
    await cell.tick(GRACE);
    expect(cell.holding()).toContain('04');
    expect(cell.state.used.get('gpu-a')).toBeLessThanOrEqual(6);
  });
});

describe('a share that was cut', () => {
  it('below its use is repaired from its own department alone', async () => {
    const cell = new HandCell(
      aConfiguration()
        .department('a')
        .agent('ann')
        .department('b')
        .agent('bob')
        .pool(aPool('gpu-a').gpu(20))
        .quota('a', 'gpu', { nominal: 10 })
        .quota('b', 'gpu', { nominal: 10 }),
    );
    await cell.submit(long(1, 5).by('ann', 'a'), long(2, 5).by('bob', 'b')).tick();
    await cell.submit(long(3, 5).by('ann', 'a'), long(4, 5, 'batch').by('bob', 'b')).tick(SECOND);
    await cell.tick(SECOND);
    cut(cell, ({ quotas }) => ({
      quotas: quotas.map((quota) => (quota.department === 'a' ? { ...quota, nominal: 6 } : quota)),
    }));
    await cell.tick(MINIMUM_RUN);
    expect(cell.revoking()).toEqual(['03']);
    expect(cell.rig.last().record.revocations!.plans.map((plan) => plan.for)).toEqual(['quota/a/gpu']);
  });

  it('of what its cohort lends is repaired from what was borrowed', async () => {
    const cell = new HandCell(
      aConfiguration()
        .department('a')
        .agent('ann')
        .department('b')
        .agent('bob')
        .pool(aPool('gpu-a').gpu(20))
        .quota('a', 'gpu', { nominal: 10, lend: 10, cohort: 'all' })
        .quota('b', 'gpu', { nominal: 10, borrow: 10, cohort: 'all' }),
    );
    await cell.submit(long(1, 10).by('bob', 'b')).tick();
    await cell.submit(long(2, 4).by('bob', 'b')).tick(SECOND);
    await cell.submit(long(3, 4).by('bob', 'b')).tick(SECOND);
    await cell.tick(SECOND);
    cut(cell, ({ quotas }) => ({
      quotas: quotas.map((quota) => (quota.department === 'a' ? { ...quota, lendingLimit: 5 } : quota)),
    }));
    await cell.tick(MINIMUM_RUN);
    expect(cell.revoking()).toEqual(['03']);
    expect(cell.rig.last().record.revocations!.plans.map((plan) => plan.for)).toEqual(['cohort/all/gpu']);
  });
});
