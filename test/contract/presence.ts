// What any presence promises: the latest instant of each agent of a cell. Run by test/adapters/system and test/adapters/redis.

import { describe, expect, it } from 'vitest';
import type { Presence } from '../../api/ports.ts';
import type { AgentId } from '../../scheduler/index.ts';

export interface PresenceUnderTest {
  readonly presence: Presence;
  /** What was seen is where `lastSeen` of any process finds it. */
  settle(): Promise<void>;
}

const ADA = 'ada' as AgentId;
const BOB = 'bob' as AgentId;

export const presenceContract = (name: string, make: () => Promise<PresenceUnderTest>) =>
  describe(`presence in ${name}`, () => {
    it('knows nobody at first, then the last time of each', async () => {
      const { presence, settle } = await make();
      expect(await presence.lastSeen('main')).toEqual(new Map());
      presence.seen('main', ADA, 1000);
      presence.seen('main', BOB, 1500);
      presence.seen('main', ADA, 2000);
      await settle();
      expect(await presence.lastSeen('main')).toEqual(
        new Map([
          [ADA, 2000],
          [BOB, 1500],
        ]),
      );
    });

    it('never goes back', async () => {
      const { presence, settle } = await make();
      presence.seen('main', ADA, 2000);
      await settle();
      presence.seen('main', ADA, 1000);
      await settle();
      expect((await presence.lastSeen('main')).get(ADA)).toBe(2000);
    });

    it('keeps cells apart', async () => {
      const { presence, settle } = await make();
      presence.seen('main', ADA, 2000);
      await settle();
      expect(await presence.lastSeen('other')).toEqual(new Map());
    });
  });
