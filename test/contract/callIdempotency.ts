// What any store promises of stored answers: one call a key at a time, the same answer for 24 hours.
// Run by test/adapters/memory and test/adapters/postgres.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StorePorts, StoreUnderTest } from '../support/storeCell.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

export const callIdempotencyContract = (name: string, makeStore: () => Promise<StoreUnderTest>) =>
  describe(`call idempotency in ${name}`, () => {
    let store: StoreUnderTest;
    let calls: StorePorts['calls'];
    beforeAll(async () => {
      store = await makeStore();
      calls = store.ports.calls;
    });
    afterAll(() => store.close());
    const answer = { status: 202, body: '{"id":"req_1"}', headers: { location: '/v1/requests/req_1' } };

    it('lets the first call run and holds the second off', async () => {
      expect(await calls.begin('agent-1', 'a', 'd')).toEqual({ type: 'fresh' });
      expect(await calls.begin('agent-1', 'a', 'd')).toEqual({ type: 'running' });
    });

    it('gives the stored answer again, byte for byte', async () => {
      await calls.begin('agent-1', 'b', 'd');
      await calls.finish('agent-1', 'b', answer);
      expect(await calls.begin('agent-1', 'b', 'd')).toEqual({ type: 'replay', ...answer });
    });

    it('refuses another body under one key, running or answered', async () => {
      await calls.begin('agent-1', 'c', 'd');
      expect(await calls.begin('agent-1', 'c', 'other')).toEqual({ type: 'mismatch' });
      await calls.finish('agent-1', 'c', answer);
      expect(await calls.begin('agent-1', 'c', 'other')).toEqual({ type: 'mismatch' });
    });

    it('keeps the keys of two scopes apart', async () => {
      expect(await calls.begin('agent-1', 'd', 'd')).toEqual({ type: 'fresh' });
      expect(await calls.begin('agent-2', 'd', 'd')).toEqual({ type: 'fresh' });
    });

    it('frees an abandoned key, and not an answered one', async () => {
      await calls.begin('agent-1', 'e', 'd');
      await calls.abandon('agent-1', 'e');
      expect(await calls.begin('agent-1', 'e', 'd')).toEqual({ type: 'fresh' });
      await calls.finish('agent-1', 'e', answer);
      await calls.abandon('agent-1', 'e');
      expect(await calls.begin('agent-1', 'e', 'd')).toEqual({ type: 'replay', ...answer });
    });

    it('lets one of 20 calls at once run', async () => {
      const begun = await Promise.all(Array.from({ length: 20 }, () => calls.begin('agent-1', 'f', 'd')));
      expect(begun.filter(({ type }) => type === 'fresh')).toHaveLength(1);
      expect(begun.filter(({ type }) => type === 'running')).toHaveLength(19);
    });

    it('frees a key after 24 hours, and one whose call never ended after a minute', async () => {
      await calls.begin('agent-1', 'g', 'd');
      await calls.finish('agent-1', 'g', answer);
      await calls.begin('agent-1', 'h', 'd');
      await store.ageKeys(61_000);
      expect(await calls.begin('agent-1', 'g', 'd')).toEqual({ type: 'replay', ...answer });
      expect(await calls.begin('agent-1', 'h', 'd')).toEqual({ type: 'fresh' });
      await store.ageKeys(DAY_MS);
      expect(await calls.begin('agent-1', 'g', 'd')).toEqual({ type: 'fresh' });
    });
  });
