// One contended tick for each kind of row that formulate writes, small enough for the oracle. Used by test/contract/engineModels.ts.
// Invariant: in each, the named kind of row is what keeps something out.
import { formulate, newMemo } from '../../scheduler/formulate/index.ts';
import type { LeaseId } from '../../scheduler/index.ts';
import type { Model } from '../../solver/index.ts';
import {
  aConfiguration,
  aLease,
  aPool,
  aRequest,
  aState,
  HOUR,
  NOW,
  nodeSet,
  type StateBuilder,
} from './builders.ts';

const windows = (slots: number) =>
  aPool('legal').review(
    ['first', NOW + HOUR, NOW + 2 * HOUR, slots],
    ['second', NOW + 3 * HOUR, NOW + 4 * HOUR, slots],
  );

/** Three departments of one cohort: the first two lend, the third borrows. */
const lending = () =>
  aConfiguration()
    .department('alpha')
    .agent('al')
    .department('beta')
    .agent('bo')
    .department('gamma')
    .agent('cy')
    .quota('alpha', 'gpu', { nominal: 4, borrow: 4, lend: 2, cohort: 'all' })
    .quota('beta', 'gpu', { nominal: 4, borrow: 4, lend: 1, cohort: 'all' })
    .quota('gamma', 'gpu', { nominal: 2, borrow: 6, lend: 0, cohort: 'all' })
    .pool(aPool('gpu-a').gpu(40));

const paid = (budget: number) =>
  aConfiguration()
    .account('company', budget)
    .account('team', budget - 20, { parent: 'company' })
    .account('gpu-time', 9000, { kind: 'gpu' })
    .agent('ada', { accounts: ['team' as never, 'gpu-time' as never] });

const lease = aLease('gpu-a', { quantity: 4 });
const other = aLease('gpu-a', { quantity: 3, id: 'lse_00000001_001' as LeaseId });

const STATES: Readonly<Record<string, StateBuilder>> = {
  'capacity of two pools': aState(
    aConfiguration().pool(aPool('gpu-a').gpu(5, 'a100'), aPool('gpu-b').gpu(4, 'h100')),
  ).request(
    ...[3, 2, 4, 3].map((gpus, i) =>
      aRequest(i + 1)
        .gpu(gpus)
        .prefer('h100', 'a100'),
    ),
  ),
  'agents with skills': aState(
    aConfiguration()
      .agent('ada')
      .agent('bob')
      .agent('cyd')
      .pool(aPool('slots-bob').agent('bob', 1, ['law', 'tax']), aPool('slots-cyd').agent('cyd', 1, ['tax'])),
  ).request(...['tax', 'law', 'tax', 'law'].map((skill, i) => aRequest(i + 1).assistant(skill))),
  'seats of a dataset': aState(
    aConfiguration().pool(aPool('patents').dataset(2), aPool('gpu-a').gpu(6)),
  ).request(...[1, 2, 3, 4].map((gpus) => aRequest(gpus).gpu(gpus).claim('dataset', 1))),
  'review windows': aState(aConfiguration().pool(windows(1), aPool('gpu-a').gpu(9))).request(
    ...[1, 2, 3, 4].map((n) => aRequest(n).review()),
  ),
  'quotas and a cohort that lends': aState(lending())
    .quotaUse('alpha', 'gpu', 1)
    .request(
      aRequest(1).gpu(3).by('al', 'alpha'),
      aRequest(2).gpu(2).by('al', 'alpha'),
      aRequest(3).gpu(3).by('bo', 'beta'),
      aRequest(4).gpu(2).by('cy', 'gamma'),
      aRequest(5).gpu(3).by('cy', 'gamma'),
    ),
  'a cohort in debt before anything is granted': aState(lending())
    .quotaUse('gamma', 'gpu', 5)
    .request(
      aRequest(1).gpu(2).by('al', 'alpha'),
      aRequest(2).gpu(1).by('al', 'alpha'),
      aRequest(3).gpu(2).by('bo', 'beta'),
      aRequest(4).gpu(2).by('bo', 'beta'),
      aRequest(5).gpu(1).by('cy', 'gamma'),
    ),
  'a cohort within a cohort': aState(
    lending()
      .department('delta')
      .agent('di')
      .quota('delta', 'gpu', { nominal: 6, borrow: 9, lend: 3, cohort: 'outer' })
      .cohort('all', 'outer', { borrow: 2, lend: 1 }),
  )
    .quotaUse('alpha', 'gpu', 2)
    .request(
      aRequest(1).gpu(3).by('al', 'alpha'),
      aRequest(2).gpu(2).by('bo', 'beta'),
      aRequest(3).gpu(3).by('bo', 'beta'),
      aRequest(4).gpu(4).by('cy', 'gamma'),
      aRequest(5).gpu(5).by('di', 'delta'),
      aRequest(6).gpu(3).by('di', 'delta'),
    ),
  'nested accounts and one of use': aState(paid(120).pool(aPool('gpu-a').gpu(50).price(60))).request(
    ...[4, 3, 5, 2].map((gpus, i) => aRequest(i + 1).gpu(gpus)),
  ),
  'options in order of preference': aState(
    aConfiguration().pool(
      aPool('gpu-a').gpu(6, 'a100'),
      aPool('gpu-b').gpu(3, 'h100'),
      aPool('cpu-a').cpu(20),
    ),
  ).request(
    ...[1, 2, 3, 4].map((n) =>
      aRequest(n)
        .gpu(3, { model: ['h100'] })
        .cpu(4)
        .or()
        .gpu(2, { model: ['a100'] })
        .cpu(8),
    ),
  ),
  'extensions of two leases beside requests': aState(paid(220).pool(aPool('gpu-a').gpu(12).price(60)))
    .lease(lease)
    .lease(other)
    .extend(lease, 1800)
    .extend(other, 1800)
    .request(aRequest(1).gpu(4).seconds(1800), aRequest(2).gpu(3)),
  'seats on nodes, with a quota over them': aState(
    aConfiguration()
      .quota('research', 'gpu', { nominal: 9000 })
      .pool(...nodeSet('hall', { id: 'a', count: 3, gpus: 4, cpuMilli: 40_000, memoryMiB: 400 })),
  ).request(
    ...[3000, 3000, 500, 2000, 2000, 700, 1000, 4000].map((gpu, i) =>
      aRequest(i + 1).bundle({ gpu, cpu: 1000 * (i + 1), memory: 10 }),
    ),
  ),
  'twelve alike, five of which fit': aState(aConfiguration().pool(aPool('gpu-a').gpu(11))).request(
    ...Array.from({ length: 12 }, (_, i) => aRequest(i + 1).gpu(2)),
  ),
  'departments that pass the level of fairness': aState(
    aConfiguration()
      .department('alpha')
      .agent('al')
      .department('beta')
      .agent('bo')
      .pool(aPool('gpu-a').gpu(9)),
  )
    .quotaUse('alpha', 'gpu', 1)
    .request(
      ...[3, 1, 2].map((gpus, i) =>
        aRequest(i + 1)
          .gpu(gpus)
          .by('al', 'alpha'),
      ),
      ...[2, 4, 1].map((gpus, i) =>
        aRequest(i + 10)
          .gpu(gpus)
          .by('bo', 'beta'),
      ),
    ),
  'a policy that limits units of a model, and one with a price': aState(
    aConfiguration().pool(aPool('gpu-a').gpu(6, 'a100'), aPool('gpu-b').gpu(6, 'h100')),
  )
    .policy(
      {
        id: 'few-h100',
        terms: [{ selector: { labels: { model: 'h100' } }, coefficient: 2, per: 'unit' }],
        limit: 7,
        remedy: 'take an A100',
      },
      {
        id: 'spare-a100',
        terms: [{ selector: { pools: ['gpu-a'] }, coefficient: 1, per: 'unit' }],
        limit: 2,
        price: 90,
        remedy: 'take an H100',
      },
    )
    .request(...[3, 2, 1, 2, 1].map((gpus, i) => aRequest(i + 1).gpu(gpus))),
  'two strict classes': aState(aConfiguration().pool(aPool('gpu-a').gpu(7))).request(
    ...[4, 2, 3].map((gpus, i) =>
      aRequest(i + 1)
        .gpu(gpus)
        .class('production'),
    ),
    ...[1, 2, 2].map((gpus, i) =>
      aRequest(i + 10)
        .gpu(gpus)
        .class('batch'),
    ),
  ),
};

export function modelsByRowKind(): readonly { readonly kind: string; readonly model: Model }[] {
  return Object.entries(STATES).map(([kind, state]) => ({
    kind,
    model: formulate(state.snapshot(), newMemo()).model,
  }));
}
