// A server that answers as told and remembers what it heard: for what is called, not for what becomes of it.
// Invariant: a call that nobody told it about answers 404 like a route that does not exist. Used by the tests of client and commands.

import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Heard {
  /** "GET /v1/pools?limit=2". */
  readonly call: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export type StubAnswer = (response: ServerResponse, heard: Heard) => void;

export interface StubServer {
  readonly url: string;
  readonly heard: Heard[];
  /** "GET /v1/pools", without its query. Several answers come one after the other; the last one stays. */
  on(call: string, ...answers: readonly StubAnswer[]): void;
  close(): void;
}

export async function stubServer(): Promise<StubServer> {
  const heard: Heard[] = [];
  const told = new Map<string, StubAnswer[]>();
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const call = `${request.method} ${request.url}`;
    const one = { call, headers: request.headers, body: Buffer.concat(chunks).toString() };
    heard.push(one);
    const answers = told.get(call.split('?')[0] ?? '') ?? [problem(404, 'ROUTE_NOT_FOUND', `no ${call}`)];
    const answer = answers.length > 1 ? answers.shift() : answers[0];
    answer?.(response, one);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    heard,
    on: (call, ...answers) => void told.set(call, [...answers]),
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

export function json(status: number, body: unknown, headers: Record<string, string> = {}): StubAnswer {
  return (response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
  };
}

export function problem(status: number, code: string, detail: string, more: object = {}): StubAnswer {
  const body = { type: `/problems#${code}`, title: code, status, detail, code, errors: [], ...more };
  return json(status, body, { 'content-type': 'application/problem+json' });
}

/** An event stream that says so much and stays open, or breaks off. */
export function stream(text: string, then: 'open' | 'end' | 'break' = 'open'): StubAnswer {
  return (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(text);
    if (then === 'end') response.end();
    if (then === 'break') setImmediate(() => response.destroy());
  };
}

export function eventText(
  place: string,
  event: { readonly type: string; readonly [field: string]: unknown },
): string {
  return `id: ${place}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
}
