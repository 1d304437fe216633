// A reverse proxy for tests: serves a server of ours below a path, as a proxy of an organisation does, and can be slow.
// Invariant: what does not begin with the path is 404, so that an address that is not relative is found out.
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Proxy {
  /** With the path and its slash. */
  readonly url: string;
  /** What was asked for outside of the path. */
  readonly strayed: readonly string[];
  /** Milliseconds that every call to the API waits from now on. */
  slowMs: number;
  close(): Promise<void>;
}

export async function openProxy(target: string, path = '/annona'): Promise<Proxy> {
  const strayed: string[] = [];
  const server = createServer((call, response) => {
    const asked = call.url ?? '/';
    if (!asked.startsWith(`${path}/`)) {
      strayed.push(asked);
      response.writeHead(404).end();
      return;
    }
    const to = new URL(asked.slice(path.length), target);
    const send = (): void => {
      const { method, headers } = call;
      const onward = request(
        to,
        { ...(method && { method }), headers: { ...headers, host: to.host } },
        (answer) => {
          response.writeHead(answer.statusCode ?? 502, answer.headers);
          answer.pipe(response);
        },
      );
      onward.on('error', () => response.destroy());
      response.on('close', () => onward.destroy());
      call.pipe(onward);
    };
    if (proxy.slowMs > 0 && to.pathname.startsWith('/v1/')) setTimeout(send, proxy.slowMs);
    else send();
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  const proxy: Proxy = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}/`,
    strayed,
    slowMs: 0,
    close() {
      server.closeAllConnections();
      return new Promise((done) => server.close(() => done()));
    },
  };
  return proxy;
}
