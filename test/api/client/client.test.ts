// The client against a server that answers as told: what it sends, what it throws, and what it sends again.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createClient, ProblemError } from '../../../api/client/index.ts';

interface Heard {
  readonly call: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

type Answer = (response: ServerResponse, heard: Heard) => void;

let server: Server;
let heard: Heard[];
let answers: Answer[];
let baseUrl: string;

beforeEach(async () => {
  heard = [];
  answers = [];
  server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const told = {
      call: `${request.method} ${request.url}`,
      headers: request.headers,
      body: Buffer.concat(chunks).toString(),
    };
    heard.push(told);
    const answer = answers.length > 1 ? answers.shift() : answers[0];
    (answer ?? json(200, {}))(response, told);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

function json(status: number, body: unknown, headers: Record<string, string> = {}): Answer {
  return (response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
  };
}

const client = () => createClient({ baseUrl, token: 'the-token' });
const BODY = { clientRequestId: 'a', options: [], terms: { class: 'standard', durationSeconds: 1 } };

describe('the client', () => {
  it('calls what each verb is for, with its token, and a body only where there is one', async () => {
    answers = [json(202, { id: 'req_1', state: 'queued' })];
    const annona = client();
    expect(await annona.submit(BODY)).toEqual({ id: 'req_1', state: 'queued' });
    await annona.request('req_1');
    await annona.cancel('req_1');
    await annona.heartbeat('lse_1', 7);
    await annona.heartbeat('lse_1', 7, { checkpointAt: '2026-11-26T10:00:00Z' });
    await annona.acknowledge('lse_1', 7);
    await annona.release('lse_1', 7);
    await annona.get('/v1/pools?limit=2');
    const wantCalls = [
      ['POST /v1/requests', JSON.stringify(BODY)],
      ['GET /v1/requests/req_1', ''],
      ['POST /v1/requests/req_1/cancel', ''],
      ['POST /v1/leases/lse_1/heartbeat', '{"epoch":7}'],
      ['POST /v1/leases/lse_1/heartbeat', '{"epoch":7,"checkpointAt":"2026-11-26T10:00:00Z"}'],
      ['POST /v1/leases/lse_1/acknowledge', '{"epoch":7}'],
      ['POST /v1/leases/lse_1/release', '{"epoch":7}'],
      ['GET /v1/pools?limit=2', ''],
    ];
    expect(heard.map(({ call, body }) => [call, body])).toEqual(wantCalls);
    for (const { headers, body } of heard) {
      expect(headers.authorization).toBe('Bearer the-token');
      expect(headers['content-type']).toBe(body === '' ? undefined : 'application/json');
    }
  });

  it('throws the problem that the server told it, with the time to wait', async () => {
    const problem = { status: 503, code: 'QUEUE_FULL', title: 'Full', detail: 'the intake queue is full' };
    answers = [json(503, problem, { 'retry-after': '3' })];
    const refused = await client()
      .submit(BODY)
      .catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(ProblemError);
    expect(refused).toMatchObject({
      problem,
      retryAfterSeconds: 3,
      message: '503 QUEUE_FULL: the intake queue is full',
    });
    expect(heard).toHaveLength(1);
  });

  it('says of an answer that is no problem document what came', async () => {
    answers = [(response) => void response.writeHead(502).end('<html>bad gateway</html>')];
    const refused = await client()
      .get('/v1/pools')
      .catch((error: unknown) => error);
    const problem = { status: 502, code: 'NOT_A_PROBLEM_DOCUMENT', detail: '<html>bad gateway</html>' };
    expect(refused).toMatchObject({ problem, retryAfterSeconds: null });
  });

  it('takes an empty answer for what it is', async () => {
    answers = [(response) => void response.writeHead(200).end()];
    expect(await client().get('/v1/pools')).toEqual({});
  });

  it('sends a call again whose connection broke, and answers with what came then', async () => {
    answers = [
      (response) => void response.destroy(),
      (response) => void response.destroy(),
      json(202, { id: 'req_1', state: 'queued' }),
    ];
    expect((await client().submit(BODY)).id).toBe('req_1');
    expect(heard.map(({ body }) => body)).toEqual([
      JSON.stringify(BODY),
      JSON.stringify(BODY),
      JSON.stringify(BODY),
    ]);
  });

  it('gives up on a server that never answers, and says which', async () => {
    answers = [(response) => void response.destroy()];
    await expect(client().get('/v1/pools')).rejects.toThrow(`${baseUrl} does not answer: `);
    expect(heard).toHaveLength(4);
  });
});

describe('following events', () => {
  const stream: Answer = (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write('retry: 2000\nid: p0\n\n');
    response.write('id: p1\nevent: annona.request.granted.v1\ndata: {"id":"evt_1"}\n\n');
  };

  it('yields what comes, from the asked place, until the signal', async () => {
    answers = [stream];
    const leaving = new AbortController();
    const seen: unknown[] = [];
    for await (const event of client().stream({ after: 'p0', signal: leaving.signal })) {
      seen.push(event);
      leaving.abort();
    }
    expect(seen).toEqual([{ id: 'p1', event: 'annona.request.granted.v1', data: '{"id":"evt_1"}' }]);
    expect(heard[0]).toMatchObject({
      call: 'GET /v1/events',
      headers: { 'last-event-id': 'p0', accept: 'text/event-stream' },
    });
  });

  it('ends without an error when the signal comes before the answer', async () => {
    answers = [() => {}];
    const leaving = new AbortController();
    const events = client().stream({ signal: leaving.signal });
    const ended = events[Symbol.asyncIterator]().next();
    while (heard.length === 0) await new Promise((resolve) => setImmediate(resolve));
    leaving.abort();
    expect(await ended).toEqual({ done: true, value: undefined });
  });

  it('throws when the server breaks off in the middle, or refuses', async () => {
    answers = [
      (response, told) => {
        stream(response, told);
        setImmediate(() => response.destroy());
      },
      json(503, { status: 503, code: 'STREAMS_FULL', title: 'Full' }),
    ];
    const all = async () => {
      for await (const _event of client().stream());
    };
    await expect(all()).rejects.toThrow('terminated');
    await expect(all()).rejects.toMatchObject({ problem: { code: 'STREAMS_FULL' } });
  });
});
