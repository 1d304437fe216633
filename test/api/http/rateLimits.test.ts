// Limits at the edge: who is counted with whom, what is never refused, and how many requests may be open.

import { describe, expect, it } from 'vitest';
import { BucketRateLimiter } from '../../../adapters/system/rateLimiter.ts';
import { NOW } from './organisation.ts';
import {
  AS_ANVIL,
  AS_FORGE,
  AS_OPERATOR,
  AS_SCOUT,
  aLease,
  anEdge,
  aSubmission,
  expectProblem,
} from './support.ts';

const LIMITS = { agentPerSecond: 1, departmentPerSecond: 100, openPerAgent: 1000 };

async function aLimitedEdge(limits: Partial<typeof LIMITS> = {}, open: number | null = null) {
  const clock = { now: NOW };
  const edge = await anEdge({
    server: {
      limits: { ...LIMITS, ...limits },
      rateLimiter: new BucketRateLimiter(() => clock.now),
      openRequests: () => open,
    },
  });
  const read = (as = AS_FORGE) => edge.call({ method: 'GET', url: '/v1/pools', as });
  const readTimes = async (times: number, as = AS_FORGE) => {
    for (let i = 0; i < times; i += 1) expect((await read(as)).statusCode).toBe(200);
  };
  return { edge, clock, read, readTimes };
}

const submit = (n: number) => aSubmission({ clientRequestId: `c-${n}` });

describe('rate limits', () => {
  it('stand on every answer to a known caller, also on refusals', async () => {
    const { edge, read } = await aLimitedEdge();
    const { headers } = await read();
    expect(headers['ratelimit-policy']).toBe('"agent";q=10;w=10, "department";q=1000;w=10');
    expect(headers.ratelimit).toBe('"agent";r=9;t=1, "department";r=999;t=1');
    const forbidden = await edge.call({ method: 'POST', url: '/v1/requests', as: AS_OPERATOR, body: {} });
    expectProblem(forbidden, 'ROLE_NOT_ALLOWED');
    expect(forbidden.headers.ratelimit).toBe('"subject";r=9;t=1, "department";r=998;t=1');
    expect((await edge.call({ method: 'GET', url: '/livez', as: null })).headers.ratelimit).toBeUndefined();
  });

  it('refuse a caller that is too fast until its tokens are back, and no other', async () => {
    const { clock, read, readTimes } = await aLimitedEdge();
    await readTimes(10);
    const refused = await read();
    expect(expectProblem(refused, 'RATE_LIMITED').detail).toContain('agent');
    expect(refused.headers['retry-after']).toBe('1');
    expect(refused.headers.ratelimit).toContain('"agent";r=0;t=10');
    expect((await read(AS_ANVIL)).statusCode).toBe(200);
    clock.now += 1000;
    await readTimes(1);
    expectProblem(await read(), 'RATE_LIMITED');
  });

  it('count a department as one', async () => {
    const { read, readTimes } = await aLimitedEdge({ agentPerSecond: 100, departmentPerSecond: 1 });
    await readTimes(5, AS_FORGE);
    await readTimes(5, AS_ANVIL);
    expect(expectProblem(await read(AS_FORGE), 'RATE_LIMITED').detail).toContain('department');
    expect((await read(AS_SCOUT)).statusCode).toBe(200);
  });

  it('never refuse a heartbeat or a release', async () => {
    const { edge, read, readTimes } = await aLimitedEdge();
    const lease = aLease();
    edge.store.leases.set(lease.id, { lease, heartbeatAt: null, endedAt: null });
    await readTimes(10);
    expectProblem(await read(), 'RATE_LIMITED');
    for (const act of ['heartbeat', 'heartbeat', 'release']) {
      const url = `/v1/leases/${lease.id}/${act}`;
      const { statusCode, headers } = await edge.call({ method: 'POST', url, body: { epoch: 3 } });
      expect(statusCode).toBe(act === 'release' ? 202 : 200);
      expect(headers.ratelimit).toContain('"agent";r=0');
    }
  });

  it('count ten items of a batch as one call, and write nothing of a batch that is refused', async () => {
    const { edge } = await aLimitedEdge();
    const batch = (first: number, count: number) =>
      edge.call({
        method: 'POST',
        url: '/v1/requests/batch',
        body: { items: Array.from({ length: count }, (_, i) => submit(first + i)) },
      });
    const { headers } = await batch(0, 41);
    expect(headers.ratelimit).toContain('"agent";r=5');
    expect(edge.store.written).toHaveLength(41);
    expectProblem(await batch(100, 60), 'RATE_LIMITED');
    expect(edge.store.written).toHaveLength(41);
  });
});

describe('a dry run', () => {
  const DRY = [
    ['a submission', 'POST', '/v1/requests?dryRun=true', submit(1), AS_FORGE],
    ['an edit', 'POST', '/v1/agents/nobody/retire?dryRun=true', undefined, AS_OPERATOR],
  ] as const;

  it.each(DRY)(
    'of %s counts like ten calls, and is refused like any other',
    async (_, method, url, body, as) => {
      const { edge, readTimes } = await aLimitedEdge();
      const call = () => edge.call({ method, url, as, ...(body === undefined ? {} : { body }) });
      const first = await call();
      expect(first.headers.ratelimit).toContain('r=0;t=10');
      expectProblem(await call(), 'RATE_LIMITED');
      await readTimes(1, AS_ANVIL);
    },
  );

  it('that asks for the real thing is one call', async () => {
    const { edge } = await aLimitedEdge();
    const { headers } = await edge.call({ method: 'POST', url: '/v1/requests', body: submit(1) });
    expect(headers.ratelimit).toContain('"agent";r=9;t=1');
  });
});

describe('the bound on open requests', () => {
  it('refuses past it, with how many are open, and owes an accepted one its answer', async () => {
    const { edge } = await aLimitedEdge({ openPerAgent: 3 }, 2);
    const send = (n: number) => edge.call({ method: 'POST', url: '/v1/requests', body: submit(n) });
    const first = await send(1);
    expect(first.statusCode).toBe(202);
    const full = await aLimitedEdge({ openPerAgent: 3 }, 3);
    const sendFull = (n: number) => full.edge.call({ method: 'POST', url: '/v1/requests', body: submit(n) });
    const refused = await sendFull(1);
    expect(expectProblem(refused, 'TOO_MANY_OPEN').detail).toBe(
      'the agent has 3 open requests, and may have 3',
    );
    expect(refused.headers['retry-after']).toBe('1');
    expect(full.edge.store.written).toEqual([]);
  });

  it('takes of a batch what has room, and answers a repeated submission though the agent is full', async () => {
    let open = 1;
    const edge = await anEdge({
      server: { limits: { ...LIMITS, openPerAgent: 3 }, openRequests: () => open },
    });
    const items = [submit(1), submit(2), submit(3)];
    const answer = await edge.call({ method: 'POST', url: '/v1/requests/batch', body: { items } });
    expect(answer.json().items.map(({ status }: { status: number }) => status)).toEqual([202, 202, 429]);
    open = 3;
    const again = await edge.call({ method: 'POST', url: '/v1/requests', body: submit(2) });
    expect([again.statusCode, again.headers['idempotent-replayed']]).toEqual([202, 'true']);
    expectProblem(await edge.call({ method: 'POST', url: '/v1/requests', body: submit(4) }), 'TOO_MANY_OPEN');
  });

  it('binds nobody where the leader is another process', async () => {
    const { edge } = await aLimitedEdge({ openPerAgent: 1 }, null);
    const answer = await edge.call({ method: 'POST', url: '/v1/requests', body: submit(1) });
    expect(answer.statusCode).toBe(202);
  });
});
