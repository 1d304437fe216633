// What any store promises of policy bundles: files as they came, one head a cell that moves by compare-and-swap with its act, and a bound.
// Run by test/adapters/memory and test/adapters/postgres.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PolicyHead, PolicyMove } from '../../api/ports.ts';
import type { IntakeActor } from '../../scheduler/index.ts';
import { aConfiguration, CELL, type StoreUnderTest } from '../support/storeCell.ts';

const AUTHOR = { subject: 'author@research', department: 'research', agent: null } as unknown as IntakeActor;
const NOTHING = { sequence: 0, active: 'shipped', previous: null, candidate: null };

function aBundle(revision: string, text = `{"revision":"${revision}"}`) {
  return { revision, sha256: `sha of ${text}`, keyId: 'key', subject: AUTHOR.subject, text };
}

function aMove(from: PolicyHead, to: Partial<PolicyHead>): PolicyMove {
  const { active, previous, candidate } = { ...from, ...to };
  const command = {
    type: 'edit',
    object: 'policy',
    before: from.active,
    after: active,
    revision: 'cfg_1',
  } as const;
  return {
    cell: CELL,
    from: from.sequence,
    to: { active, previous, candidate },
    act: { actor: AUTHOR, command },
  };
}

export const policyStoreContract = (name: string, makeStore: () => Promise<StoreUnderTest>) =>
  describe(`policy bundles in ${name}`, () => {
    let store: StoreUnderTest;
    beforeAll(async () => {
      store = await makeStore();
      await store.ports.configuration.store(aConfiguration());
    });
    afterAll(() => store.close());
    const policies = () => store.ports.policies;

    it('are none at first, and the shipped policies are in force', async () => {
      expect(await policies().bundles(CELL)).toEqual([]);
      expect(await policies().text(CELL, 'a')).toBeNull();
      expect(await policies().head(CELL)).toEqual(NOTHING);
    });

    it('are kept as they came, once, and never replaced', async () => {
      expect(await policies().put(CELL, aBundle('a'))).toBe('stored');
      expect(await policies().put(CELL, aBundle('a'))).toBe('known');
      expect(await policies().put(CELL, aBundle('a', 'another file'))).toBe('conflict');
      expect(await policies().put(CELL, aBundle('b', 'ä'))).toBe('stored');
      expect(await policies().text(CELL, 'a')).toBe('{"revision":"a"}');
      expect(await policies().text('other', 'a')).toBeNull();
      const listed = await policies().bundles(CELL);
      const about = { keyId: 'key', subject: AUTHOR.subject, storedAt: expect.any(Number) };
      expect(listed).toEqual([
        { revision: 'b', sha256: 'sha of ä', bytes: 2, ...about },
        { revision: 'a', sha256: 'sha of {"revision":"a"}', bytes: 16, ...about },
      ]);
    });

    it('move by compare-and-swap, with the act, and wake the leader', async () => {
      const wakes = store.wakes();
      const first = aMove(NOTHING, { active: 'a', previous: 'shipped' });
      expect(await policies().move(first)).toBe('moved');
      expect(store.wakes()).toBe(wakes + 1);
      expect(await policies().head(CELL)).toEqual({
        sequence: 1,
        active: 'a',
        previous: 'shipped',
        candidate: null,
      });
      const { rows } = await store.ports.intake.take(CELL, 10);
      expect(rows.map((row) => [row.actor, row.command])).toEqual([[AUTHOR, first.act.command]]);
      const before = await store.dump();
      expect(await policies().move(first)).toBe('superseded');
      expect(await store.dump()).toEqual(before);
      expect(await policies().head('other')).toEqual(NOTHING);
    });

    it('let one of many that move at once through', async () => {
      const head = await policies().head(CELL);
      const candidate = { revision: 'b', promoteAfterTicks: 7 };
      const outcomes = await Promise.all([1, 2, 3, 4].map(() => policies().move(aMove(head, { candidate }))));
      expect(outcomes.filter((outcome) => outcome === 'moved')).toHaveLength(1);
      expect(await policies().head(CELL)).toEqual({ ...head, sequence: head.sequence + 1, candidate });
    });

    it('are bounded: the oldest go, but for those that the head names', async () => {
      for (let n = 0; n < 110; n += 1) await policies().put(CELL, aBundle(`r${n}`));
      const kept = (await policies().bundles(CELL)).map(({ revision }) => revision);
      expect(kept.slice(0, 2)).toEqual(['r109', 'r108']);
      expect(kept).toHaveLength(102);
      expect(kept.slice(-3)).toEqual(['r10', 'b', 'a']);
      expect(await policies().text(CELL, 'r9')).toBeNull();
    });
  });
