// Calls that are no proper HTTP, over bare sockets: answered with a problem where an answer is possible.

import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ProblemDocument } from '../../../api/errors.ts';
import { AS_FORGE, anEdge, type Edge } from './support.ts';

let edge: Edge;
let port: number;
beforeAll(async () => {
  edge = await anEdge();
  port = Number(new URL(await edge.app.listen({ host: '127.0.0.1', port: 0 })).port);
});
afterAll(() => edge.app.close());

/** Status and problem of what the server answers before it closes. */
async function say(sent: string): Promise<{ status: number; problem: ProblemDocument }> {
  const socket = connect(port, '127.0.0.1');
  socket.write(sent);
  const answer = await text(socket);
  const [head = '', body = ''] = answer.split('\r\n\r\n');
  expect(head.toLowerCase()).toContain('content-type: application/problem+json');
  return { status: Number(head.split(' ')[1]), problem: JSON.parse(body) };
}

const head = (lines: string[]) => `${lines.join('\r\n')}\r\n\r\n`;
const close = 'connection: close';

it.each([
  ['words', head(['hello there']), 400, 'BAD_REQUEST'],
  [
    'two different lengths',
    head(['POST /v1/requests HTTP/1.1', 'host: x', 'content-length: 3', 'content-length: 4']),
    400,
    'BAD_REQUEST',
  ],
  [
    'a length and chunks',
    head(['POST /v1/requests HTTP/1.1', 'host: x', 'content-length: 3', 'transfer-encoding: chunked']),
    400,
    'BAD_REQUEST',
  ],
  [
    '20 KB of headers',
    head(['GET /livez HTTP/1.1', 'host: x', `x-padding: ${'a'.repeat(20_000)}`]),
    431,
    'HEADERS_TOO_LARGE',
  ],
  ['a path without its slash', head(['GET livez HTTP/1.1', 'host: x', close]), 400, 'BAD_REQUEST'],
])('%s are answered with a problem', async (_name, sent, wantStatus, wantCode) => {
  const { status, problem } = await say(sent);
  expect({ status, code: problem.code, documented: problem.status }).toEqual({
    status: wantStatus,
    code: wantCode,
    documented: wantStatus,
  });
  expect(problem.requestId).toMatch(/^call_/);
});

it('what follows a call that closes the connection never becomes a second call', async () => {
  const submit = [
    'POST /v1/requests HTTP/1.1',
    'host: x',
    `authorization: Bearer ${AS_FORGE}`,
    'content-type: application/json',
    'content-length: 2',
    close,
  ];
  const socket = connect(port, '127.0.0.1');
  socket.write(`${head(submit)}{}${head(['GET /livez HTTP/1.1', 'host: x'])}`);
  expect((await text(socket)).match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 400']);
});

it('a server that closes answers what it has begun and refuses what comes after', async () => {
  const closing = await anEdge();
  const address = await closing.app.listen({ host: '127.0.0.1', port: 0 });
  const [begun, held] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  closing.store.poolUse.poolUse = async () => {
    begun.resolve();
    await held.promise;
    return new Map();
  };
  const socket = connect(Number(new URL(address).port), '127.0.0.1');
  socket.write(head(['GET /v1/pools HTTP/1.1', 'host: x', `authorization: Bearer ${AS_FORGE}`]));
  await begun.promise;
  const refused = Promise.withResolvers<void>();
  closing.app.server.on('request', () => refused.resolve());
  const closed = closing.app.close();
  socket.write(head(['GET /livez HTTP/1.1', 'host: x']));
  await refused.promise;
  held.resolve();
  const answers = await text(socket);
  await closed;
  expect(answers.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 503']);
  expect(answers).toContain('"code":"STOPPING"');
});

it('half a call is ended after its time', async () => {
  // The real limit of 10 s would hold a test up; the server looks at its clock once a second.
  edge.app.server.headersTimeout = 100;
  edge.app.server.requestTimeout = 100;
  const halves = [
    'GET /livez HTTP/1.1\r\nhost: x\r\n',
    head([
      'POST /v1/requests HTTP/1.1',
      'host: x',
      `authorization: Bearer ${AS_FORGE}`,
      'content-type: application/json',
      'content-length: 99',
    ]),
  ];
  const answers = await Promise.all(halves.map((half) => say(half)));
  expect(answers.map(({ status, problem }) => [status, problem.code])).toEqual([
    [408, 'REQUEST_TIMEOUT'],
    [408, 'REQUEST_TIMEOUT'],
  ]);
});
