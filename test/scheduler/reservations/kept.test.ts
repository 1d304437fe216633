// Promised starts over hours of virtual time: what was promised is kept, whatever comes, and nobody starves.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aConfiguration, aPool, aRequest, aState, HOUR, MINUTE, NOW } from '../../support/builders.ts';
import { aTickRig } from '../support/tickRig.ts';
import { type Arrival, live } from '../support/virtualWorld.ts';

const DEPARTMENTS = ['alpha', 'beta', 'gamma'];

const organisation = () => {
  const builder = aConfiguration().classes(
    { name: 'standard', rank: 0, targetWaitSeconds: 300, maxDurationSeconds: 604_800 },
    { name: 'batch', rank: 1, targetWaitSeconds: 900, maxDurationSeconds: 604_800 },
  );
  for (const department of DEPARTMENTS) builder.department(department).agent(`agent-${department}`);
  return builder.pool(aPool('gpu-a').gpu(8), aPool('gpu-b').gpu(4), aPool('corpus').dataset(3));
};

const arrival = fc.record({
  minute: fc.nat({ max: 90 }),
  department: fc.nat({ max: 2 }),
  class: fc.constantFrom('standard', 'standard', 'batch'),
  gpus: fc.constantFrom(1, 2, 3, 4, 8),
  corpus: fc.constantFrom('none', 'none', 'none', 'shared', 'alone'),
  minutes: fc.integer({ min: 3, max: 40 }),
  usedPercent: fc.constantFrom(100, 100, 30, 70),
});

function arrivalsOf(drawn: readonly (typeof arrival extends fc.Arbitrary<infer T> ? T : never)[]): Arrival[] {
  return drawn.map(({ minute, department, class: priority, gpus, corpus, minutes, usedPercent }, i) => {
    const name = DEPARTMENTS[department]!;
    const request = aRequest(i + 1)
      .by(`agent-${name}`, name)
      .class(priority)
      .gpu(gpus)
      .seconds(minutes * 60);
    if (corpus === 'shared') request.claim('dataset', 1);
    if (corpus === 'alone') request.claim('dataset', 1, { exclusive: true });
    return { at: NOW + minute * MINUTE, request, usedPercent };
  });
}

describe('a promised start', () => {
  it('is kept to the instant, or comes earlier, and never moves later while no capacity is lost', async () => {
    let promised = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(arrival, { minLength: 25, maxLength: 45 }), async (drawn) => {
        const rig = aTickRig(aState(organisation()).build());
        const arrivals = arrivalsOf(drawn);
        const story = await live(rig, arrivals, NOW + 24 * HOUR);
        promised += story.promised.size;
        for (const [request, { startsAt }] of story.promised)
          expect(story.grantedAt.get(request)).toBeLessThanOrEqual(startsAt);
        const broken = story.changes.filter(
          ({ change }) =>
            // Whom leases are taken back for has an earmark instead, and starts no later: see above.
            (change.type === 'reservationDropped' && change.cause !== 'earmarked') ||
            (change.type === 'reservationMoved' && change.cause !== 'earlier'),
        );
        expect(broken).toEqual([]);
        // What was taken back and goes on as another request is granted beside them.
        for (const { request } of arrivals) expect(story.grantedAt.has(request.build().id)).toBe(true);
        expect(rig.state.requests.size).toBe(0);
        expect(rig.dumped).toEqual([]);
      }),
      { numRuns: 12 },
    );
    expect(promised).toBeGreaterThan(20);
  });
});

describe('a request that needs the whole pool behind an endless stream of small ones', () => {
  /** Each takes 3 of 8 for ten minutes, one every two minutes: without a promise the pool is never empty. */
  const stream = (): Arrival[] =>
    Array.from({ length: 120 }, (_, i) => ({
      at: NOW + i * 2 * MINUTE,
      request: aRequest(100 + i)
        .by('agent-beta', 'beta')
        .gpu(3, { model: 'h100' })
        .seconds(600),
      usedPercent: 100,
    }));

  const one = () =>
    aConfiguration()
      .classes({ name: 'standard', rank: 0, targetWaitSeconds: 300, maxDurationSeconds: 604_800 })
      .department('alpha')
      .agent('agent-alpha')
      .department('beta')
      .agent('agent-beta')
      .pool(aPool('gpu-a').gpu(8, 'h100'));

  const big = { at: NOW + MINUTE, request: aRequest(1).by('agent-alpha', 'alpha').gpu(8).seconds(600) };

  it('starts within its target wait and the longest lease that ran then', async () => {
    const rig = aTickRig(aState(one()).build());
    const story = await live(rig, [...stream(), { ...big, usedPercent: 100 }], NOW + 4 * HOUR);
    const waited = story.grantedAt.get(big.request.build().id)! - big.at;
    expect(waited).toBeLessThanOrEqual(300_000 + 600_000);
  });

  it('is overtaken by no more of its equals than the organisation allows', async () => {
    const configuration = { ...one().build(), reservations: { overtakes: 2 } };
    const slow = configuration.classes.map((priority) => ({ ...priority, targetWaitSeconds: 86_400 }));
    const rig = aTickRig(aState({ ...configuration, classes: slow }).build());
    const story = await live(rig, [...stream(), { ...big, usedPercent: 100 }], NOW + 4 * HOUR);
    const granted = story.grantedAt.get(big.request.build().id)!;
    const made = story.changes.find(({ change }) => change.type === 'reservationMade')!.at;
    const overtakers = [...story.grantedAt].filter(
      ([request, at]) => Number(request.slice(4)) >= 100 && at > big.at && at <= made,
    );
    expect(overtakers).toHaveLength(2);
    expect(granted).toBeLessThanOrEqual(made + 600_000);
  });
});
