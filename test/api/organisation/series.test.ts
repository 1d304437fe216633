// Pools that are alike are written as a series; what comes out is as if each had been written alone.

import { expect, it } from 'vitest';
import { configurationOf, smallTree } from './aTree.ts';

const series = smallTree({
  file: 'pools',
  replace: `  - { id: a100, kind: gpu, unit: GPU, capacity: 10, labels: { model: A100 } }
  - { id: h100, kind: gpu, unit: GPU, capacity: 6, labels: { model: H100 } }`,
  by: `  - kind: gpu
    unit: GPU
    capacity: 6
    each:
      - { id: a100, capacity: 10, labels: { model: A100 } }
      - { id: h100, labels: { model: H100 } }`,
});

it('says the same as its pools written alone', () => {
  expect(configurationOf(series)).toEqual(configurationOf(smallTree()));
});

it('joins labels and lets a member have its own price', () => {
  const pools = configurationOf(
    smallTree({
      file: 'pools',
      replace: '{ id: h100, kind: gpu, unit: GPU, capacity: 6, labels: { model: H100 } }',
      by: `{ kind: gpu, unit: GPU, labels: { model: H100, zone: a }, priceMinor: 3, each: [
      { id: h1, capacity: 2 },
      { id: h2, capacity: 4, labels: { zone: b }, priceMinor: 5 }] }`,
    }),
  ).pools;
  const shown = pools
    .filter(({ id }) => /^h\d$/.test(id))
    .map(({ id, labels, priceMinor }) => ({ id, labels, priceMinor }));
  expect(shown).toEqual([
    { id: 'h1', labels: { model: 'H100', zone: 'a' }, priceMinor: 3 },
    { id: 'h2', labels: { model: 'H100', zone: 'b' }, priceMinor: 5 },
  ]);
});
