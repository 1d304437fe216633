// A server for one replay: its organisation made of the trace, its data in a directory that is gone afterwards.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sha256 } from '../../adapters/system/digest.ts';
import type { OpenbMachine, OpenbModel } from '../../simulations/index.ts';
import { encodePlace } from '../http/streamId.ts';
import { forkServer } from './forkServer.ts';
import { DEFAULT_AUDIENCE, DEFAULT_ISSUER, DEFAULT_TICK_INTERVAL_MS } from './serverOptions.ts';
import { tokenMint } from './token.ts';
import { openbOrganisation } from './traceOrganisation.ts';

export interface TraceServer {
  readonly url: string;
  readonly agentTokens: readonly string[];
  readonly operatorToken: string;
  /** Before the first event of the stream. */
  readonly firstPlace: string;
  stats(): Promise<{ readonly largestGap: number; readonly ticks: number }>;
  stop(): Promise<void>;
}

export async function startTraceServer(input: {
  readonly models: readonly OpenbModel[];
  readonly machines?: readonly OpenbMachine[];
  readonly agents: number;
}): Promise<TraceServer> {
  const directory = await mkdtemp(join(tmpdir(), 'annona-replay-'));
  const configuration = openbOrganisation({ ...input, digest: sha256 });
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
    tickIntervalMs: DEFAULT_TICK_INTERVAL_MS,
    // The trace says how fast its agents ask.
    limits: { agentPerSecond: 100_000, departmentPerSecond: 1_000_000, openPerAgent: 1_000_000 },
  }).catch(async (error: unknown) => {
    await rm(directory, { recursive: true, force: true });
    throw error;
  });
  const mint = await tokenMint(directory);
  const operator = { role: 'operator', department: configuration.departments[0]?.id as string } as const;
  return {
    url: server.url,
    agentTokens: await Promise.all(
      configuration.agents.map(({ id, department }) => mint({ role: 'agent', department, agent: id })),
    ),
    operatorToken: await mint(operator),
    firstPlace: encodePlace(new Map([[configuration.cell, 0]])),
    stats: () => server.stats(),
    async stop() {
      await server.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
