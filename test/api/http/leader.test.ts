// An edge that does not lead hands on what the leader alone can answer, as it came, and answers everything else itself.

import { Registry } from 'prom-client';
import { afterEach, describe, expect, it } from 'vitest';
import { AS_OPERATOR, anEdge, aSubmission, type Edge, expectProblem } from './support.ts';

const open: Edge[] = [];
afterEach(async () => {
  for (const edge of open.splice(0)) await edge.app.close();
});

/** The leader listens; the other knows where. */
async function twoEdges() {
  const asked: unknown[] = [];
  const leader = await anEdge({
    server: {
      dryRuns: {
        ask: async (request) => {
          asked.push(request);
          return { type: 'busy', retryAfterSeconds: 7 };
        },
      },
      readiness: { failing: async () => [{ check: 'leader', detail: 'it is away' }], degraded: () => [] },
    },
  });
  const url = await leader.app.listen({ host: '127.0.0.1', port: 0 });
  const figures = new Registry();
  const elsewhere = (): never => {
    throw new Error('asked where it is not known');
  };
  const edge = await anEdge({
    server: {
      leader: {
        address: async () => ({ url, secret: 'shown' }),
        forget: () => {},
        readiness: 'leader',
        metrics: () => figures.getMetricsAsJSON() as never,
      },
      dryRuns: { ask: elsewhere },
      explanation: elsewhere,
      readiness: { failing: elsewhere, degraded: elsewhere },
    },
  });
  open.push(leader, edge);
  return { leader, edge, asked, figures };
}

describe('an edge that does not lead', () => {
  it('hands a dry run on with its body and its caller, and gives the answer back as it is', async () => {
    const { edge, asked } = await twoEdges();
    const answer = await edge.call({
      method: 'POST',
      url: '/v1/requests?dryRun=true',
      body: aSubmission(),
      headers: { 'x-request-id': 'call-of-mine' },
    });
    expectProblem(answer, 'QUEUE_FULL');
    expect(answer.headers['retry-after']).toBe('7');
    expect(answer.headers['x-request-id']).toBe('call-of-mine');
    expect(asked).toHaveLength(1);
  });

  it('lets the leader refuse who may not ask', async () => {
    const { edge, asked } = await twoEdges();
    const url = '/v1/requests?dryRun=true';
    expectProblem(await edge.call({ method: 'POST', url, as: null, body: aSubmission() }), 'TOKEN_MISSING');
    expectProblem(
      await edge.call({ method: 'POST', url, as: AS_OPERATOR, body: aSubmission() }),
      'ROLE_NOT_ALLOWED',
    );
    expect(asked).toEqual([]);
  });

  it('answers itself once it leads, and hands nothing round in a circle', async () => {
    let leads = false;
    const standby = await anEdge({
      server: {
        leader: {
          address: async () => ({ url, secret: 'shown' }),
          forget: () => {},
          leadsHere: () => leads,
          readiness: 'own',
        },
        dryRuns: { ask: async () => ({ type: 'busy', retryAfterSeconds: 3 }) },
      },
    });
    open.push(standby);
    // As it is told for a moment: that it leads itself.
    const url = await standby.app.listen({ host: '127.0.0.1', port: 0 });
    const dryRun = () =>
      standby.call({ method: 'POST', url: '/v1/requests?dryRun=true', body: aSubmission() });
    const refused = await dryRun();
    expectProblem(refused, 'NOT_LEADING');
    expect(refused.headers['retry-after']).toBe('1');
    leads = true;
    expectProblem(await dryRun(), 'QUEUE_FULL');
  });

  it('is as ready as the leader, and takes submissions itself', async () => {
    const { edge, leader } = await twoEdges();
    const ready = await edge.call({ method: 'GET', url: '/readyz', as: null });
    expect(ready.statusCode).toBe(503);
    expect(ready.json()).toMatchObject({ failing: [{ check: 'leader' }] });
    const taken = await edge.call({ method: 'POST', url: '/v1/requests', body: aSubmission() });
    expect(taken.statusCode).toBe(202);
    expect(edge.store.written).toHaveLength(1);
    expect(leader.store.written).toHaveLength(0);
  });

  it('says when to try again while the leader is away', async () => {
    const { edge, leader } = await twoEdges();
    await leader.app.close();
    const answer = await edge.call({
      method: 'POST',
      url: '/v1/requests?dryRun=true',
      body: aSubmission(),
    });
    expectProblem(answer, 'NOT_LEADING');
    expect(answer.headers['retry-after']).toBe('1');
  });

  it('tells its figures and those of the leader as one page', async () => {
    const { edge, figures } = await twoEdges();
    const { Counter } = await import('prom-client');
    new Counter({ name: 'ticks_total', help: 'Ticks.', registers: [figures] }).inc(5);
    await edge.call({ method: 'GET', url: '/livez', as: null });
    const page = await edge.call({ method: 'GET', url: '/metrics', as: null });
    expect(page.body).toContain('ticks_total 5');
    expect(page.body).toContain('http_requests_total{route="GET /livez",status="200"} 1');
  });
});
