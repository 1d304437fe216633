// Work conservation: the search that says whether a plan left something idle.
import { describe, expect, it } from 'vitest';
import type { Snapshot } from '../../scheduler/snapshot.ts';
import { workConservation } from '../../scheduler/verify.ts';
import {
  aConfiguration,
  aPool,
  aRequest,
  aState,
  HOUR,
  NOW,
  type RequestBuilder,
} from '../support/builders.ts';

const NOTHING = { assignments: [], extensions: [] };

const organisation = () =>
  aConfiguration()
    .account('team', 500)
    .agent('ada', { accounts: ['team' as never] })
    .quota('research', 'gpu', { nominal: 5 })
    .pool(
      aPool('gpu-a').gpu(4, 'h100').price(100),
      aPool('gpu-b').gpu(4, 'a100'),
      aPool('legal').review(['later', NOW + HOUR, NOW + 2 * HOUR, 2]),
    );

const idleOf = (snapshot: Snapshot) =>
  workConservation(snapshot, NOTHING).idle.map(({ option, pools }) => `${option}: ${pools.join(' ')}`);
const idle = (request: RequestBuilder, used: Record<string, number> = {}): string[] => {
  const state = aState(organisation()).request(request);
  for (const [pool, units] of Object.entries(used)) state.used(pool, units);
  return idleOf(state.snapshot());
};

describe('an empty plan leaves idle', () => {
  it('a request that fits, naming option and pools', () => {
    expect(idle(aRequest().gpu(3, { model: 'a100' }).review())).toEqual(['0: gpu-b legal@later']);
    expect(idle(aRequest().gpu(9).or().gpu(2, { model: 'a100' }))).toEqual(['1: gpu-b']);
  });

  it('a request whose claims fit only on different pools', () => {
    expect(idle(aRequest().gpu(3).gpu(2).seconds(60), { 'gpu-a': 1, 'gpu-b': 2 })).toEqual([
      '0: gpu-a gpu-b',
    ]);
  });
});

describe('an empty plan leaves nothing idle', () => {
  it.each([
    ['when no pool has room', aRequest().gpu(3), { 'gpu-a': 2, 'gpu-b': 2 }],
    ['when claims do not fit beside each other', aRequest().gpu(3).gpu(2), { 'gpu-a': 1, 'gpu-b': 3 }],
    ['when the quota refuses', aRequest().gpu(3).gpu(3), {}],
    ['when the account refuses', aRequest().gpu(4, { model: 'h100' }).seconds(7200), {}],
    ['when no window is in range', aRequest().review(1, { to: NOW + HOUR }), {}],
    [
      'when the deadline is too early',
      aRequest()
        .gpu(1)
        .seconds(600)
        .terms({ deadline: NOW + 1000 }),
      {},
    ],
  ])('%s', (_, request, used) => {
    expect(idle(request as RequestBuilder, used as Record<string, number>)).toEqual([]);
  });
});

it('a search that runs out of steps says so', () => {
  const wide = aConfiguration()
    .account('team', 0)
    .agent('ada', { accounts: ['team' as never] });
  for (let i = 0; i < 12; i++) wide.pool(aPool(`gpu-${i}`).gpu(8).price(100));
  const request = aRequest().gpu(1).gpu(1).gpu(1).gpu(1).gpu(1).gpu(1);
  const { idle: found, unsearched } = workConservation(aState(wide).request(request).snapshot(), NOTHING);
  expect(found).toEqual([]);
  expect(unsearched).toEqual([request.build().id]);
});
