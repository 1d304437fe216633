// /v1/jobs over the edge: what can be asked for and by whom, what is seen by whom, and the result as the file that it is.

import { describe, expect, it } from 'vitest';
import { anEdge, expectProblem } from './support.ts';

const HEAD = 'department-head:research';
const OTHER_HEAD = 'department-head:sales';
const OPERATOR = 'operator:research';
const EXPORT = { kind: 'export', input: { of: 'requests' } };

async function aJobEdge() {
  let hints = 0;
  const edge = await anEdge({
    server: {
      jobAdded: () => {
        hints += 1;
      },
    },
  });
  const ask = (body: unknown, as = HEAD) => edge.call({ method: 'POST', url: '/v1/jobs', as, body });
  const get = (url: string, as = HEAD) => edge.call({ method: 'GET', url, as });
  return { edge, ask, get, hints: () => hints };
}

describe('a side job', () => {
  it('is kept with the reach of its asker, and told of', async () => {
    const { ask, get, hints } = await aJobEdge();
    const asked = await ask(EXPORT);
    const { id } = asked.json();
    expect([asked.statusCode, asked.headers.location]).toEqual([202, `/v1/jobs/${id}`]);
    expect(asked.json()).toMatchObject({ state: 'queued', reach: 'department', department: 'research' });
    expect(hints()).toBe(1);
    expect((await get(`/v1/jobs/${id}`)).json()).toEqual(asked.json());
    expect((await ask(EXPORT, OPERATOR)).json()).toMatchObject({ reach: 'all' });
  });

  it.each([
    ['a kind that is none', { kind: 'deploy', input: {} }],
    ['no input', { kind: 'export' }],
    ['something else to export', { kind: 'export', input: { of: 'secrets' } }],
    ['an instant that is none', { kind: 'report', input: { from: 'today', to: '2026-11-01T00:00:00Z' } }],
    ['a field too many', { kind: 'export', input: { of: 'events', department: 'sales' } }],
    ['a report without an end', { kind: 'report', input: { from: '2026-11-01T00:00:00Z' } }],
  ])('is refused with %s', async (_, body) => {
    const { ask, hints } = await aJobEdge();
    expectProblem(await ask(body), 'BODY_INVALID');
    expect(hints()).toBe(0);
  });

  it('is not for agents, and is nothing to another department', async () => {
    const { edge, ask, get } = await aJobEdge();
    expectProblem(await ask(EXPORT, 'agent:research:forge-01'), 'ROLE_NOT_ALLOWED');
    const { id } = (await ask(EXPORT)).json();
    for (const url of [`/v1/jobs/${id}`, `/v1/jobs/${id}/result`])
      expectProblem(await get(url, OTHER_HEAD), 'NOT_FOUND');
    expectProblem(await edge.call({ method: 'DELETE', url: `/v1/jobs/${id}`, as: OTHER_HEAD }), 'NOT_FOUND');
    expect((await get('/v1/jobs', OTHER_HEAD)).json().items).toEqual([]);
    expect((await get('/v1/jobs?state=queued&kind=export')).json().items).toHaveLength(1);
    expect((await get('/v1/jobs?kind=report')).json().items).toEqual([]);
  });

  it('is cancelled once, and keeps its end', async () => {
    const { edge, ask } = await aJobEdge();
    const { id } = (await ask(EXPORT)).json();
    const cancel = () => edge.call({ method: 'DELETE', url: `/v1/jobs/${id}`, as: HEAD });
    const first = (await cancel()).json();
    expect(first.state).toBe('cancelled');
    expect((await cancel()).json()).toEqual(first);
  });

  it('gives its result byte by byte, and none before', async () => {
    const { edge, ask, get } = await aJobEdge();
    const { id } = (await ask(EXPORT)).json();
    expectProblem(await get(`/v1/jobs/${id}/result`), 'JOB_NOT_DONE');
    const claim = { id, claim: 'a' };
    const { sideJobBook: book } = edge.memory;
    await book.claim(claim, ['export']);
    await book.write(claim, 0, Buffer.from('{"id":"a"}\n'));
    await book.write(claim, 1, Buffer.from('{"id":"ä"}\n'));
    const result = {
      fileName: 'requests.ndjson',
      contentType: 'application/x-ndjson',
      bytes: 23,
      sha256: 'f0',
    };
    await book.succeed(claim, { ...result, parts: 2 });
    const taken = await get(`/v1/jobs/${id}/result`);
    expect(taken.body).toBe('{"id":"a"}\n{"id":"ä"}\n');
    expect(taken.headers).toMatchObject({
      'content-type': 'application/x-ndjson',
      'content-disposition': 'attachment; filename="requests.ndjson"',
    });
    expect((await get(`/v1/jobs/${id}`)).json().result).toEqual({ href: `/v1/jobs/${id}/result`, ...result });
  });

  it('gives each further file from its own parts, to be kept', async () => {
    const { edge, ask, get } = await aJobEdge();
    const { id } = (await ask(EXPORT)).json();
    const claim = { id, claim: 'a' };
    const { sideJobBook: book } = edge.memory;
    await book.claim(claim, ['export']);
    for (const [n, text] of ['{}', '<p>', '</p>'].entries()) await book.write(claim, n, Buffer.from(text));
    const page = { fileName: 'a.html', contentType: 'text/html', bytes: 7, sha256: 'f1' };
    const result = { fileName: 'a.json', contentType: 'application/json', bytes: 2, sha256: 'f0' };
    const files = [{ ...page, firstPart: 1, parts: 2 }];
    await book.succeed(claim, { ...result, parts: 1, files });
    expect((await get(`/v1/jobs/${id}/result`)).body).toBe('{}');
    const href = `/v1/jobs/${id}/files/a.html`;
    expect((await get(`/v1/jobs/${id}`)).json().result.files).toEqual([{ href, ...page }]);
    const taken = await get(href);
    expect(taken.body).toBe('<p></p>');
    expect(taken.headers['content-disposition']).toBe('attachment; filename="a.html"');
    expectProblem(await get(`/v1/jobs/${id}/files/b.html`), 'NOT_FOUND');
    expectProblem(await get(href, OTHER_HEAD), 'NOT_FOUND');
  });
});

describe('a simulation', () => {
  const mix = [{ weight: 1, claims: { gpu: 1 }, runSeconds: { least: 1, most: 9 } }];
  const generate = { requests: 100, agents: 5, departments: 2, meanMillisecondsBetween: 500, mix };
  const pools = [{ id: 'gpu-a', kind: 'gpu', capacity: 8 }];
  const SCENARIO = { workload: { generate }, pools, schedulers: ['easy'] };
  const aSimulationEdge = async () => {
    const { edge, get } = await aJobEdge();
    const ask = (body: unknown, as = HEAD) => edge.call({ method: 'POST', url: '/v1/simulations', as, body });
    return { ask, get };
  };

  it('is a job like any other, with the scenario as its input', async () => {
    const { ask, get } = await aSimulationEdge();
    const asked = await ask(SCENARIO);
    const { id } = asked.json();
    expect([asked.statusCode, asked.headers.location]).toEqual([202, `/v1/jobs/${id}`]);
    expect((await get('/v1/jobs?kind=simulation')).json().items).toEqual([asked.json()]);
    expect(asked.json().input).toEqual({ runner: 'scenario', input: SCENARIO });
    expectProblem(await ask(SCENARIO, 'agent:research:forge-01'), 'ROLE_NOT_ALLOWED');
    for (const workload of [{ history: { hours: 24 } }, { trace: { text: ['1 0 -1 60 1'] } }])
      expect((await ask({ workload, schedulers: ['annona'] })).statusCode).toBe(202);
  });

  it('waits with three others of its department at most', async () => {
    const { ask } = await aSimulationEdge();
    for (let n = 0; n < 4; n += 1) expect((await ask(SCENARIO)).statusCode).toBe(202);
    expectProblem(await ask(SCENARIO), 'TOO_MANY_SIMULATIONS');
    expect((await ask(SCENARIO, OTHER_HEAD)).statusCode).toBe(202);
  });

  it.each([
    ['a file of the server', { workload: { trace: { file: '/etc/passwd' } } }],
    ['two workloads', { workload: { generate, history: { hours: 1 } } }],
    ['no workload', { workload: {} }],
    ['a scheduler that is none', { schedulers: ['lottery'] }],
    ['more history than a month', { workload: { history: { hours: 745 } } }],
    ['a horizon of a century', { horizonSeconds: 3_155_760_000 }],
    ['two pools of one name', { pools: [...pools, ...pools] }],
    ['a kind without a pool', { pools: [{ id: 'cpu-a', kind: 'cpu', capacity: 8 }] }],
    [
      'run times that end before they begin',
      { workload: { generate: { ...generate, mix: [{ ...mix[0], runSeconds: { least: 9, most: 1 } }] } } },
    ],
  ])('is refused with %s', async (_, change) => {
    const { ask } = await aSimulationEdge();
    expectProblem(await ask({ ...SCENARIO, ...change }), 'BODY_INVALID');
  });

  it.each([
    [
      'jobs under annona',
      { workload: { generate: { ...generate, requests: 10_001 } }, schedulers: ['annona'] },
    ],
    ['runs', { schedulers: ['easy', 'fcfs'], seeds: Array.from({ length: 26 }, (_, i) => i + 1) }],
    [
      'jobs in all runs',
      {
        workload: { generate: { ...generate, requests: 50_000 } },
        seeds: Array.from({ length: 11 }, (_, i) => i + 1),
      },
    ],
  ])('is refused with too many %s, and says how many', async (_, change) => {
    const { ask, get } = await aSimulationEdge();
    const { detail } = expectProblem(await ask({ ...SCENARIO, ...change }), 'SIMULATION_TOO_LARGE');
    expect(detail).toMatch(/at most \d+ are done/);
    expect((await get('/v1/jobs')).json().items).toEqual([]);
  });
});
