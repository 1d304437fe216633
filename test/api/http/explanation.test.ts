// GET /v1/requests/:id/explanation: live from the leader's memory, stored elsewhere and of what has ended.

import { expect, it } from 'vitest';
import type { RequestView } from '../../../api/ports.ts';
import type { Explanation, HolderSight } from '../../../scheduler/index.ts';
import { NOW, RESEARCH } from './organisation.ts';
import { AS_ANVIL, AS_OPERATOR, aLease, anEdge, aSubmission, type Edge, expectProblem } from './support.ts';

const short = [{ what: 'gpu-a100', requested: 2, available: 0, held: 8 }];
const reasons = [{ code: 'POOL_FULL', option: 0, claim: 0, kind: 'gpu', short }] as const;
const EXPLANATION: Explanation = {
  tick: 12,
  at: NOW,
  reasons,
  position: { class: 'standard', ahead: 3 },
  verdict: { allow: true, codes: [], policyRevision: 'p1', dataRevision: 'd1' },
  worth: { alike: 2, own: 500, share: 8000, ageSixteenths: 20, deadline: 0, total: 10_625 },
  reservation: { startsAt: null, madeAt: null, why: 'notDue', dueAt: NOW },
  options: [
    {
      option: 0,
      claims: [
        {
          claim: 0,
          kind: 'gpu',
          quantity: 2,
          candidates: [
            {
              pool: 'gpu-a100',
              window: null,
              standing: 'candidate',
              rank: 0,
              capacity: 8,
              used: 8,
              available: 0,
              fits: false,
              priceMinor: 0,
              score: {
                ...{ preference: 60, option: 0, lateness: 0, fit: 0, price: 0 },
                ...{ weight: 100, total: -40, value: 10_645 },
              },
            },
          ],
          unlisted: { selector: 4 },
        },
      ],
      rows: [],
    },
  ],
  held: [
    {
      family: 'pool',
      ...short[0]!,
      holders: [
        { department: RESEARCH, agent: 'anvil-01' as never, lease: 'lse_1' as never, units: 5, endsAt: NOW },
      ],
      heldUnlisted: 0,
      heldByOthers: 3,
    },
  ],
};

async function submitted(edge: Edge, change: Partial<RequestView>): Promise<string> {
  const { id } = (await edge.call({ method: 'POST', url: '/v1/requests', body: aSubmission() })).json();
  edge.store.requests.set(id, { ...(edge.store.requests.get(id) as RequestView), ...change });
  return `/v1/requests/${id}/explanation`;
}

it('tells a waiting request everything of one look at the memory, by what its reader may see', async () => {
  const sights: HolderSight[] = [];
  const edge = await anEdge({
    server: {
      explanation: (_request, sight) => {
        sights.push(sight);
        return EXPLANATION;
      },
      estimate: () => ({ type: 'none', why: 'noEnd' }),
    },
  });
  const url = await submitted(edge, { state: 'waiting', reasons });
  const answer = await edge.call({ method: 'GET', url });
  expect(answer.statusCode).toBe(200);
  expect(answer.json()).toMatchObject({
    state: 'waiting',
    live: true,
    tick: 12,
    at: '2026-11-23T09:00:00.000Z',
    reasons: [{ code: 'POOL_FULL', actor: 'wait', short }],
    position: { class: 'standard', ahead: 3 },
    verdict: { allow: true, policyRevision: 'p1' },
    worth: { own: 500, ageSixteenths: 20 },
    reservation: { startsAt: null, why: 'notDue', dueAt: '2026-11-23T09:00:00.000Z' },
    estimate: null,
    noEstimate: 'noEnd',
    options: [
      {
        claims: [
          {
            candidates: [{ pool: 'gpu-a100', fits: false, score: { total: -40 } }],
            unlisted: { selector: 4 },
          },
        ],
      },
    ],
    held: [{ heldByOthers: 3, holders: [{ agent: 'anvil-01', endsAt: '2026-11-23T09:00:00.000Z' }] }],
    granted: null,
  });
  await edge.call({ method: 'GET', url, as: AS_OPERATOR });
  expect(sights).toEqual([{ type: 'department', department: RESEARCH }, { type: 'all' }]);
});

it('tells what was stored, and says so, where this process does not lead', async () => {
  const edge = await anEdge();
  const url = await submitted(edge, { state: 'waiting', reasons, tick: 11, decidedAt: NOW });
  expect((await edge.call({ method: 'GET', url })).json()).toMatchObject({
    live: false,
    tick: 11,
    reasons: [{ code: 'POOL_FULL', short }],
    position: null,
    verdict: null,
    worth: null,
    options: [],
    held: [],
    granted: null,
  });
});

it('tells an ended request its last reasons, a granted one what it got, and asks no memory', async () => {
  const edge = await anEdge({
    server: {
      explanation: () => {
        throw new Error('it has ended');
      },
    },
  });
  const lease = aLease();
  edge.store.leases.set(lease.id, { lease, heartbeatAt: null, endedAt: null });
  const url = await submitted(edge, { state: 'granted', lease: lease.id, tick: 9, decidedAt: NOW });
  const granted = (await edge.call({ method: 'GET', url })).json();
  expect(granted).toMatchObject({
    state: 'granted',
    live: false,
    tick: 9,
    reasons: [],
    granted: { id: lease.id, allocations: [{ pool: 'gpu-a100', quantity: 2 }] },
  });
});

it('is not there for those who may not see the request', async () => {
  const edge = await anEdge({ server: { explanation: () => EXPLANATION } });
  const url = await submitted(edge, { state: 'waiting' });
  expectProblem(await edge.call({ method: 'GET', url, as: AS_ANVIL }), 'NOT_FOUND');
});
