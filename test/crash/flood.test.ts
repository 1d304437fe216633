// One department floods the intake with ten times what all others send: theirs is accepted and decided, whole; the flood is bounded.
// Counts and never times: what must not happen is that a neighbour is refused, or waits for the flood to end.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { aConfiguration, aPool } from '../support/builders.ts';
import { type LiveServer, liveServer } from '../support/liveServer.ts';

const NEIGHBOURS = ['sales', 'legal', 'finance'] as const;
const configuration = [...NEIGHBOURS, 'flood']
  .reduce(
    (builder, name) => builder.department(name, { requestLimits: { gpu: 8 } }).agent(`${name}-1`),
    aConfiguration().pool(aPool('gpu-a').gpu(8, 'H100')),
  )
  .build();
const agentOf = (name: string) => configuration.agents.find(({ department }) => department === name)!;
const gpus = (clientRequestId: string) => ({
  clientRequestId,
  options: [{ claims: [{ kind: 'gpu', quantity: 1 }] }],
  terms: { class: 'standard', durationSeconds: 600 },
});
const EACH = 40;
const BATCH = 50;
/** Ten times what the neighbours send together. */
const FLOOD_CALLS = (10 * EACH * NEIGHBOURS.length) / BATCH;

const directory = mkdtempSync(join(tmpdir(), 'annona-flood-'));
let server: LiveServer;
beforeAll(async () => {
  // The flood's batches alone would fill a line of this length several times over.
  server = await liveServer(directory, configuration, { edge: 'process', intakeQueueItems: 300 });
});
afterAll(async () => {
  await server.stop();
  rmSync(directory, { recursive: true, force: true });
});

it('a flood by one department refuses some of its own and nothing of its neighbours', async () => {
  const flooding = await server.clientOf(agentOf('flood'));
  const statuses: number[] = [];
  const flood = Promise.all(
    Array.from({ length: FLOOD_CALLS }, async (_, call) => {
      const items = Array.from({ length: BATCH }, (_, n) => gpus(`flood-${call}-${n}`));
      const answer = (await flooding.post('/v1/requests/batch', { items })) as {
        items: { status: number }[];
      };
      for (const { status } of answer.items) statuses.push(status);
    }),
  );
  const theirs = NEIGHBOURS.map(async (name) => {
    const client = await server.clientOf(agentOf(name));
    const ids: string[] = [];
    for (let i = 0; i < EACH; i += 1)
      ids.push((await client.submit(gpus(`${name}-${i}`), { waitSeconds: 0 })).id);
    for (const id of ids) while ((await client.request(id)).state === 'queued') await sleep(20);
    return ids.length;
  });
  expect(await Promise.all(theirs)).toEqual(NEIGHBOURS.map(() => EACH));
  await flood;
  expect(statuses).toHaveLength(FLOOD_CALLS * BATCH);
  // Each was taken or told to come again: never silence.
  expect(new Set(statuses)).toEqual(new Set([202, 503]));
});
