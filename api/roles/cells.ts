// Several cells in one process: a server each, led or stood by for independently, behind one address.
// Invariant: cells share the process and nothing else; one that cannot start stops the others, and the death of the process is the death of each
// leader alone, so that its cells move to whoever stands by for them. Called by `annona serve`.

import type { Configuration } from '../../scheduler/index.ts';
import { cellFront } from './cellFront.ts';
import { listen } from './listen.ts';
import { rolesOf } from './role.ts';
import { type RunningServer, type ServerContext, startServer } from './server.ts';
import type { ServerOptions } from './serverOptions.ts';

export interface CellStart {
  readonly cell: string;
  /** Absent: the stored one. */
  readonly configuration?: Configuration;
}

export interface RunningCells {
  /** Of the one address; of processes without an edge, of the first cell. */
  readonly url: string;
  readonly servers: readonly RunningServer[];
  stop(): Promise<void>;
}

export async function startCells(
  options: Omit<ServerOptions, 'cell' | 'configuration'>,
  cells: readonly CellStart[],
  context: ServerContext,
): Promise<RunningCells> {
  const [only, ...others] = cells;
  if (only !== undefined && others.length === 0) {
    const server = await startServer({ ...options, ...only }, context);
    return { url: server.url, servers: [server], stop: () => server.stop() };
  }
  const faces = rolesOf(options).has('api');
  const own = faces ? { ...options, host: '127.0.0.1', port: 0, portBusy: 'fail' as const } : options;
  // At once and not one after the other: a cell may wait for what another is to give up.
  const started = await Promise.allSettled(
    cells.map(({ cell, configuration }) =>
      startServer(
        { ...own, cell, ...(configuration !== undefined && { configuration }) },
        { ...context, log: (line) => context.log(`${cell}: ${line}`) },
      ),
    ),
  );
  const servers = started.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  const stopAll = async (): Promise<void> => {
    const ends = await Promise.allSettled(servers.map((server) => server.stop()));
    const failures = ends.flatMap((end) => (end.status === 'rejected' ? [end.reason] : []));
    if (failures.length > 0) throw new AggregateError(failures, 'not every cell stopped in order');
  };
  const refused = started.find((one) => one.status === 'rejected');
  if (refused !== undefined) {
    await stopAll().catch((error: unknown) => context.log(`stopping: ${error}`));
    throw refused.reason;
  }
  if (!faces) return { url: servers[0]!.url, servers, stop: stopAll };
  const front = cellFront(
    servers.map(({ url, configuration: { cell, departments } }) => {
      return { cell, url, departments: departments.map(({ id }) => id) };
    }),
  );
  const url = await listen(front.server, options).catch(async (error: unknown) => {
    await stopAll();
    throw error;
  });
  return {
    url,
    servers,
    async stop() {
      await stopAll();
      await front.close();
    },
  };
}
