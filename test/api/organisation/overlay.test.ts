// Edits over files: laid on in order, named when they no longer apply, and the same whether they came from one start or from many.

import { expect, it } from 'vitest';
import { sha256 } from '../../../adapters/system/digest.ts';
import { overlaid } from '../../../api/organisation/index.ts';
import type { KeptEdit } from '../../../api/ports.ts';
import {
  applyEdit,
  type DepartmentId,
  type Edit,
  objectKeyOf,
  type PoolId,
  type PoolPart,
  poolPart,
} from '../../../scheduler/index.ts';
import { aConfiguration, aPool } from '../../support/builders.ts';

const files = (gpus: number) =>
  aConfiguration()
    .agent('ada')
    .pool(aPool('gpu-a').gpu(gpus))
    .quota('research', 'gpu', { nominal: 2 })
    .build();

const kept = (edit: Edit): KeptEdit => {
  return { object: objectKeyOf(edit), department: '', edit, subject: 'operator' };
};

const part = poolPart(files(4), 'gpu-a') as PoolPart;
const more: Edit = { type: 'putPool', pool: { ...part, id: 'gpu-b' as PoolId, capacity: 8 } };
const other: Edit = { type: 'putPool', pool: { ...part, id: 'cpu-a' as PoolId, kind: 'cpu', unit: 'vCPU' } };
const promised: Edit = {
  type: 'putQuota',
  quota: {
    department: 'research' as DepartmentId,
    kind: 'gpu',
    nominal: 10,
    borrowingLimit: 0,
    lendingLimit: 0,
  },
};

it('is the files alone without edits', () => {
  const base = files(4);
  expect(overlaid(base, [], sha256)).toEqual({ configuration: base, dropped: [] });
});

it('is what the edits made of the running organisation', () => {
  const base = files(4);
  const { configuration, dropped } = overlaid(base, [kept(more), kept(promised)], sha256);
  const first = applyEdit(base, more, sha256);
  const second = first.type === 'applied' ? applyEdit(first.configuration, promised, sha256) : first;
  expect(second).toEqual({ type: 'applied', configuration });
  expect(dropped).toEqual([]);
});

it('lets a quota rest on a pool that was touched again after it', () => {
  const { configuration, dropped } = overlaid(files(4), [kept(promised), kept(more)], sha256);
  expect([configuration.quotas[0]?.nominal, dropped]).toEqual([10, []]);
});

it('names the edit that newer files have made impossible, and applies the others', () => {
  const { configuration, dropped } = overlaid(files(1), [kept(promised), kept(other)], sha256);
  expect(dropped).toEqual([
    { object: 'quota/research/gpu', why: expect.stringContaining('its pools hold 1') },
  ]);
  expect(configuration.pools.map(({ id }) => id)).toEqual(['cpu-a', 'gpu-a']);
});

it('takes a removal of what the files no longer have as done', () => {
  const gone: Edit = { type: 'removePool', pool: 'gpu-z' as PoolId };
  expect(overlaid(files(4), [kept(gone)], sha256)).toEqual({ configuration: files(4), dropped: [] });
});
