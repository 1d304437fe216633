// Ports: the asked one, the next free one where that is allowed, and a refusal that names it; closing does not wait for the silent.

import { connect, createServer, type Server } from 'node:net';
import Fastify from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { buildServer } from '../../../api/http/server.ts';
import { closeServer, listen } from '../../../api/roles/listen.ts';
import { StartRefused } from '../../../api/roles/startRefused.ts';

const host = '127.0.0.1';
let busy: Server;
let port: number;
let server: ReturnType<typeof buildServer>;
beforeEach(async () => {
  server = Fastify() as unknown as ReturnType<typeof buildServer>;
  busy = createServer();
  await new Promise<void>((resolve) => busy.listen(0, host, resolve));
  port = (busy.address() as { port: number }).port;
});
afterEach(async () => {
  await server.close();
  busy.close();
});

describe('listening', () => {
  it('takes the asked port when it is free', async () => {
    await new Promise((resolve) => busy.close(resolve));
    expect(await listen(server, { host, port, portBusy: 'fail' })).toBe(`http://${host}:${port}`);
  });

  it('takes any free one for port 0', async () => {
    expect(await listen(server, { host, port: 0, portBusy: 'fail' })).toMatch(
      /^http:\/\/127\.0\.0\.1:[1-9]\d+$/,
    );
  });

  it('takes the next free one where that is allowed', async () => {
    const url = await listen(server, { host, port, portBusy: 'next' });
    const taken = Number(new URL(url).port);
    expect(taken).toBeGreaterThan(port);
    expect(taken).toBeLessThanOrEqual(port + 50);
    expect((await fetch(url)).status).toBe(404);
  });

  it('refuses a busy port by name where no other may be taken', async () => {
    const refused = await listen(server, { host, port, portBusy: 'fail' }).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(StartRefused);
    expect(refused).toMatchObject({
      obstacle: 'port',
      message: expect.stringContaining(`port ${port} on ${host} is busy`),
    });
  });

  it('lets a fault that is no busy port through as it is', async () => {
    const failed = listen(server, { host: '203.0.113.1', port: 0, portBusy: 'next' });
    await expect(failed).rejects.toMatchObject({ code: 'EADDRNOTAVAIL' });
  });
});

describe('closing', () => {
  it('does not wait for a client that never spoke', async () => {
    const url = new URL(await listen(server, { host, port: 0, portBusy: 'fail' }));
    const silent = connect(Number(url.port), host);
    await new Promise<void>((resolve) => silent.once('connect', resolve));
    const gone = new Promise<void>((resolve) => silent.once('close', () => resolve()));
    await Promise.all([closeServer(server), gone]);
    expect(silent.destroyed).toBe(true);
  });
});
