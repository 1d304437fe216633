// Usage as JSON and CSV, why the queue waits, pages of events, filters of lists: over HTTP, in every scope.

import { describe, expect, it } from 'vitest';
import { ROLES } from '../../../scheduler/index.ts';
import { aReportingEdge, type ReportingEdge } from './reportingEdge.ts';
import { AS_FORGE, AS_OPERATOR, AS_SCOUT, anEdge, expectProblem } from './support.ts';

const get = (edge: ReportingEdge, url: string, as: string, headers: Record<string, string> = {}) =>
  edge.call({ method: 'GET', url, as, headers });
const SPAN = 'from=2026-11-23T00:00:00Z&to=2026-12-01T00:00:00Z';

it('everybody sees what part of each class’s time each department held in the last seven days', async () => {
  const edge = await aReportingEdge();
  const share = { class: 'standard', kind: 'gpu' };
  for (const as of [AS_FORGE, AS_SCOUT, AS_OPERATOR]) {
    expect((await get(edge, '/v1/shares', as)).json()).toEqual({
      from: '2026-11-19T09:00:00.000Z',
      to: '2026-11-26T09:00:00.000Z',
      items: [
        { department: 'research', ...share, unitSeconds: 20, thousandths: 666 },
        { department: 'sales', ...share, unitSeconds: 10, thousandths: 333 },
      ],
    });
  }
});

describe('usage', () => {
  it('counts by department, to those who may see it', async () => {
    const edge = await aReportingEdge();
    const read = async (as: string) => (await get(edge, `/v1/usage?by=department&${SPAN}`, as)).json();
    const operator = await read(AS_OPERATOR);
    // What lies ahead is not counted: the span ends now.
    expect(operator).toMatchObject({ by: ['department'], to: '2026-11-26T09:00:00.000Z' });
    const research = {
      department: 'research',
      requests: 4,
      granted: 2,
      denied: 0,
      waitedMeanMs: 4000,
      waitedP50Ms: 4000,
      waitedP95Ms: 4000,
      unitSeconds: { gpu: 20 },
      settledMinor: { EUR: 30 },
      expiredUnused: 0,
    };
    expect(operator.items).toEqual([
      research,
      {
        ...research,
        department: 'sales',
        requests: 2,
        granted: 1,
        unitSeconds: { gpu: 10 },
        settledMinor: {},
      },
    ]);
    for (const role of ROLES.filter((each) => each !== 'agent')) {
      const isWide = ['operator', 'auditor', 'administrator'].includes(role);
      const { items } = await read(`${role}:research`);
      expect([role, items]).toEqual([role, isWide ? operator.items : [research]]);
    }
    expect((await read(AS_FORGE)).items).toMatchObject([{ department: 'research', requests: 3, granted: 1 }]);
  });

  it('is the same in CSV, by format or by Accept', async () => {
    const edge = await aReportingEdge();
    const url = `/v1/usage?by=agent,department&${SPAN}`;
    const want = [
      'department,agent,requests,granted,denied,waitedMeanMs,waitedP50Ms,waitedP95Ms,expiredUnused,unitSeconds.gpu,settledMinor.EUR',
      'research,anvil-01,1,1,0,4000,4000,4000,0,10,0',
      'research,forge-01,3,1,0,4000,4000,4000,0,10,30',
      'sales,scout-01,2,1,0,4000,4000,4000,0,10,0',
      '',
    ].join('\r\n');
    for (const response of [
      await get(edge, `${url}&format=csv`, AS_OPERATOR),
      await get(edge, url, AS_OPERATOR, { accept: 'text/csv' }),
      await get(edge, `${url}&format=csv`, AS_OPERATOR, { accept: 'application/json' }),
    ]) {
      expect(response.headers['content-type']).toBe('text/csv; charset=utf-8; header=present');
      expect(response.body).toBe(want);
    }
    const json = await get(edge, `${url}&format=json`, AS_OPERATOR, { accept: 'text/csv' });
    expect(json.json().items).toHaveLength(3);
    const byKind = (await get(edge, `/v1/usage?by=kind&${SPAN}`, AS_OPERATOR)).json();
    expect(byKind.items).toMatchObject([{ kind: 'gpu', granted: 3, settledMinor: null }]);
    const csv = await get(edge, `/v1/usage?by=kind&format=csv&${SPAN}`, AS_OPERATOR);
    expect(csv.body.split('\r\n')[0]).toMatch(/^kind,requests,.*,expiredUnused,unitSeconds\.gpu$/);
  });

  it.each([
    'by=',
    'by=department,secret',
    'from=yesterday',
    'from=2026-11-23T00:00:00Z&to=2026-11-23T00:00:00Z',
    'from=2027-01-01T00:00:00Z',
    'from=2024-01-01T00:00:00Z',
    'format=xml',
    'department=sales',
  ])('refuses %s', async (query) => {
    const edge = await aReportingEdge();
    expectProblem(await get(edge, `/v1/usage?${query}`, AS_OPERATOR), 'QUERY_INVALID');
  });

  it('asks for a narrower span when the store cancels it, and frees its place', async () => {
    let cancels = true;
    const { call } = await anEdge({
      server: {
        usage: {
          async usage() {
            if (!cancels) return [];
            throw Object.assign(new Error('canceling statement due to statement timeout'), { code: '57014' });
          },
        },
      },
    });
    const read = () => call({ method: 'GET', url: '/v1/usage', as: AS_OPERATOR });
    const refused = await read();
    expect(expectProblem(refused, 'QUERY_TOO_WIDE').detail).toContain('narrow `from` and `to`');
    expect(refused.headers['retry-after']).toBe('5');
    cancels = false;
    expect((await read()).statusCode).toBe(200);
  });
});

describe('the queue', () => {
  it('tells why requests wait, with who acts, shares and the oldest', async () => {
    const edge = await aReportingEdge();
    const read = async (as: string) => (await get(edge, '/v1/queue/reasons', as)).json();
    const { waiting, items } = await read(AS_OPERATOR);
    expect(waiting).toBe(3);
    expect(items).toMatchObject([
      { code: 'POOL_FULL', actor: 'wait', count: 2, sharePerMille: 666, alsoCount: 0 },
      { code: 'QUOTA_EXHAUSTED', actor: 'department-head', count: 1, sharePerMille: 333, alsoCount: 1 },
    ]);
    expect(items[0]).toMatchObject({
      advice: expect.stringContaining('leases end'),
      oldestSubmittedAt: '2026-11-26T08:59:55.000Z',
    });
    expect((await read(AS_SCOUT)).items).toMatchObject([
      { code: 'POOL_FULL', count: 1, sharePerMille: 1000 },
    ]);
    expect((await read('reviewer:research')).waiting).toBe(2);
    expect(await read('agent:research:anvil-01')).toEqual({ waiting: 0, items: [] });
  });
});

describe('events as JSON', () => {
  const JSON_PLEASE = { accept: 'application/json' };
  const follow = async (edge: ReportingEdge, as: string, query = '') => {
    const items: { id: string; department: string; agent: string; type: string; sequence?: number }[] = [];
    let after = '';
    for (;;) {
      const page = (await get(edge, `/v1/events?limit=2${query}${after}`, as, JSON_PLEASE)).json();
      items.push(...page.items);
      if (page.next === null) return { items, place: page.place };
      after = `&after=${page.next}`;
    }
  };

  it('come in pages from the beginning of the log, in the scope of the stream', async () => {
    const edge = await aReportingEdge();
    const { items, place } = await follow(edge, AS_OPERATOR);
    expect(items.length).toBe(edge.cell.sequence);
    expect(items.every((event) => !('sequence' in event))).toBe(true);
    const again = await get(edge, `/v1/events?after=${place}`, AS_OPERATOR, JSON_PLEASE);
    expect(again.json()).toEqual({ items: [], next: null, place });
    const own = await follow(edge, AS_FORGE);
    expect(own.items).toEqual(items.filter(({ agent }) => agent === 'forge-01'));
    const ofDepartment = await follow(edge, 'auditor:sales');
    expect(ofDepartment.items).toEqual(items);
    expect((await follow(edge, 'department-head:sales')).items).toEqual(
      items.filter(({ department }) => department === 'sales'),
    );
    const waits = await follow(edge, AS_OPERATOR, '&type=annona.request.waiting.v1');
    expect(waits.items.map(({ agent }) => agent)).toEqual(['forge-01', 'forge-01', 'scout-01']);
  });

  it('are refused with a place or a type that is none, and a stream with a limit', async () => {
    const edge = await aReportingEdge();
    for (const query of ['after=x', 'type=none', 'limit=501', 'request=7', 'more=1'])
      expectProblem(await get(edge, `/v1/events?${query}`, AS_OPERATOR, JSON_PLEASE), 'QUERY_INVALID');
    expectProblem(await get(edge, '/v1/events?limit=5', AS_OPERATOR), 'QUERY_INVALID');
  });
});

describe('a filtered list', () => {
  it('narrows what the reader sees and never widens it', async () => {
    const edge = await aReportingEdge();
    const found = async (path: string, as: string) => {
      const { items, next } = (await get(edge, `/v1/${path}`, as)).json();
      expect(next).toBeNull();
      return items.map(({ id, request }: { id: string; request?: string }) =>
        Number((request ?? id).slice(-2)),
      );
    };
    expect(await found('requests?reason=POOL_FULL', AS_OPERATOR)).toEqual([6, 4]);
    expect(await found('requests?reason=QUOTA_EXHAUSTED&state=waiting', AS_OPERATOR)).toEqual([5]);
    expect(await found('requests?department=sales', AS_OPERATOR)).toEqual([6, 3]);
    expect(await found('requests?agent=anvil-01&class=standard', AS_OPERATOR)).toEqual([2]);
    expect(await found('requests?department=sales', 'department-head:research')).toEqual([]);
    expect(await found('requests?department=research', AS_FORGE)).toEqual([5, 4, 1]);
    expect(await found('requests?agent=anvil-01', AS_FORGE)).toEqual([]);
    expect(await found('leases?state=granted&kind=gpu', AS_OPERATOR)).toEqual([3, 2]);
    expect(await found('leases?pool=gpu-a100&agent=forge-01', AS_OPERATOR)).toEqual([1]);
    expect(await found('leases?pool=gpu-h100', AS_OPERATOR)).toEqual([]);
    expect(await found('leases?department=sales', 'policy-author:research')).toEqual([]);
  });

  it.each([
    'requests?reason=NO_SUCH',
    'requests?class=',
    'leases?kind=a%00',
    'leases?reason=POOL_FULL',
    'requests?pool=x',
  ])('refuses %s', async (path) => {
    const edge = await aReportingEdge();
    expectProblem(await get(edge, `/v1/${path}`, AS_OPERATOR), 'QUERY_INVALID');
  });
});
