// Random tiny organisations with gangs and exclusive claims, small enough that every plan of theirs can be written down. For property tests.
// Invariant: everything comes from fast-check's draws, so a failing case shrinks and repeats.

import fc from 'fast-check';
import type { GangTerms } from '../../scheduler/index.ts';
import type { Snapshot } from '../../scheduler/snapshot.ts';
import { aConfiguration, aLease, aPool, aRequest, aState, DAY, NOW } from './builders.ts';

const wish = fc.record({
  agent: fc.nat({ max: 1 }),
  gang: fc.constantFrom('none', 'pair', 'pair', 'zoned', 'zoned'),
  gpus: fc.nat({ max: 2 }),
  corpus: fc.constantFrom('none', 'shared', 'shared', 'alone'),
  fallback: fc.boolean(),
});

const scene = fc.record({
  gpus: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 2, maxLength: 2 }),
  seats: fc.integer({ min: 1, max: 3 }),
  corpusHeld: fc.constantFrom('free', 'free', 'free', 'shared', 'alone'),
  quota: fc.option(fc.integer({ min: 0, max: 4 }), { nil: null }),
  borrow: fc.nat({ max: 2 }),
  budget: fc.constantFrom(1_000_000, 40),
  wishes: fc.array(wish, { minLength: 1, maxLength: 4 }),
});

type Scene = typeof scene extends fc.Arbitrary<infer T> ? T : never;

const GANGS: Readonly<Record<string, GangTerms>> = {
  pair: { id: 'gang-of-two-together', size: 2 },
  zoned: { id: 'gang-in-one-zone-only', size: 2, colocate: 'zone' },
};

function configure({ gpus, seats, quota, borrow, budget }: Scene) {
  const periods = [{ id: 'now', startsAt: NOW - DAY, endsAt: NOW + DAY, budget }];
  const builder = aConfiguration().account('all', 0, { periods });
  for (const [i, department] of ['alpha', 'beta'].entries()) {
    builder.department(department).agent(`agent-${i}`, { accounts: ['all' as never] });
    if (quota === null) continue;
    const share = { nominal: quota, borrow, lend: Math.min(quota, 1), cohort: 'both' };
    builder.quota(department, 'gpu', share);
  }
  gpus.forEach((capacity, i) => {
    builder.pool(
      aPool(`gpu-${i}`)
        .gpu(capacity)
        .label('zone', i === 0 ? 'a' : 'b')
        .price(i * 60),
    );
  });
  return builder.pool(aPool('corpus').dataset(seats), aPool('small').dataset(1));
}

function snapshotOf(drawn: Scene): Snapshot {
  const state = aState(configure(drawn));
  const { corpusHeld } = drawn;
  if (corpusHeld !== 'free') {
    const lease = aLease('corpus', { kind: 'dataset' });
    const [seat] = lease.allocations;
    state.used('corpus', 1);
    state.lease(corpusHeld === 'alone' ? { ...lease, allocations: [{ ...seat!, exclusive: true }] } : lease);
  }
  const joined = new Map<string, number>();
  drawn.wishes.forEach(({ agent, gang, gpus, corpus, fallback }, i) => {
    const request = aRequest(i + 1).by(`agent-${agent}`, ['alpha', 'beta'][agent]);
    const { [gang]: terms } = GANGS;
    const members = joined.get(gang) ?? 0;
    joined.set(gang, members + 1);
    if (terms !== undefined && members < 2) request.terms({ gang: terms });
    if (gpus > 0) request.gpu(gpus);
    if (corpus === 'shared' || (corpus === 'none' && gpus === 0)) request.claim('dataset', 1);
    if (corpus === 'alone') request.claim('dataset', 1, { exclusive: true });
    if (fallback) request.or().gpu(1);
    state.request(request);
  });
  return state.snapshot();
}

export const arbitraryTogether: fc.Arbitrary<Snapshot> = scene.map(snapshotOf);
