// Nothing crosses a department (S7): every route, by everybody who may not see everything, with what belongs to others. No answer holds
// a word of theirs, and what is hidden answers to the byte like what is missing.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { memoryStore } from '../../support/stores.ts';
import { anyWorldReport, expectIsolation } from './isolation/expectations.ts';
import { leaksIn, principalsOf, strangersOf } from './isolation/matrix.ts';
import { aWorld, type World } from './isolation/world.ts';

const PAIRS = 10_000;

let world: World;
beforeAll(async () => {
  world = await aWorld(await memoryStore(), { departments: 4, agents: 2, requests: 6 });
});
afterAll(() => world.close());

it('no answer of ten thousand holds a word of others, or tells hidden from missing', {
  timeout: 300_000,
}, async () => {
  const report = await anyWorldReport(world);
  expectIsolation(report);
  expect(report.pairs).toBeGreaterThanOrEqual(PAIRS);
});

describe('the rig', () => {
  const probe = { method: 'GET', url: '/v1/requests', body: null, headers: {}, guessed: null } as const;

  it('marks what an owner wrote where the owner reads it', async () => {
    const [owner] = world.owners;
    const as = `agent:${owner?.department}:${owner?.agent}`;
    const { body } = await world.edge.call({ method: 'GET', url: '/v1/requests', as });
    expect(body).toContain(owner?.canary);
    for (const id of owner?.ids.requests ?? []) {
      const own = await world.edge.call({ method: 'GET', url: `/v1/requests/${id}`, as });
      expect([id, own.statusCode, own.body.includes(owner?.canary ?? 'none')]).toEqual([id, 200, true]);
    }
  });

  it('finds a leak when there is one: what an operator is shown, held against an agent', async () => {
    const [agent] = principalsOf(world);
    const shown = await world.edge.call({ method: 'GET', url: '/v1/requests', as: 'operator:dept-0' });
    const strangers = strangersOf(world, agent!);
    expect(strangers.length).toBe(7);
    expect(leaksIn(shown, probe, strangers).length).toBeGreaterThan(40);
  });

  it('finds a word in a header', async () => {
    const [agent] = principalsOf(world);
    const strangers = strangersOf(world, agent!);
    const { canary } = strangers[0]!;
    const response = { headers: { location: `/v1/${canary}` }, body: '' } as never;
    expect(leaksIn(response, probe, strangers)).toEqual([canary]);
    expect(leaksIn(response, { ...probe, url: `/v1/${canary}` }, strangers)).toEqual([]);
  });
});
