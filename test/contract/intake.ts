// What any store promises of intake: acknowledged once it is kept, one row a key, neighbours independent (S4).
// Run by test/adapters/memory and test/adapters/postgres.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { IntakeItem } from '../../api/ports.ts';
import type { AgentId, Epoch, ExtensionId, LeaseId } from '../../scheduler/index.ts';
import { actorOf, aRequest, aSubmit, CELL, requestId, type StoreUnderTest } from '../support/storeCell.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

export const intakeContract = (name: string, makeStore: () => Promise<StoreUnderTest>) =>
  describe(`intake in ${name}`, () => {
    let store: StoreUnderTest;
    let requests = 0;
    beforeAll(async () => {
      store = await makeStore();
    });
    afterAll(() => store.close());

    const nextRequest = (owner?: Parameters<typeof aRequest>[1]) => {
      requests += 1;
      return aRequest(requests, owner);
    };
    const write = (...items: IntakeItem[]) => store.ports.intakeWriter.write(items);
    const taken = async () => (await store.ports.intake.take(CELL, 10_000)).rows;
    const rowsAbout = async (id: string) => (await store.dump()).intake.filter((row) => row.object_id === id);

    it('gives the leader what was written, in order, with the clock', async () => {
      const request = nextRequest();
      const actor = actorOf(request);
      const commands: IntakeItem['command'][] = [
        { type: 'submit', request },
        { type: 'cancel', request: request.id },
        { type: 'release', lease: 'lse_1_1' as LeaseId, epoch: 3 as Epoch },
        {
          type: 'extend',
          extension: 'ext_1' as ExtensionId,
          lease: 'lse_1_1' as LeaseId,
          epoch: 3,
          seconds: 60,
        },
      ];
      const before = (await taken()).length;
      const outcomes = await write(
        ...commands.map((command) => ({ cell: CELL, actor, command, idempotency: null })),
      );
      const { rows, now } = await store.ports.intake.take(CELL, 10_000);
      const wantIds = outcomes.map((outcome) => (outcome.type === 'accepted' ? outcome.intake : null));
      expect(rows.slice(before).map((row) => row.id)).toEqual(wantIds);
      expect(rows.slice(before).map((row) => row.command)).toEqual(commands);
      expect(rows.at(-1)?.actor).toEqual(actor);
      expect(Math.max(...rows.map((row) => row.receivedAt))).toBeLessThanOrEqual(now);
    });

    it('takes no more rows than asked, the oldest first, and none of another cell', async () => {
      const request = nextRequest();
      await write({ ...aSubmit(request), cell: 'other' }, aSubmit(nextRequest()));
      const two = await store.ports.intake.take(CELL, 2);
      expect(two.rows).toEqual((await taken()).slice(0, 2));
      expect(
        (await taken()).some((row) => row.command.type === 'submit' && row.command.request.id === request.id),
      ).toBe(false);
      expect((await store.ports.intake.take('nowhere', 10)).rows).toEqual([]);
    });

    it('answers the same key and body with the first answer', async () => {
      const first = nextRequest();
      const [accepted] = await write(aSubmit(first, { key: 'k1', digest: 'd1' }));
      const [replayed] = await write(aSubmit(nextRequest(), { key: 'k1', digest: 'd1' }));
      const wantReceivedAt = accepted?.type === 'accepted' ? accepted.receivedAt : null;
      expect(replayed).toEqual({ type: 'replayed', request: first.id, receivedAt: wantReceivedAt });
      expect(await rowsAbout(requestId(requests))).toEqual([]);
    });

    it('refuses the same key with another body, and names the request that has it', async () => {
      const first = nextRequest();
      await write(aSubmit(first, { key: 'k2', digest: 'd1' }));
      expect(await write(aSubmit(nextRequest(), { key: 'k2', digest: 'd2' }))).toEqual([
        { type: 'mismatch', request: first.id },
      ]);
      expect(await rowsAbout(requestId(requests))).toEqual([]);
    });

    it('decides two items with one key inside one call', async () => {
      const [a, b, c] = [nextRequest(), nextRequest(), nextRequest()];
      const outcomes = await write(
        aSubmit(a, { key: 'k3', digest: 'd1' }),
        aSubmit(b, { key: 'k3', digest: 'd1' }),
        aSubmit(c, { key: 'k3', digest: 'd2' }),
      );
      expect(outcomes.map((outcome) => outcome.type)).toEqual(['accepted', 'replayed', 'mismatch']);
      expect(outcomes.slice(1).map((outcome) => 'request' in outcome && outcome.request)).toEqual([
        a.id,
        a.id,
      ]);
    });

    it('keeps the keys of two agents apart', async () => {
      const outcomes = await write(
        aSubmit(nextRequest({ agent: 'research-01' }), { key: 'k4', digest: 'd1' }),
        aSubmit(nextRequest({ agent: 'research-02' }), { key: 'k4', digest: 'd1' }),
      );
      expect(outcomes.map((outcome) => outcome.type)).toEqual(['accepted', 'accepted']);
    });

    it('makes one row of 50 submits at once with one key', async () => {
      const rivals = Array.from({ length: 50 }, () => nextRequest());
      const outcomes = (
        await Promise.all(rivals.map((request) => write(aSubmit(request, { key: 'k5', digest: 'd1' }))))
      ).flat();
      const accepted = outcomes.findIndex((outcome) => outcome.type === 'accepted');
      const winner = rivals[accepted]!;
      expect(outcomes.filter((outcome) => outcome.type === 'accepted')).toHaveLength(1);
      expect(
        outcomes.filter((outcome) => outcome.type === 'replayed' && outcome.request === winner.id),
      ).toHaveLength(49);
      const ids = new Set<string>(rivals.map((request) => request.id));
      expect(
        (await store.dump()).intake.filter((row) => ids.has(row.object_id)).map((row) => row.object_id),
      ).toEqual([winner.id]);
    });

    it('frees a key after 24 hours, and not before', async () => {
      const first = nextRequest();
      await write(aSubmit(first, { key: 'k6', digest: 'd1' }));
      await store.ageKeys(DAY_MS - 60_000);
      expect((await write(aSubmit(nextRequest(), { key: 'k6', digest: 'd1' })))[0]?.type).toBe('replayed');
      await store.ageKeys(120_000);
      const second = nextRequest();
      expect((await write(aSubmit(second, { key: 'k6', digest: 'd2' })))[0]?.type).toBe('accepted');
      expect(await write(aSubmit(nextRequest(), { key: 'k6', digest: 'd1' }))).toEqual([
        { type: 'mismatch', request: second.id },
      ]);
    });

    it('knows which request has a key, with its digest, and no other key', async () => {
      const request = nextRequest();
      const [accepted] = await write(aSubmit(request, { key: 'k8', digest: 'd1' }));
      const known: typeof store.ports.intakeWriter.known = (...key) => store.ports.intakeWriter.known(...key);
      const wantReceivedAt = accepted?.type === 'accepted' ? accepted.receivedAt : null;
      const wantKnown = { request: request.id, digest: 'd1', receivedAt: wantReceivedAt };
      expect(await known(CELL, request.agent, 'k8')).toEqual(wantKnown);
      await write(aSubmit(nextRequest(), { key: 'k8', digest: 'd2' }));
      expect(await known(CELL, request.agent, 'k8')).toEqual(wantKnown);
      expect(await known(CELL, request.agent, 'k9')).toBeNull();
      expect(await known(CELL, request.agent, 'k8\0')).toBeNull();
      expect(await known(CELL, 'research-02' as AgentId, 'k8')).toBeNull();
      expect(await known('other', request.agent, 'k8')).toBeNull();
    });

    it('forgets a key after 24 hours, and not before', async () => {
      const request = nextRequest();
      const { intakeWriter } = store.ports;
      await write(aSubmit(request, { key: 'k10', digest: 'd1' }));
      await store.ageKeys(DAY_MS - 60_000);
      expect((await intakeWriter.known(CELL, request.agent, 'k10'))?.request).toBe(request.id);
      await store.ageKeys(120_000);
      expect(await intakeWriter.known(CELL, request.agent, 'k10')).toBeNull();
    });

    it('keeps every text exactly', async () => {
      const purpose = 'quotes " \' back\\slash \\u0000 written out, tab\t, newline\n, 𝄞, é, \u2028';
      const request = nextRequest({ purpose });
      await write(aSubmit(request, { key: 'it\'s \\ "k"', digest: 'd1' }));
      const row = (await taken()).find(
        ({ command }) => command.type === 'submit' && command.request.id === request.id,
      );
      expect(row?.command).toEqual({ type: 'submit', request });
    });

    it.each([
      ['a NUL character', 'a\u0000b'],
      ['half a surrogate pair', 'a\ud800b'],
      ['the other half', '\udc00'],
    ])('refuses a call with %s whole, and none beside it', async (_, purpose) => {
      const [bad, neighbour, beside] = [nextRequest({ purpose }), nextRequest(), nextRequest()];
      const [refused, kept] = await Promise.allSettled([
        write(aSubmit(neighbour), aSubmit(bad)),
        write(aSubmit(beside)),
      ]);
      expect(refused.status).toBe('rejected');
      expect(kept.status).toBe('fulfilled');
      expect(await rowsAbout(bad.id)).toEqual([]);
      expect(await rowsAbout(neighbour.id)).toEqual([]);
      expect(await rowsAbout(beside.id)).toHaveLength(1);
    });

    it('wakes the leader for what is new alone', async () => {
      const before = store.wakes();
      await write(aSubmit(nextRequest(), { key: 'k7', digest: 'd1' }));
      expect(store.wakes()).toBe(before + 1);
      await write(aSubmit(nextRequest(), { key: 'k7', digest: 'd1' }));
      expect(store.wakes()).toBe(before + 1);
    });

    it('answers an empty call with nothing', async () => {
      expect(await write()).toEqual([]);
    });
  });
