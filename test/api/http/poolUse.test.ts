// GET /v1/pool-use: the pools as they were, bounded, without agents.

import { expect, it } from 'vitest';
import { AS_FORGE, anEdge } from './support.ts';

it('shows how full each pool is, to everybody', async () => {
  const edge = await anEdge();
  const answer = await edge.call({ method: 'GET', url: '/v1/pool-use', as: AS_FORGE });
  expect(answer.statusCode).toBe(200);
  const { at, pools, everySeconds } = answer.json();
  expect([at.length, everySeconds]).toEqual([1, 10]);
  expect(pools.length).toBeGreaterThan(0);
  expect(pools.map(({ kind }: { kind: string }) => kind)).not.toContain('agent');
  for (const pool of pools) expect(pool.used).toHaveLength(1);
});

it('looks once, however many ask at once', async () => {
  const edge = await anEdge();
  for (let asked = 0; asked < 3; asked += 1)
    await edge.call({ method: 'GET', url: '/v1/pool-use', as: AS_FORGE });
  const { at } = (await edge.call({ method: 'GET', url: '/v1/pool-use?last=5', as: AS_FORGE })).json();
  expect(at).toHaveLength(1);
});

it.each(['0', '361', 'all', '007'])('refuses last=%s', async (last) => {
  const edge = await anEdge();
  const { statusCode } = await edge.call({ method: 'GET', url: `/v1/pool-use?last=${last}`, as: AS_FORGE });
  expect(statusCode).toBe(400);
});
