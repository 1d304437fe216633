// A process without an edge: alive, ready, and how it is doing; nothing else.

import { Counter, Registry } from 'prom-client';
import { afterEach, expect, it } from 'vitest';
import { openProbes } from '../../../api/roles/probes.ts';

const closers: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

it('answers probes and scrapers, and says what fails', async () => {
  const registry = new Registry();
  new Counter({ name: 'relayed_total', help: 'Relayed.', registers: [registry] }).inc(3);
  const failing: { check: string; detail: string }[] = [];
  const at = { host: '127.0.0.1', port: 0 };
  const url = await openProbes(
    { at, registry, failing: async () => failing },
    (close) => void closers.push(close),
  );
  const get = async (path: string) => {
    const answer = await fetch(new URL(path, url));
    return { status: answer.status, body: await answer.text() };
  };
  expect(await get('/livez')).toEqual({ status: 200, body: '{"status":"ok","failing":[]}' });
  expect((await get('/readyz')).status).toBe(200);
  failing.push({ check: 'database', detail: 'away' });
  expect((await get('/livez')).status).toBe(200);
  const ready = await get('/readyz');
  expect(ready.status).toBe(503);
  expect(JSON.parse(ready.body)).toEqual({ status: 'failing', failing });
  expect((await get('/metrics')).body).toContain('relayed_total 3');
  expect((await get('/v1/pools')).status).toBe(404);
});

it('does not start on a busy port', async () => {
  const parts = { registry: new Registry(), failing: async () => [] };
  const closing = (close: () => Promise<void> | void) => void closers.push(close);
  const url = await openProbes({ ...parts, at: { host: '127.0.0.1', port: 0 } }, closing);
  const port = Number(new URL(url).port);
  await expect(openProbes({ ...parts, at: { host: '127.0.0.1', port } }, closing)).rejects.toMatchObject({
    obstacle: 'port',
  });
});
