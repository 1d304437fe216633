// Reclaim: a department within its nominal share takes back what others of its cohort have borrowed; flags follow the oldest.
import { describe, expect, it } from 'vitest';
import { aConfiguration, aPool, aRequest } from '../../support/builders.ts';
import { GRACE, HandCell, MINIMUM_RUN, SECOND } from './cell.ts';

const DAY_SECONDS = 86_400;

/** Departments a, b and c with an agent each. */
function threeDepartments() {
  return aConfiguration()
    .department('a')
    .agent('ann')
    .department('b')
    .agent('bob')
    .department('c')
    .agent('cleo');
}

const of = (number: number, agent: 'ann' | 'bob' | 'cleo', gpus: number) =>
  aRequest(number)
    .by(agent, { ann: 'a', bob: 'b', cleo: 'c' }[agent])
    .gpu(gpus)
    .class('standard')
    .seconds(DAY_SECONDS);

/** a lends ten to c, which may borrow ten; the pool has twenty. */
const PATIENT = { name: 'standard', rank: 0, targetWaitSeconds: DAY_SECONDS, maxDurationSeconds: 604_800 };

const lender = () =>
  threeDepartments()
    .pool(aPool('gpu-a').gpu(20))
    .quota('a', 'gpu', { nominal: 10, lend: 10, cohort: 'all' })
    .quota('c', 'gpu', { nominal: 10, borrow: 10, cohort: 'all' });

describe('a lease', () => {
  it('is told at its grant that it is borrowed, and no more once an older one has ended', async () => {
    const cell = new HandCell(lender());
    const own = of(1, 'cleo', 8);
    const beyond = of(2, 'cleo', 4);
    await cell.submit(own, beyond).tick();
    expect(cell.leaseOf(own).borrowed).toBeUndefined();
    expect(cell.leaseOf(beyond).borrowed).toEqual(['gpu']);
    const told = cell.rig.last().events.filter(({ type }) => type === 'annona.lease.granted.v1');
    expect(told.map(({ data }) => data.borrowed)).toEqual([undefined, ['gpu']]);
    await cell.submit(of(3, 'cleo', 2)).tick(SECOND);
    expect(cell.leaseOf(of(3, 'cleo', 2)).borrowed).toBeUndefined();
    await cell.release(cell.leaseOf(own)).tick(SECOND);
    expect(cell.leaseOf(beyond).borrowed).toBeUndefined();
    expect(cell.rig.last().changes).toContainEqual({
      type: 'leaseFlagged',
      lease: cell.leaseOf(beyond).id,
      borrowed: [],
    });
  });

  it('is borrowed from when the share was cut below it', async () => {
    const cell = new HandCell(lender());
    await cell.submit(of(1, 'cleo', 4), of(2, 'cleo', 4)).tick();
    const { configuration } = cell.state;
    const quotas = configuration.quotas.map((quota) =>
      quota.department === 'c' ? { ...quota, nominal: 5 } : quota,
    );
    cell.state.configuration = { ...configuration, revision: 'cfg_cut', quotas };
    await cell.submit(of(3, 'cleo', 1)).tick(SECOND);
    expect([1, 2, 3].map((n) => cell.leaseOf(of(n, 'cleo', n === 3 ? 1 : 4)).borrowed)).toEqual([
      undefined,
      ['gpu'],
      undefined,
    ]);
  });
});

describe('a department within its nominal share', () => {
  it('takes back what was borrowed, the youngest first, and nothing that is the borrower’s own', async () => {
    const cell = new HandCell(lender());
    await cell.submit(of(1, 'cleo', 10)).tick();
    await cell.submit(of(2, 'cleo', 5)).tick(SECOND);
    await cell.submit(of(3, 'cleo', 5)).tick(SECOND);
    await cell.tick(SECOND);
    await cell.submit(of(4, 'ann', 5)).tick(MINIMUM_RUN);
    expect(cell.revoking()).toEqual(['03']);
    expect(cell.rig.last().events[0]!.data).toMatchObject({ right: 'reclaim', forDepartment: 'a' });
    expect(cell.rig.last().events[0]!.data).not.toHaveProperty('forRequest');
    await cell.tick(GRACE);
    expect(cell.leaseOf(of(4, 'ann', 5)).state).toBe('granted');
    await cell.submit(of(5, 'ann', 5)).tick(SECOND);
    expect(cell.revoking()).toEqual(['02']);
    await cell.tick(GRACE);
    await cell.submit(of(6, 'ann', 1)).tick(SECOND);
    expect(cell.revoking()).toEqual([]);
    expect(cell.holding()).toEqual(['01', '04', '05']);
  });

  it('has no right beyond its share, however long it has waited', async () => {
    const cell = new HandCell(lender());
    await cell.submit(of(1, 'cleo', 10), of(2, 'cleo', 10)).tick();
    await cell.tick(SECOND);
    await cell.submit(of(3, 'ann', 11)).tick(MINIMUM_RUN);
    await cell.tick(100 * MINIMUM_RUN);
    expect(cell.revoking()).toEqual([]);
  });

  it('gets the whole of its share back when it holds a part of it already', async () => {
    // Nobody waits long enough to be promised a start: what is promised to the older request is not the younger's to take.
    const cell = new HandCell(lender().classes(PATIENT));
    await cell.submit(of(1, 'cleo', 10), of(2, 'ann', 4)).tick();
    await cell.submit(of(3, 'cleo', 6)).tick(SECOND);
    await cell.tick(SECOND);
    await cell.submit(of(4, 'ann', 7)).tick(MINIMUM_RUN);
    expect(cell.revoking()).toEqual([]);
    await cell.submit(of(5, 'ann', 6)).tick(SECOND);
    expect(cell.revoking()).toEqual(['03']);
  });

  it('takes nothing from a department of no cohort with it, nor from what is lent of another kind', async () => {
    const cell = new HandCell(
      threeDepartments()
        .pool(aPool('gpu-a').gpu(20))
        .quota('a', 'gpu', { nominal: 10, lend: 10, cohort: 'all' })
        .quota('b', 'gpu', { nominal: 10, lend: 10, cohort: 'other' })
        .quota('c', 'gpu', { nominal: 10, borrow: 10, cohort: 'all' }),
    );
    await cell.submit(of(1, 'cleo', 10), of(2, 'cleo', 10)).tick();
    await cell.tick(SECOND);
    await cell.submit(of(3, 'bob', 5)).tick(MINIMUM_RUN);
    expect(cell.revoking()).toEqual([]);
    await cell.submit(of(4, 'ann', 5)).tick(SECOND);
    expect(cell.revoking()).toEqual(['02']);
  });

  it('where two of three lend nothing: A gets its ten although C may borrow ten', async () => {
    const cell = new HandCell(
      threeDepartments()
        .pool(aPool('gpu-a').gpu(30))
        .quota('a', 'gpu', { nominal: 10, lend: 0, cohort: 'all' })
        .quota('b', 'gpu', { nominal: 10, lend: 0, cohort: 'all' })
        .quota('c', 'gpu', { nominal: 10, lend: 10, borrow: 10, cohort: 'all' }),
    );
    // C's own ten are all that is lent at all: it cannot borrow what A and B keep.
    await cell.submit(of(1, 'cleo', 10), of(2, 'cleo', 5)).tick();
    expect(cell.holding()).toEqual(['01']);
    expect(cell.reasonsOf(of(2, 'cleo', 5))[0]!.code).toBe('COHORT_EXHAUSTED');
    await cell.submit(of(3, 'ann', 10), of(4, 'bob', 10)).tick(SECOND);
    expect(cell.holding()).toEqual(['01', '03', '04']);
    expect(cell.revoking()).toEqual([]);
  });

  it('where the hall is smaller than its promises, two of three lend nothing and neither loses to the other', async () => {
    const cell = new HandCell(
      threeDepartments()
        .pool(aPool('gpu-a').gpu(20))
        .quota('a', 'gpu', { nominal: 10, lend: 0, cohort: 'all' })
        .quota('b', 'gpu', { nominal: 10, lend: 0, cohort: 'all' })
        .quota('c', 'gpu', { nominal: 5, lend: 5, borrow: 10, cohort: 'all' }),
    );
    await cell.submit(of(1, 'cleo', 5), of(2, 'bob', 10)).tick();
    await cell.tick(SECOND);
    await cell.submit(of(3, 'ann', 10)).tick(MINIMUM_RUN);
    // Nothing is borrowed: A's share is promised and not there, and that is nobody's lease to pay for.
    expect(cell.revoking()).toEqual([]);
    expect(cell.waiting()).toEqual({ '03': ['POOL_FULL'] });
  });

  it('and the borrower does not take back in turn: nobody is borrowing any more', async () => {
    const cell = new HandCell(lender());
    await cell.submit(of(1, 'cleo', 10), of(2, 'cleo', 10)).tick();
    await cell.tick(SECOND);
    await cell.submit(of(3, 'ann', 10)).tick(MINIMUM_RUN);
    await cell.tick(GRACE);
    expect(cell.holding()).toEqual(['01', '03']);
    for (let round = 0; round < 5; round += 1) {
      await cell.submit(of(20 + round, 'cleo', 20)).tick(MINIMUM_RUN);
      expect(cell.revoking()).toEqual([]);
    }
  });

  it('takes back from a cohort whose lending is used up on another pool', async () => {
    const cell = new HandCell(
      threeDepartments()
        .pool(aPool('gpu-a').gpu(10), aPool('gpu-b').gpu(20))
        .quota('a', 'gpu', { nominal: 10, lend: 10, cohort: 'all' })
        .quota('c', 'gpu', { nominal: 10, borrow: 10, cohort: 'all' }),
    );
    await cell.submit(of(1, 'cleo', 10), of(2, 'cleo', 10)).tick();
    await cell.tick(SECOND);
    await cell.submit(of(3, 'ann', 10)).tick(MINIMUM_RUN);
    expect(cell.revoking()).toEqual(['02']);
    await cell.tick(GRACE);
    expect(cell.holding()).toContain('03');
  });
});

describe('a cohort within another', () => {
  /** a lends ten to c; both may have ten more of what b lends, which stands in the cohort above. */
  const nested = (borrow: number) =>
    threeDepartments()
      .pool(aPool('gpu-a').gpu(60))
      .cohort('team', 'all', { borrow })
      .quota('a', 'gpu', { nominal: 10, lend: 10, cohort: 'team' })
      .quota('b', 'gpu', { nominal: 10, lend: 10, cohort: 'all' })
      .quota('c', 'gpu', { nominal: 10, borrow: 20, cohort: 'team' });

  it.each([
    ['its own limit binds', 10],
    ['what the cohort above lends binds', 20],
  ])('gives back as much as it must and no more where %s', async (_, borrow) => {
    const cell = new HandCell(nested(borrow));
    await cell.submit(of(1, 'cleo', 10), of(2, 'cleo', 10)).tick();
    await cell.submit(of(3, 'cleo', 10)).tick(SECOND);
    await cell.tick(SECOND);
    expect(cell.holding()).toEqual(['01', '02', '03']);
    await cell.submit(of(4, 'ann', 10)).tick(MINIMUM_RUN);
    expect(cell.revoking()).toEqual(['03']);
    await cell.tick(GRACE);
    expect(cell.holding()).toEqual(['01', '02', '04']);
  });

  it('is repaired when what it may borrow is cut', async () => {
    const cell = new HandCell(nested(10));
    await cell.submit(of(1, 'cleo', 10), of(2, 'cleo', 10)).tick();
    await cell.submit(of(3, 'cleo', 10)).tick(SECOND);
    await cell.tick(SECOND);
    const { configuration } = cell.state;
    const cohorts = configuration.cohorts.map((cohort) =>
      cohort.id === 'team' ? { ...cohort, limits: [] } : cohort,
    );
    cell.state.configuration = { ...configuration, revision: 'cfg_cut', cohorts };
    await cell.tick(MINIMUM_RUN);
    expect(cell.revoking()).toEqual(['03']);
  });
});
