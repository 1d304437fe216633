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
  world = await aWorld(await memoryStore(), { departments: 3, agents: 2, requests: 3 });
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

  it('shows an owner its own account, ledger, usage, reasons, events and explanation', async () => {
    const owner = world.owners[0]!;
    const as = `agent:${owner.department}:${owner.agent}`;
    const read = async (url: string) =>
      (
        await world.edge.call({
          method: 'GET',
          url: `/v1${url}`,
          as,
          headers: { accept: 'application/json' },
        })
      ).body;
    const [lease = 'none'] = owner.ids.leases;
    expect(await read(`/accounts/${owner.account}`)).toContain(owner.canary);
    expect(await read(`/accounts/${owner.account}/ledger`)).toContain(lease);
    expect(await read('/events')).toContain(lease);
    expect(await read('/usage?by=agent')).toContain(owner.agent);
    expect(JSON.parse(await read('/queue/reasons')).waiting).toBeGreaterThan(0);
    const explanation = await read(`/requests/${owner.ids.requests.at(-1)}/explanation`);
    expect(explanation).toContain(lease);
    expect(JSON.parse(explanation).held[0].heldByOthers).toBeGreaterThan(0);
  });

  it('finds a leak when there is one: what an operator is shown, held against an agent', async () => {
    const [agent] = principalsOf(world);
    const shown = await world.edge.call({ method: 'GET', url: '/v1/requests', as: 'operator:dept-0' });
    const strangers = strangersOf(world, agent!);
    expect(strangers.length).toBe(5);
    expect(leaksIn(shown, probe, strangers).length).toBeGreaterThan(20);
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
