// Errors of the edge: always a problem document of the catalogue, with nothing of our inside in it.

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createLogger } from '../../../adapters/system/logger.ts';
import { PROBLEMS, renderProblems } from '../../../api/errors.ts';
import { anEdge, aSubmission, expectProblem } from './support.ts';

const submit = { method: 'POST', url: '/v1/requests', body: aSubmission() } as const;

describe('the catalogue', () => {
  it('is what docs/problems.md and GET /problems show', async () => {
    const { call } = await anEdge();
    expect(readFileSync('docs/problems.md', 'utf8')).toBe(renderProblems());
    expect((await call({ method: 'GET', url: '/problems', as: null })).body).toBe(renderProblems());
  });

  it('has a title and a remedy for each code', () => {
    for (const [code, { title, remedy, status }] of Object.entries(PROBLEMS)) {
      expect([code, title.length > 5, remedy.endsWith('.'), status >= 400 && status < 600]).toEqual([
        code,
        true,
        true,
        true,
      ]);
    }
  });
});

describe('a problem', () => {
  it('says what, where and what to do, and which call it was', async () => {
    const { call } = await anEdge();
    const response = await call({
      method: 'GET',
      url: '/v1/leases/x',
      headers: { 'x-request-id': 'trace-77' },
    });
    expect(response.json()).toEqual({
      type: '/problems#NOT_FOUND',
      title: 'No such object',
      status: 404,
      detail: 'there is no such lease',
      instance: '/v1/leases/x',
      code: 'NOT_FOUND',
      requestId: 'trace-77',
      remedy: PROBLEMS.NOT_FOUND.remedy,
      errors: [],
    });
  });

  it('shows the path that was called and never its query, which may hold what logs must not', async () => {
    const { call } = await anEdge();
    const problem = expectProblem(
      await call({ method: 'GET', url: '/v1/leases/x?token=hunter2' }),
      'QUERY_INVALID',
    );
    expect([problem.instance, problem.errors[0]?.pointer]).toEqual(['/v1/leases/x', '/token']);
    expect(JSON.stringify(problem)).not.toContain('hunter2');
  });

  it('gets an id of its own when the caller names none, or one that could break a log', async () => {
    const { call } = await anEdge();
    const wishes: Record<string, string>[] = [
      {},
      { 'x-request-id': 'a b' },
      { 'x-request-id': 'a'.repeat(129) },
    ];
    for (const headers of wishes) {
      const response = await call({ method: 'GET', url: '/v1/leases/x', headers });
      expect(response.headers['x-request-id']).toMatch(/^call_[0-9a-z]{26}$/);
    }
  });

  it('about a bug shows none of it, and the bug is logged under the same id', async () => {
    const lines: string[] = [];
    const destination = { write: (line: string) => void lines.push(line) };
    const logger = createLogger({ level: 'info', role: 'api', destination });
    const { call, store } = await anEdge({ server: { logger } });
    store.fault = new TypeError('password hunter2 is undefined');
    const response = await call({ ...submit, headers: { 'x-request-id': 'trace-1' } });
    expectProblem(response, 'INTERNAL');
    expect(response.body).not.toContain('hunter2');
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      {
        message: 'a call failed',
        reqId: 'trace-1',
        error: { type: 'TypeError', message: 'password hunter2 is undefined' },
      },
    ]);
  });

  it.each([
    ['ECONNREFUSED', 'connect ECONNREFUSED 127.0.0.1:5432'],
    ['57P01', 'terminating connection due to administrator command'],
    ['53300', 'sorry, too many clients already'],
    ['57014', 'canceling statement due to statement timeout'],
    [undefined, 'Connection terminated unexpectedly'],
    [undefined, 'timeout exceeded when trying to connect'],
  ])('about an absent database (%s %s) asks to come again', async (code, message) => {
    const { call, store } = await anEdge();
    store.fault = Object.assign(new Error(message), code === undefined ? {} : { code });
    const response = await call(submit);
    expectProblem(response, 'STORE_UNAVAILABLE');
    expect(response.headers['retry-after']).toBe('1');
  });

  it('about a cursor that the store refuses names the parameter', async () => {
    const { call, store } = await anEdge();
    store.readers.requests = async () => {
      throw Object.assign(new RangeError('no cursor'), { name: 'InvalidCursorError' });
    };
    const problem = expectProblem(
      await call({ method: 'GET', url: '/v1/requests?after=zzz' }),
      'QUERY_INVALID',
    );
    expect(problem.errors).toMatchObject([{ pointer: '/after' }]);
  });
});

describe('a busy process', () => {
  it('refuses calls while its event loop runs a second late, but answers probes', async () => {
    let lagMs = 1001;
    const { call, store } = await anEdge({ server: { lagMs: () => lagMs } });
    const response = await call(submit);
    expectProblem(response, 'OVERLOADED');
    expect(response.headers['retry-after']).toBe('1');
    expect(store.written).toEqual([]);
    expect((await call({ method: 'GET', url: '/livez', as: null })).statusCode).toBe(200);
    lagMs = 1000;
    expect((await call(submit)).statusCode).toBe(202);
  });
});

describe('who is not let in', () => {
  it.each([
    [null, 'TOKEN_MISSING', 'Bearer realm="annona"'],
    ['malformed', 'TOKEN_MALFORMED', 'error="invalid_token"'],
    ['expired', 'TOKEN_EXPIRED', 'error="invalid_token"'],
    ['forged', 'TOKEN_FORGED', 'error="invalid_token"'],
    ['wrongAudience', 'TOKEN_WRONG_AUDIENCE', 'error="invalid_token"'],
    ['unknownAgent', 'UNKNOWN_AGENT', 'error="invalid_token"'],
  ] as const)(
    'with a token that is %s is told %s before the body is read',
    async (as, wantCode, wantChallenge) => {
      const { call } = await anEdge();
      const response = await call({ method: 'POST', url: '/v1/requests', as, raw: 'no json' });
      expectProblem(response, wantCode);
      expect(response.headers['www-authenticate']).toContain(wantChallenge);
    },
  );

  it.each(['Basic Zm9vOmJhcg==', 'Bearer', 'Bearer a b', 'agent:research:forge-01', 'Bearer é'])(
    'with %j for a header is refused',
    async (authorization) => {
      const { call } = await anEdge();
      const response = await call({ method: 'GET', url: '/v1/pools', as: null, headers: { authorization } });
      expectProblem(response, 'TOKEN_MALFORMED');
    },
  );
});

describe('probes', () => {
  it('list what fails, and only /readyz does', async () => {
    const failing = [{ check: 'database', detail: 'it does not answer: look at its log' }];
    const { call } = await anEdge({
      server: { readiness: { failing: async () => failing, degraded: () => [] } },
    });
    const ready = await call({ method: 'GET', url: '/readyz', as: null });
    expect([ready.statusCode, ready.json()]).toEqual([503, { status: 'failing', failing, degraded: [] }]);
    expect((await call({ method: 'GET', url: '/livez', as: null })).statusCode).toBe(200);
  });

  it('stay ready while something is done without, and say what', async () => {
    const degraded = [{ check: 'redis', detail: 'it does not answer' }];
    const readiness = { failing: async () => [], degraded: () => degraded };
    const { call } = await anEdge({ server: { readiness } });
    const ready = await call({ method: 'GET', url: '/readyz', as: null });
    expect([ready.statusCode, ready.json()]).toEqual([200, { status: 'ok', failing: [], degraded }]);
  });

  it('count calls by route and status, and never by what was sent', async () => {
    const { call } = await anEdge();
    await call(submit);
    await call({ method: 'GET', url: '/v1/requests/req_secret' });
    await call({ method: 'GET', url: '/wp-login.php' });
    const { body } = await call({ method: 'GET', url: '/metrics', as: null });
    expect(body).toContain('http_requests_total{route="POST /v1/requests",status="202"} 1');
    expect(body).toContain('http_requests_total{route="GET /v1/requests/:id",status="404"} 1');
    expect(body).toContain('http_requests_total{route="none",status="404"} 1');
    expect(body).not.toMatch(/secret|wp-login/);
  });
});
