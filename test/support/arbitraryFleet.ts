// Random small fleets and bundles that want more than there is; with some pools beside, quotas and classes. For property tests.
// Invariant: everything comes from fast-check's draws, so a failing case shrinks and repeats.

import fc from 'fast-check';
import type { NodeGroup, Selector } from '../../scheduler/index.ts';
import type { Snapshot } from '../../scheduler/snapshot.ts';
import { aConfiguration, aPool, aRequest, aState, nodeSet, type RequestBuilder } from './builders.ts';

const MODELS = ['t4', 'h100'] as const;
const CLASSES = ['critical', 'standard', 'standard', 'standard'] as const;
const between = (min: number, max: number): fc.Arbitrary<number> => fc.integer({ min, max });

const groups = fc.array(
  fc.record({
    count: between(1, 3),
    gpus: between(0, 4),
    cpuMilli: between(1, 12).map((cpus) => cpus * 1000),
    memoryMiB: between(4, 40),
    model: fc.constantFrom(...MODELS),
  }),
  { minLength: 1, maxLength: 3 },
);

const bundle = fc.record({
  gpu: fc.constantFrom(0, 100, 250, 400, 500, 700, 1000, 1000, 2000, 3000),
  cpu: between(1, 6).map((cpus) => cpus * 1000),
  memory: between(0, 12),
  model: fc.option(fc.constantFrom(...MODELS), { nil: null }),
  prefers: fc.boolean(),
});

export interface FleetCase {
  readonly groups: readonly NodeGroup[];
  readonly snapshot: Snapshot;
}

export const arbitraryFleet: fc.Arbitrary<FleetCase> = fc
  .record({
    groups,
    requests: fc.array(
      fc.record({
        bundle,
        second: fc.option(bundle, { nil: null, freq: 5 }),
        fallback: fc.option(bundle, { nil: null, freq: 4 }),
        dataset: fc.boolean(),
        class: fc.constantFrom(...CLASSES),
        beta: fc.boolean(),
      }),
      { minLength: 1, maxLength: 14 },
    ),
    nominal: fc.option(between(0, 6), { nil: null }),
    seats: between(1, 5),
  })
  .map(({ groups: drawn, requests, nominal, seats }) => {
    const named = drawn.map((group, g): NodeGroup => ({ id: `g${g}`, ...group }));
    const configuration = aConfiguration()
      .department('alpha')
      .agent('al')
      .department('beta')
      .agent('bo')
      .pool(...nodeSet('hall', ...named), aPool('corpus').dataset(seats), aPool('gpu-x').gpu(2));
    if (nominal !== null) configuration.quota('alpha', 'gpu', { nominal: nominal * 1000 });
    const state = aState(configuration);
    for (const [i, draw] of requests.entries()) {
      const request = aRequest(i + 1).class(draw.class);
      if (draw.beta) request.by('bo', 'beta');
      else request.by('al', 'alpha');
      addBundle(request, draw.bundle, 'main');
      if (draw.second !== null) addBundle(request, draw.second, 'second');
      if (draw.dataset) request.claim('dataset', 1);
      if (draw.fallback !== null) addBundle(request.or(), draw.fallback, 'main');
      state.request(request);
    }
    return { groups: named, snapshot: state.snapshot() };
  });

function addBundle(
  request: RequestBuilder,
  size: { gpu: number; cpu: number; memory: number; model: string | null; prefers: boolean },
  node: string,
): void {
  const wish: Selector | null = size.model === null ? null : { model: size.model };
  request.bundle(size, {
    node,
    ...(wish && (size.prefers ? { prefer: [wish] } : { selector: wish })),
  });
}
