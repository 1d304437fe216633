// POST /v1/requests?dryRun=true at the edge: admitted like any submission, and then nothing is written.

import { describe, expect, it } from 'vitest';
import type { DryRunOutcome } from '../../../api/ports.ts';
import type { ResourceRequest } from '../../../scheduler/index.ts';
import { NOW } from './organisation.ts';
import { AS_OPERATOR, anEdge, aSubmission, expectProblem } from './support.ts';

const GRANTED: DryRunOutcome = {
  type: 'decided',
  answer: {
    outcome: 'granted',
    reasons: [],
    option: 0,
    allocations: [
      { claim: 0, pool: 'gpu-a100' as never, kind: 'gpu', quantity: 2, startsAt: NOW, endsAt: NOW + 600_000 },
    ],
    reservations: [],
    endsAt: NOW + 600_000,
    gap: 0,
    tick: 8,
    at: NOW,
  },
};
const url = '/v1/requests?dryRun=true';

async function anEdgeThat(outcome: DryRunOutcome) {
  const asked: ResourceRequest[] = [];
  const edge = await anEdge({
    server: {
      dryRuns: {
        ask: async (request) => {
          asked.push(request);
          return outcome;
        },
      },
    },
  });
  const dry = (body: unknown, headers = {}) => edge.call({ method: 'POST', url, body, headers });
  return { edge, asked, dry };
}

describe('a dry run', () => {
  it('answers what the next tick would decide, and writes nothing and takes no key', async () => {
    const { edge, asked, dry } = await anEdgeThat(GRANTED);
    const answer = await dry(aSubmission(), { 'idempotency-key': 'k1', prefer: 'wait=5' });
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toEqual({
      dryRun: true,
      outcome: 'granted',
      reasons: [],
      option: 0,
      allocations: [
        {
          claim: 0,
          pool: 'gpu-a100',
          kind: 'gpu',
          quantity: 2,
          startsAt: '2026-11-23T09:00:00.000Z',
          endsAt: '2026-11-23T09:10:00.000Z',
        },
      ],
      reservations: [],
      endsAt: '2026-11-23T09:10:00.000Z',
      gap: 0,
      tick: 8,
      at: '2026-11-23T09:00:00.000Z',
    });
    expect(asked).toMatchObject([{ agent: 'forge-01', clientRequestId: 'train-7' }]);
    expect(edge.store.written).toEqual([]);
    expect(edge.calls.held.size).toBe(0);
    const real = await edge.call({
      method: 'POST',
      url: '/v1/requests',
      body: aSubmission({ terms: { class: 'batch', durationSeconds: 60 } }),
    });
    expect(real.statusCode).toBe(202);
  });

  it('refuses what a submission refuses, and asks nobody then', async () => {
    const { asked, dry } = await anEdgeThat(GRANTED);
    const tooMuch = { options: [{ claims: [{ kind: 'gpu', quantity: 99 }] }] };
    expectProblem(await dry(aSubmission(tooMuch)), 'NEVER_FITS');
    expectProblem(await dry(aSubmission({ surprise: 1 })), 'BODY_INVALID');
    expect(asked).toEqual([]);
  });

  it('says where it cannot be answered: another process leads, or too many ask', async () => {
    const follower = await anEdgeThat({ type: 'notLeading' });
    const refused = await follower.dry(aSubmission());
    expectProblem(refused, 'NOT_LEADING');
    expect(refused.headers['retry-after']).toBe('1');
    const crowded = await (await anEdgeThat({ type: 'busy', retryAfterSeconds: 2 })).dry(aSubmission());
    expectProblem(crowded, 'QUEUE_FULL');
    expect(crowded.headers['retry-after']).toBe('2');
  });

  it('is asked for with true alone, and only by those who may submit', async () => {
    const { edge } = await anEdgeThat(GRANTED);
    const call = { method: 'POST', body: aSubmission() } as const;
    expectProblem(await edge.call({ ...call, url: '/v1/requests?dryRun=yes' }), 'QUERY_INVALID');
    expectProblem(await edge.call({ ...call, url, as: AS_OPERATOR }), 'ROLE_NOT_ALLOWED');
  });
});
