// Bundles at the edge: what is refused before it is a request, with its place, and what could never fit on one node.
import { describe, expect, it } from 'vitest';
import { sha256 } from '../../../adapters/system/digest.ts';
import { admit, applyEdit, type PoolPart, poolPart } from '../../../scheduler/index.ts';
import {
  aConfiguration,
  aPool,
  aRequest,
  NOW,
  nodeSet,
  type RequestBuilder,
} from '../../support/builders.ts';

const configuration = aConfiguration()
  .pool(
    ...nodeSet(
      'hall',
      { id: 'wide', count: 2, gpus: 8, cpuMilli: 16_000, memoryMiB: 1000, model: 'h100' },
      { id: 'deep', gpus: 2, cpuMilli: 64_000, memoryMiB: 4000, model: 't4' },
    ),
    aPool('gpu-x').gpu(4).label('model', 'v100'),
    aPool('corpus').dataset(3),
  )
  .build();

const refused = (request: RequestBuilder) => {
  const admission = admit(configuration, request.build());
  return admission.ok ? null : admission.refusal;
};
const bundle = (gpu: number, cpu: number, memory = 0) => aRequest().bundle({ gpu, cpu, memory });

describe('a bundle is accepted', () => {
  it.each([
    ['of whole GPUs', bundle(8000, 16_000, 1000)],
    ['of a share of one', bundle(1, 1)],
    ['of CPUs alone', bundle(0, 64_000)],
    [
      'twice in an option, under two names',
      bundle(8000, 1).bundle({ gpu: 8000, cpu: 1 }, { node: 'second' }),
    ],
    ['beside claims that are not on it', bundle(1000, 1).claim('dataset', 1).gpu(4)],
  ])('%s', (_name, request) => {
    expect(refused(request)).toBeNull();
  });
});

describe('a bundle is refused', () => {
  const at = (claim: number, field: string) => `/options/0/claims/${claim}/${field}`;
  it.each([
    [
      'with a kind that nodes have not',
      aRequest().claim('dataset', 1, { node: 'main' }),
      { code: 'CLAIM_INVALID', pointer: at(0, 'kind'), allowed: ['gpu', 'cpu', 'memory'] },
    ],
    [
      'with a kind twice',
      bundle(1000, 1).claim('gpu', 1000, { node: 'main' }),
      { code: 'CLAIM_INVALID', pointer: at(2, 'kind') },
    ],
    ['of one GPU and a half', bundle(1500, 1), { code: 'CLAIM_INVALID', pointer: at(0, 'quantity') }],
    [
      'of more GPUs than any node may have',
      bundle(65_000, 1),
      { code: 'CLAIM_INVALID', pointer: at(0, 'quantity') },
    ],
    [
      'in a window',
      aRequest().claim('cpu', 1, { node: 'main', window: { from: NOW } }),
      { code: 'CLAIM_INVALID', pointer: at(0, 'window') },
    ],
    [
      'that no node holds whole, with the largest that fits beside the rest',
      bundle(4000, 20_000),
      {
        code: 'NEVER_FITS',
        pointer: at(1, 'quantity').replace('/quantity', ''),
        largest: { quantity: 16_000, pool: 'hall/wide' },
      },
    ],
    [
      'larger than any node',
      bundle(9000, 1),
      { code: 'NEVER_FITS', largest: { quantity: 8000, pool: 'hall/wide' } },
    ],
    [
      'whose claims are for different nodes',
      aRequest()
        .claim('gpu', 1000, { node: 'main', selector: { model: 'h100' } })
        .claim('cpu', 1, { node: 'main', selector: { model: 't4' } }),
      { code: 'NEVER_FITS' },
    ],
    [
      'on pools without nodes',
      bundle(1000, 1)
        .or()
        .claim('gpu', 1000, { node: 'main', selector: { model: 'v100' } })
        .or()
        .gpu(5),
      null,
    ],
    [
      'for whom pools without nodes are too small',
      aRequest().gpu(5),
      { code: 'NEVER_FITS', largest: { quantity: 4, pool: 'gpu-x' } },
    ],
  ])('%s', (_name, request, want) => {
    if (want === null) expect(refused(request)).toBeNull();
    else expect(refused(request)).toMatchObject(want);
  });
});

describe('a pool made of nodes', () => {
  const hall = aConfiguration()
    .pool(...nodeSet('hall', { id: 'a', count: 2, gpus: 8, cpuMilli: 1, memoryMiB: 1, model: 'h100' }))
    .build();
  const part = poolPart(hall, 'hall-gpu') as PoolPart;
  const edited = (change: Partial<PoolPart>) =>
    applyEdit(hall, { type: 'putPool', pool: { ...part, ...change } }, sha256);

  it('has no capacity to edit, and keeps its nodes when its price or labels change', () => {
    expect(part.capacity).toBeNull();
    const answer = edited({ priceMinor: 9, labels: { ...part.labels, zone: 'north' } });
    expect(
      answer.type === 'applied' && answer.configuration.pools.find(({ id }) => id === 'hall-gpu'),
    ).toMatchObject({
      capacity: 16_000,
      priceMinor: 9,
      nodes: { set: 'hall' },
    });
  });

  it.each([
    [{ capacity: 5 }, '/capacity'],
    [{ labels: { model: 'h100' } }, '/labels/model'],
    [{ kind: 'tpu' }, '/kind'],
  ])('refuses %j', (change, pointer) => {
    expect(edited(change)).toMatchObject({
      type: 'refused',
      problems: expect.arrayContaining([expect.objectContaining({ pointer })]),
    });
  });

  it('is not removed beside its nodes', () => {
    expect(applyEdit(hall, { type: 'removePool', pool: part.id }, sha256)).toMatchObject({
      type: 'refused',
    });
  });
});
