// What is read: requests with their reasons, leases, pools with what is left, ticks with their certificates, in pages.

import { describe, expect, it } from 'vitest';
import type { LeaseId, Reason, TickRecord } from '../../../scheduler/index.ts';
import { NOW } from './organisation.ts';
import { AS_ANVIL, AS_OPERATOR, AS_SCOUT, aLease, anEdge, aSubmission, type Edge } from './support.ts';

async function submitted(edge: Edge, fields: Record<string, unknown>, as?: string): Promise<string> {
  const response = await edge.call({
    method: 'POST',
    url: '/v1/requests',
    body: aSubmission(fields),
    ...(as ? { as } : {}),
  });
  return response.json().id;
}

describe('a request', () => {
  const stored: Reason = { code: 'POOL_FULL', option: 0, claim: 0, kind: 'gpu', short: [] };
  const live: Reason = { ...stored, short: [{ what: 'gpu-a100', requested: 2, available: 1, held: 7 }] };

  it('shows why it waits with the live numbers, who acts next and what to do', async () => {
    const edge = await anEdge({ server: { explainWaiting: () => [live] } });
    const id = await submitted(edge, {});
    edge.store.requests.set(id, {
      ...edge.store.requests.get(id)!,
      state: 'waiting',
      reasons: [stored],
      tick: 4,
      decidedAt: NOW,
    });
    const answer = (await edge.call({ method: 'GET', url: `/v1/requests/${id}` })).json();
    expect(answer).toMatchObject({
      state: 'waiting',
      tick: 4,
      decidedAt: '2026-11-23T09:00:00.000Z',
      lease: null,
    });
    expect(answer.reasons).toEqual([
      { ...live, actor: 'wait', advice: expect.stringContaining('leases end') },
    ]);
  });

  it('shows the stored reasons where the live numbers are not known, and of what has ended', async () => {
    const asked: string[] = [];
    const explainWaiting = (id: string) => {
      asked.push(id);
      return null;
    };
    const edge = await anEdge({ server: { explainWaiting } });
    const id = await submitted(edge, {});
    const expired: Reason = { code: 'START_LIMIT_PASSED', startBefore: NOW };
    const view = edge.store.requests.get(id)!;
    edge.store.requests.set(id, { ...view, state: 'waiting', reasons: [stored] });
    const waiting = (await edge.call({ method: 'GET', url: `/v1/requests/${id}` })).json();
    edge.store.requests.set(id, { ...view, state: 'expired', reasons: [expired] });
    const ended = (await edge.call({ method: 'GET', url: `/v1/requests/${id}` })).json();
    expect(waiting.reasons).toMatchObject([stored]);
    expect(ended.reasons).toMatchObject([
      { code: 'START_LIMIT_PASSED', actor: 'requester', startBefore: '2026-11-23T09:00:00.000Z' },
    ]);
    expect(asked).toEqual([id]);
  });

  it('repeats what was asked, with its times as text', async () => {
    const edge = await anEdge();
    const options = [
      {
        claims: [
          {
            kind: 'review',
            quantity: 1,
            window: { from: '2026-11-24T00:00:00Z', to: '2026-11-25T00:00:00+01:00' },
          },
        ],
      },
    ];
    const terms = { class: 'standard', durationSeconds: 60, deadline: '2026-12-01T00:00:00Z' };
    const id = await submitted(edge, { options, terms });
    const answer = (await edge.call({ method: 'GET', url: `/v1/requests/${id}` })).json();
    expect(answer.options[0].claims[0].window).toEqual({
      from: '2026-11-24T00:00:00.000Z',
      to: '2026-11-24T23:00:00.000Z',
    });
    expect(answer.terms).toEqual({
      class: 'standard',
      durationSeconds: 60,
      preemptible: true,
      classification: 'internal',
      purpose: '',
      summary: '',
      deadline: '2026-12-01T00:00:00.000Z',
    });
  });
});

describe('a list', () => {
  it('holds what the reader may see, page by page, and filters by state', async () => {
    const edge = await anEdge();
    const own = [
      await submitted(edge, { clientRequestId: 'a' }),
      await submitted(edge, { clientRequestId: 'b' }),
    ];
    const neighbour = await submitted(edge, { clientRequestId: 'c' }, AS_ANVIL);
    const other = await submitted(edge, { clientRequestId: 'd' }, AS_SCOUT);
    const list = async (as: string, query = '') =>
      (await edge.call({ method: 'GET', url: `/v1/requests${query}`, as })).json();
    const ids = (page: { items: { id: string }[] }) => page.items.map(({ id }) => id);
    expect(ids(await list('agent:research:forge-01'))).toEqual(own);
    expect(ids(await list('department-head:research'))).toEqual([...own, neighbour]);
    expect(ids(await list(AS_OPERATOR))).toEqual([...own, neighbour, other]);
    expect(ids(await list(AS_OPERATOR, '?state=granted'))).toEqual([]);
    const first = await list(AS_OPERATOR, '?limit=3');
    const second = await list(AS_OPERATOR, `?limit=3&after=${first.next}`);
    expect([ids(first).length, ids(second), second.next]).toEqual([3, [other], null]);
  });

  it('of leases shows allocations, epoch and end', async () => {
    const edge = await anEdge();
    edge.store.leases.set('x', { lease: aLease(), heartbeatAt: null, endedAt: null });
    const answer = (await edge.call({ method: 'GET', url: '/v1/leases?state=active' })).json();
    expect(answer.items).toMatchObject([
      { id: 'lse_00000001_000', epoch: 3, endsAt: '2026-11-23T09:10:00.000Z', heartbeatAt: null },
    ]);
    expect(answer.items[0].allocations).toEqual([
      {
        claim: 0,
        pool: 'gpu-a100',
        kind: 'gpu',
        quantity: 2,
        startsAt: '2026-11-23T09:00:00.000Z',
        endsAt: '2026-11-23T09:10:00.000Z',
      },
    ]);
  });
});

describe('pools', () => {
  it('show capacity, use and what is left', async () => {
    const edge = await anEdge();
    edge.store.use.set('gpu-a100', 5).set('gpu-h100', 6);
    const answer = (await edge.call({ method: 'GET', url: '/v1/pools?kind=gpu' })).json();
    expect(answer.items).toMatchObject([
      { id: 'gpu-a100', capacity: 8, used: 5, available: 3, labels: { model: 'a100', zone: ['a', 'b'] } },
      // Its capacity was lowered below what is held.
      { id: 'gpu-h100', capacity: 4, used: 6, available: 0 },
    ]);
  });

  it('are listed in pages by id', async () => {
    const edge = await anEdge();
    const first = (await edge.call({ method: 'GET', url: '/v1/pools?limit=3' })).json();
    const second = (await edge.call({ method: 'GET', url: `/v1/pools?limit=3&after=${first.next}` })).json();
    const ids = [...first.items, ...second.items].map(({ id }: { id: string }) => id);
    expect([ids, second.next]).toEqual([['cpu-a', 'gpu-a100', 'gpu-h100', 'legal'], null]);
  });

  it('with a calendar show what is left of each window', async () => {
    const edge = await anEdge();
    edge.store.use.set('legal@2026-11-24T09:00Z', 2);
    const answer = (await edge.call({ method: 'GET', url: '/v1/pools/legal' })).json();
    expect(answer.windows).toEqual([
      {
        id: '2026-11-24T09:00Z',
        startsAt: '2026-11-24T09:00:00.000Z',
        endsAt: '2026-11-24T12:00:00.000Z',
        capacity: 6,
        used: 2,
        available: 4,
      },
    ]);
  });
});

describe('a tick', () => {
  const record: TickRecord = {
    cell: 'main',
    tick: 12,
    epoch: 1,
    now: NOW,
    policyRevision: 'pol_1',
    dataRevision: 'dat_1',
    configurationRevision: 'cfg_test',
    engine: 'highs',
    engineBuild: 'highs 1.15.3',
    engineCalled: true,
    work: { simplexIterations: 10, lpCalls: 1, mipCalls: 0, dpCells: 0 },
    fault: null,
    termination: 'complete',
    stages: [
      {
        stage: 0,
        class: 'standard',
        method: 'lp',
        value: 9,
        bound: 10,
        gap: 0.1,
        multipliers: [['quota/sales/gpu', 5]],
        frozenDigest: '',
      },
    ],
    counts: {
      pending: 3,
      columns: 3,
      rows: 2,
      granted: 1,
      waiting: 2,
      denied: 0,
      expired: 0,
      cancelled: 0,
      released: 0,
    },
    activated: ['lse_00000001_000' as LeaseId],
    lapsed: [],
    digests: { snapshot: 's', model: 'm', plan: 'p', certificate: 'c' },
    digest: 'd',
    previousDigest: 'b',
    timings: { foldMs: 1, gateMs: 1, formulateMs: 1, solveMs: 1, decodeMs: 1 },
  };

  it('is shown whole to an operator, and to an agent without what names others', async () => {
    const edge = await anEdge();
    edge.store.ticks.push(record);
    const read = async (as: string, url: string) => (await edge.call({ method: 'GET', url, as })).json();
    const whole = { ...record, now: '2026-11-23T09:00:00.000Z', replayable: true };
    expect(await read(AS_OPERATOR, '/v1/ticks/12')).toEqual(whole);
    const { activated: _activated, lapsed: _lapsed, ...rest } = whole;
    const withheld = { ...rest, stages: [{ ...record.stages[0], multipliers: null }] };
    expect(await read('agent:research:forge-01', '/v1/ticks/12')).toEqual(withheld);
    expect(await read('department-head:research', '/v1/ticks')).toEqual({ items: [withheld], next: null });
  });

  it('shows its proof to an operator, as it is kept, and to nobody else', async () => {
    const edge = await anEdge();
    const kept = { derivedRows: 'AAAA', proof: 'AAAA' };
    const work = { simplexIterations: 3, lpCalls: 1, mipCalls: 0, dpCells: 9 };
    const stages = [{ ...record.stages[0]!, ended: 'workLimit' as const, work, certificate: kept }];
    edge.store.ticks.push({ ...record, stages });
    const read = async (as: string) => (await edge.call({ method: 'GET', url: '/v1/ticks/12', as })).json();
    expect((await read(AS_OPERATOR)).stages).toEqual(stages);
    const [shown] = (await read('agent:research:forge-01')).stages;
    expect(shown).toMatchObject({ ended: 'workLimit', multipliers: null });
    expect('certificate' in shown).toBe(false);
  });

  it('is counted with others by how good it was proved to be', async () => {
    const edge = await anEdge();
    edge.store.ticks.push(record, { ...record, tick: 13, fault: 'watchdog' });
    const read = async (query: string) =>
      edge.call({ method: 'GET', url: `/v1/ticks/quality${query}`, as: 'agent:research:forge-01' });
    expect((await read('')).json()).toEqual({
      ticks: 2,
      programs: 2,
      from: 12,
      to: 13,
      bands: { 'over 5%': 2 },
      faults: { watchdog: 1 },
      classes: [{ class: 'standard', stages: 2, bands: { 'over 5%': 2 }, givenUp: 0, worstGap: 0.1 }],
    });
    expect((await read('?last=1')).json()).toMatchObject({ ticks: 1, from: 13 });
    for (const last of ['0', '10001', '1e3', '-1'])
      expect((await read(`?last=${last}`)).statusCode).toBe(400);
  });

  it('says of itself that a clock had a part in it, where GLPK grew a tree', async () => {
    const edge = await anEdge();
    const work = { simplexIterations: 400, lpCalls: 1, mipCalls: 1, dpCells: 0 };
    edge.store.ticks.push({ ...record, engine: 'glpk', work });
    const tick = (await edge.call({ method: 'GET', url: '/v1/ticks/12', as: AS_OPERATOR })).json();
    expect(tick).toMatchObject({ engine: 'glpk', replayable: false });
  });
});
