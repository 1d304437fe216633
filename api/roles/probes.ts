// What a process without an edge answers: is it alive, is it ready, how is it doing. Opened by server.ts for relays and workers.
// Invariant: as on the edge, /livez touches nothing but the event loop.

import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Registry } from 'prom-client';
import type { ListenAt } from './serverOptions.ts';
import { StartRefused } from './startRefused.ts';

export interface ProbesParts {
  readonly at: ListenAt;
  readonly registry: Registry;
  readonly failing: () => Promise<readonly { check: string; detail: string }[]>;
}

/** Answers the URL. @throws StartRefused when the port is busy. */
export async function openProbes(
  { at, registry, failing }: ProbesParts,
  closing: (close: () => Promise<void> | void) => void,
): Promise<string> {
  const server = createServer((request, response) => {
    const answering =
      request.url === '/livez'
        ? answerHealth(response, [])
        : request.url === '/readyz'
          ? failing().then((found) => answerHealth(response, found))
          : request.url === '/metrics'
            ? registry.metrics().then((text) => answer(response, 200, registry.contentType, text))
            : answer(
                response,
                404,
                'text/plain',
                'this process answers /livez, /readyz and /metrics alone\n',
              );
    Promise.resolve(answering).catch((error: Error) =>
      answer(response, 500, 'text/plain', `${error.message}\n`),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) =>
      reject(new StartRefused('port', `port ${at.port} on ${at.host}: ${error.message}`)),
    );
    server.listen(at.port, at.host, resolve);
  });
  closing(
    () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  );
  const { port } = server.address() as AddressInfo;
  return `http://${at.host.includes(':') ? `[${at.host}]` : at.host}:${port}`;
}

function answerHealth(response: ServerResponse, failing: readonly { check: string; detail: string }[]): void {
  const ok = failing.length === 0;
  const body = JSON.stringify({ status: ok ? 'ok' : 'failing', failing });
  answer(response, ok ? 200 : 503, 'application/json; charset=utf-8', body);
}

function answer(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { 'content-type': type }).end(body);
}
