// Questions to a whole server: why does it wait, what would it get, and a tick taken home and decided again by the command line.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { run } from '../../../api/cli/main.ts';
import type { AnnonaClient } from '../../../api/client/index.ts';
import type { TickFileAnswer, TickRecord } from '../../../scheduler/index.ts';
import { aConfiguration, aPool } from '../../support/builders.ts';
import { type LiveServer, liveServer } from '../../support/liveServer.ts';

const configuration = aConfiguration()
  .department('research')
  .agent('ada')
  .agent('bob')
  .department('sales')
  .agent('sam')
  .pool(aPool('gpu-a').gpu(8, 'A100').price(100), aPool('gpu-b').gpu(4, 'H100'), aPool('cpu-a').cpu(32))
  .build();

const directory = mkdtempSync(join(tmpdir(), 'annona-questions-'));
let server: LiveServer;
let ada: AnnonaClient;
let sam: AnnonaClient;
let operator: AnnonaClient;

beforeAll(async () => {
  server = await liveServer(directory, configuration);
  const [first, , third] = configuration.agents;
  ada = await server.clientOf(first!);
  sam = await server.clientOf(third!);
  operator = await server.operator();
}, 60_000);
afterAll(async () => {
  await server?.stop();
  rmSync(directory, { recursive: true, force: true });
});

const wish = (clientRequestId: string, gpu: number) => ({
  clientRequestId,
  options: [
    {
      claims: [
        { kind: 'gpu', quantity: gpu },
        { kind: 'cpu', quantity: 1 },
      ],
    },
  ],
  terms: { class: 'standard', durationSeconds: 600, summary: 'a question' },
});

interface Answer {
  readonly id: string;
  readonly state: string;
  readonly outcome: string;
  readonly tick: number;
}

const decided = (client: AnnonaClient, body: object) =>
  client.post('/v1/requests', body, { prefer: 'wait=20' }) as Promise<Answer>;
