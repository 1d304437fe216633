// Why a request waits, on every way out of a whole server: list, detail, explanation, event and command say it in one block.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { aConfiguration, aPool } from '../../support/builders.ts';
import { type LiveServer, liveServer } from '../../support/liveServer.ts';
import { ran } from '../cli/recording.ts';

const configuration = aConfiguration()
  .department('research')
  .agent('ada')
  .pool(aPool('gpu-a').gpu(8, 'A100'), aPool('cpu-a').cpu(4))
  .build();
const directory = mkdtempSync(join(tmpdir(), 'annona-reasons-'));
let server: LiveServer;

beforeAll(async () => {
  server = await liveServer(directory, configuration);
  while ((await server.readiness()).status !== 200);
}, 60_000);
afterAll(async () => {
  await server?.stop();
  rmSync(directory, { recursive: true, force: true });
});

async function annona(...argv: readonly string[]) {
  const { out } = await ran(...argv, '--as', 'ada', '--url', server.url, '--directory', directory, '--json');
  return JSON.parse(out);
}

it('is one block in list, detail, explanation, event and command', async () => {
  const client = await server.clientOf(configuration.agents[0]!);
  const submit = ['request', 'submit', '--gpu', '8', '--cpu', '4', '--for', '10m', '--wait', '20'];
  expect((await annona(...submit)).state).toBe('granted');
  const { id, state, reasons } = await annona(...submit);
  expect(state).toBe('waiting');
  const wantShort = (what: string, requested: number) =>
    expect.objectContaining({
      code: 'POOL_FULL',
      short: [{ what, requested, available: 0, held: requested }],
      actor: 'wait',
      advice: expect.stringContaining('Units return'),
    });
  expect(reasons).toEqual([wantShort('gpu-a', 8), wantShort('cpu-a', 4)]);

  expect(await client.get('/v1/requests?state=waiting')).toMatchObject({ items: [{ id, reasons }] });
  expect(await client.get(`/v1/requests/${id}`)).toMatchObject({ reasons });
  expect(await client.get(`/v1/requests/${id}/explanation`)).toMatchObject({ reasons });
  expect((await annona('request', 'get', id)).reasons).toEqual(reasons);
  const fromTheFirst = Buffer.from(JSON.stringify({ [configuration.cell]: 0 })).toString('base64url');
  const waited = await ran(
    ...['events', '--since', fromTheFirst, '--count', '1', '--type', 'annona.request.waiting.v1', '--json'],
    ...['--as', 'ada', '--url', server.url, '--directory', directory],
  );
  expect(JSON.parse(waited.out)).toMatchObject({ request: id, data: { reasons } });
}, 60_000);
