// Listening on the asked port, or, where that was allowed, on the next free one.

import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { buildServer } from '../http/server.ts';
import type { ServerOptions } from './serverOptions.ts';
import { StartRefused } from './startRefused.ts';

/** Ports tried after the asked one: more busy neighbours than that is somebody's mistake. */
const TRIES = 50;
const PORT_MAX = 65_535;

/** @throws StartRefused, with the port, when it is busy and no other may be taken. */
export async function listen(
  server: ReturnType<typeof buildServer> | Server,
  { host, port, portBusy }: Pick<ServerOptions, 'host' | 'port' | 'portBusy'>,
): Promise<string> {
  for (let tried = port; ; tried += 1) {
    try {
      return 'inject' in server
        ? await server.listen({ host, port: tried })
        : await listenPlain(server, { host, port: tried });
    } catch (error) {
      const busy = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
      if (!busy) throw error;
      if (portBusy === 'fail' || tried >= Math.min(port + TRIES, PORT_MAX)) {
        const what = `port ${tried} on ${host} is busy: stop who uses it, or choose another with --port`;
        throw new StartRefused('port', what);
      }
    }
  }
}

function listenPlain(server: Server, at: { readonly host: string; readonly port: number }): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(at, () => {
      server.removeListener('error', reject);
      const bound = server.address() as AddressInfo;
      resolve(`http://${bound.family === 'IPv6' ? `[${bound.address}]` : bound.address}:${bound.port}`);
    });
  });
}

/** Calls under way take milliseconds, and waiting ones are let go first; what is open after this is a client that never spoke. */
const CLOSE_PATIENCE_MS = 1000;

/** Node counts a connection that has not sent its first byte as busy, so that closing alone would wait for its client for ever. */
export async function closeServer(server: ReturnType<typeof buildServer>): Promise<void> {
  const impatient = setTimeout(() => server.server.closeAllConnections(), CLOSE_PATIENCE_MS);
  await server.close();
  clearTimeout(impatient);
}
