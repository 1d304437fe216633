// The server as a process of its own, told over IPC what to serve: for the trace replay, the benches and the crash rigs.
// Invariant: it stops, in order, when its parent asks or is gone. Started by forkServer.ts alone.

import { packageVersion } from '../version.ts';
import { startServer } from './server.ts';
import type { FromServer, ToServer } from './serverMessages.ts';
import type { ServerOptions } from './serverOptions.ts';

// Ctrl-C reaches the whole foreground group: the parent decides when its server goes, and the closed channel when it is gone.
process.on('SIGINT', () => {});

const tell = (message: FromServer): void => void process.send?.(message);

process.once('message', async (first: ToServer) => {
  if (first.type !== 'start') throw new Error(`expected start, got ${first.type}`);
  await serve(first.options);
});

async function serve(options: ServerOptions): Promise<void> {
  const server = await startServer(options, {
    log: (line) => void process.stderr.write(`${line}\n`),
    version: packageVersion(),
  }).catch((error: unknown) => {
    tell({
      type: 'failed',
      message: error instanceof Error ? (error.stack ?? error.message) : String(error),
    });
    process.exit(1);
  });
  const stop = async (): Promise<never> => {
    await server.stop();
    process.exit(0);
  };
  process.on('message', (message: ToServer) => {
    if (message.type === 'stats') tell({ type: 'stats', stats: server.stats() });
    if (message.type === 'stop') void stop();
  });
  process.on('disconnect', () => void stop());
  tell({
    type: 'ready',
    url: server.url,
    databaseUrl: server.databaseUrl,
    databasePid: server.databasePid,
    edgePid: server.edgePid(),
  });
}
