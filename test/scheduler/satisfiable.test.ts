// Whether a request could ever fit with everything free, and the largest fit when not.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formulate, newMemo } from '../../scheduler/formulate/index.ts';
import { neverFits } from '../../scheduler/satisfiable.ts';
import { arbitrarySnapshot } from '../support/arbitrarySnapshot.ts';
import { aConfiguration, aPool, aRequest, HOUR, NOW, type RequestBuilder } from '../support/builders.ts';

const configuration = aConfiguration()
  .department('research', { clearanceCeiling: 'internal' })
  .agent('ada')
  .agent('bob')
  .quota('research', 'cpu', { nominal: 10, borrow: 20, lend: 4, cohort: 'all' })
  .department('sales')
  .agent('sam')
  .quota('sales', 'cpu', { nominal: 30, lend: 6, cohort: 'all' })
  .pool(
    aPool('gpu-a').gpu(4, 'h100'),
    aPool('gpu-b').gpu(8, 'a100'),
    aPool('vault').gpu(64).classified('restricted'),
    aPool('cpu-a').cpu(100),
    aPool('slot-ada').agent('ada', 5, ['coding']),
    aPool('slot-bob').agent('bob', 5, ['coding']),
    aPool('legal').review(['one', NOW, NOW + HOUR, 2], ['two', NOW + HOUR, NOW + 2 * HOUR, 3]),
  )
  .build();

const misfit = (request: RequestBuilder) => neverFits(configuration, request.build());

describe('a request could fit', () => {
  it.each([
    ['on its largest pool', aRequest().gpu(8)],
    ['with one of its options', aRequest().gpu(999).or().gpu(1)],
    ['in a window of another day than it asked', aRequest().review(3, { from: NOW + 99 * HOUR })],
    ['on an agent a claim', aRequest().assistant('coding').assistant('coding')],
    ['within what its cohort lends', aRequest().cpu(16)],
  ])('%s', (_, request) => {
    expect(misfit(request)).toBeNull();
  });
});

describe('a request can never fit', () => {
  it.each([
    [
      'on the largest pool that it is cleared for',
      aRequest().gpu(9),
      { claim: 0, requested: 9, largest: 8, pool: 'gpu-b' },
    ],
    [
      'under its selector',
      aRequest().cpu(1).gpu(5, { model: 'h100' }),
      { claim: 1, requested: 5, largest: 4, pool: 'gpu-a' },
    ],
    [
      'where nothing matches',
      aRequest().gpu(1, { model: 'v100' }),
      { claim: 0, requested: 1, largest: 0, pool: null },
    ],
    [
      'beside its own other claim',
      aRequest().gpu(3, { model: 'h100' }).gpu(2, { model: 'h100' }),
      { claim: 1, requested: 2, largest: 1, pool: 'gpu-a' },
    ],
    ['in any window', aRequest().review(4), { claim: 0, requested: 4, largest: 3, pool: 'legal' }],
    [
      'with two units of one agent',
      aRequest().claim('agent', 2),
      { claim: 0, requested: 2, largest: 0, pool: null },
    ],
    [
      'within what its cohort could lend',
      aRequest().cpu(10).cpu(7),
      { claim: 1, requested: 7, largest: 6, pool: 'quota/research/cpu' },
    ],
    ['for a stranger', aRequest().by('eve').gpu(1), { claim: 0, requested: 1, largest: 0, pool: null }],
  ])('%s', (_, request, want) => {
    expect(misfit(request)).toMatchObject({ option: 0, ...want });
  });
});

it('whoever has a column is never called unsatisfiable', () => {
  fc.assert(
    fc.property(arbitrarySnapshot, (snapshot) => {
      for (const column of formulate(snapshot, newMemo()).columns) {
        if (column.type === 'request')
          expect(neverFits(snapshot.configuration, column.request.request)).toBeNull();
      }
    }),
    { numRuns: 150 },
  );
});
