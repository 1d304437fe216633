// A whole server as a process of its own, for tests that talk to it over HTTP and may kill it.
// Invariant: loopback and a free port; it ends with `stop`, `kill`, or with the test process. Used by test/crash and test/promises.

import { type AnnonaClient, createClient } from '../../api/client/index.ts';
import { type ForkedServer, forkServer } from '../../api/roles/forkServer.ts';
import { DEFAULT_AUDIENCE, DEFAULT_ISSUER, type ServerOptions } from '../../api/roles/serverOptions.ts';
import { tokenMint } from '../../api/roles/token.ts';
import type { Agent, Configuration } from '../../scheduler/index.ts';
import { COMPILE_CACHE } from './whereTestsRun.ts';

/** Also where no test runs: in benches and rigs. */
process.env.NODE_COMPILE_CACHE ??= COMPILE_CACHE;

export interface LiveServer extends ForkedServer {
  /** Of an agent that the configuration names. */
  clientOf(agent: Agent): Promise<AnnonaClient>;
  /** Sees everything. */
  operator(): Promise<AnnonaClient>;
  /** Status and body of `GET /readyz`. */
  readiness(): Promise<{ readonly status: number; readonly body: string }>;
}

/** A second call on the same directory continues with its data, and adopts its PostgreSQL if that still runs. */
export async function liveServer(
  directory: string,
  configuration: Configuration,
  change: Partial<ServerOptions> = {},
): Promise<LiveServer> {
  const server = await forkServer({
    directory,
    configuration,
    cell: configuration.cell,
    host: '127.0.0.1',
    port: 0,
    portBusy: 'fail',
    kafkaBrokers: [],
    issuer: DEFAULT_ISSUER,
    audience: DEFAULT_AUDIENCE,
    engine: 'highs',
    tickIntervalMs: 10,
    secretKeys: [`test:${Buffer.alloc(32, 7).toString('base64')}`],
    ...change,
    // Tests ask again without a pause until the state that they wait for is there, and a machine that runs three of them at a time is late.
    limits: { agentPerSecond: 100_000, departmentPerSecond: 1_000_000, lagMsMax: 60_000, ...change.limits },
  });
  const mint = await tokenMint(directory);
  const { url: baseUrl } = server;
  return {
    ...server,
    async clientOf({ id, department }) {
      return createClient({ baseUrl, token: await mint({ role: 'agent', department, agent: id }) });
    },
    async operator() {
      const department = configuration.departments[0]?.id ?? '';
      return createClient({ baseUrl, token: await mint({ role: 'operator', department }) });
    },
    async readiness() {
      const response = await fetch(new URL('/readyz', baseUrl));
      return { status: response.status, body: await response.text() };
    },
  };
}
