// Waiting for an outcome, keeping a lease alive, and the fence before what it protects.
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createClient, createFence, StaleEpochError } from '../../../api/client/index.ts';
import { eventText, json, problem, type StubServer, stream, stubServer } from '../../support/stubServer.ts';

let stub: StubServer;
beforeEach(async () => {
  stub = await stubServer();
});
afterEach(() => stub.close());

const client = () => createClient({ baseUrl: stub.url, token: 't' });
const REQUEST = 'GET /v1/requests/req_1';
const waiting = json(200, { id: 'req_1', state: 'waiting', reasons: [] });
const granted = json(200, { id: 'req_1', state: 'granted', lease: 'lse_1', reasons: [] });
const grantEvent = eventText('p1', { type: 'annona.request.granted.v1', id: 'evt_1' });

describe('waiting for an outcome', () => {
  it('is woken by an event, long before it would ask again', async () => {
    let tell = (): void => {};
    stub.on(REQUEST, waiting, waiting, granted);
    stub.on('GET /v1/events', (response, heard) => {
      stream('id: p0\n\n')(response, heard);
      tell = () => void response.write(grantEvent);
    });
    const seen: string[] = [];
    const outcome = await client().wait('req_1', {
      seen({ state }) {
        seen.push(state);
        // The second reading is the one after the stream stood: what came before it is asked for.
        if (seen.length === 2) tell();
      },
    });
    expect(outcome).toMatchObject({ state: 'granted', lease: 'lse_1' });
    expect(seen).toEqual(['waiting', 'waiting', 'granted']);
    expect(stub.heard.some(({ call }) => call === 'GET /v1/events?request=req_1')).toBe(true);
  });

  it('asks when there is no stream to be had', async () => {
    stub.on(REQUEST, waiting, waiting, granted);
    stub.on('GET /v1/events', problem(403, 'ROLE_NOT_ALLOWED', 'no'));
    expect(await client().wait('req_1')).toMatchObject({ state: 'granted' });
  });

  it('answers with the state so far when its time is over, or its signal comes', async () => {
    stub.on(REQUEST, waiting);
    stub.on('GET /v1/events', stream('id: p0\n\n'));
    expect(await client().wait('req_1', { timeoutSeconds: 0.05 })).toMatchObject({ state: 'waiting' });
    expect(await client().wait('req_1', { signal: AbortSignal.abort() })).toMatchObject({ state: 'waiting' });
  });

  it('throws what the server refuses', async () => {
    stub.on(REQUEST, problem(404, 'NOT_FOUND', 'no such request'));
    stub.on('GET /v1/events', stream('id: p0\n\n'));
    await expect(client().wait('req_1')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('lets the server wait for as long as one call may, and waits on by itself for the rest', async () => {
    stub.on('POST /v1/requests', json(200, { id: 'req_1', state: 'waiting' }));
    stub.on(REQUEST, granted);
    stub.on('GET /v1/events', stream('id: p0\n\n'));
    const body = { clientRequestId: 'a', options: [], terms: { class: 'standard', durationSeconds: 1 } };
    expect(await client().submit(body, { waitSeconds: 10 })).toMatchObject({ state: 'waiting' });
    expect(await client().submit(body, { waitSeconds: 90 })).toMatchObject({ state: 'granted' });
    const submits = stub.heard.filter(({ call }) => call.startsWith('POST'));
    expect(submits.map(({ headers }) => headers.prefer)).toEqual(['wait=10', 'wait=30']);
  });
});

describe('keeping a lease alive', () => {
  const HEARTBEAT = 'POST /v1/leases/lse_1/heartbeat';
  const lease = { id: 'lse_1', epoch: 7 };
  const beat = json(200, { id: 'lse_1', state: 'active', endsAt: 'e', heartbeatTimeoutSeconds: 0.03 });
  const busy = problem(503, 'QUEUE_FULL', 'full');

  it('sends heartbeats with the epoch until it is stopped', async () => {
    stub.on(HEARTBEAT, beat);
    const three = Promise.withResolvers<void>();
    let beats = 0;
    const kept = client().keepAlive(lease, {
      beat() {
        beats += 1;
        if (beats === 3) three.resolve();
      },
    });
    await three.promise;
    expect(await kept.stop()).toEqual({ type: 'stopped' });
    expect(await kept.ended).toEqual({ type: 'stopped' });
    const sent = stub.heard.length;
    await new Promise((done) => setTimeout(done, 50));
    expect(stub.heard).toHaveLength(sent);
    expect(new Set(stub.heard.map(({ body }) => body))).toEqual(new Set(['{"epoch":7}']));
  });

  it.each([
    ['LEASE_ENDED', 409],
    ['STALE_EPOCH', 409],
    ['NOT_FOUND', 404],
  ])('ends at once when the server says %s', async (code, status) => {
    stub.on(HEARTBEAT, beat, problem(status, code, 'gone'));
    const end = await client().keepAlive(lease).ended;
    expect(end).toMatchObject({ type: 'lost', problem: { code } });
    expect(stub.heard).toHaveLength(2);
  });

  it('bears with a heartbeat or two that do not get through, and takes three in a row for the end', async () => {
    stub.on(HEARTBEAT, beat, busy, busy, beat, busy, busy, busy);
    const end = await client().keepAlive(lease).ended;
    expect(end).toMatchObject({ type: 'unheard', error: { code: 'QUEUE_FULL' } });
    expect(stub.heard).toHaveLength(7);
  });
});

describe('a fence', () => {
  it('refuses a holder from before, admits the present one again, and keeps names apart', () => {
    const fence = createFence([['disk', 4]]);
    expect([fence.admits('disk', 4), fence.admits('disk', 6), fence.admits('disk', 5)]).toEqual([
      true,
      true,
      false,
    ]);
    expect([fence.highest('disk'), fence.highest('other')]).toEqual([6, null]);
    expect(fence.admits('other', 0)).toBe(true);
    expect(() => fence.check('disk', 5)).toThrow(new StaleEpochError({ what: 'disk', epoch: 5, highest: 6 }));
    fence.check('disk', 6);
    expect(() => fence.admits('disk', Number.NaN)).toThrow('NaN is no epoch');
  });

  it('admits an epoch exactly when none higher was admitted before', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.constantFrom('a', 'b'), fc.nat(9))), (shown) => {
        const fence = createFence();
        const admitted: (readonly [string, number])[] = [];
        for (const [what, epoch] of shown) {
          const wantAdmitted = admitted.every(([other, before]) => other !== what || before <= epoch);
          expect(fence.admits(what, epoch)).toBe(wantAdmitted);
          if (wantAdmitted) admitted.push([what, epoch]);
        }
      }),
    );
  });
});
