// What hints between processes promise: the others hear, the teller does not, and nothing that goes wrong reaches either.
// Run by test/adapters/memory and test/adapters/postgres.

import { afterEach, describe, expect, it } from 'vitest';
import type { Hints } from '../../scheduler/index.ts';

export interface HintsUnderTest {
  /** Another process. */
  join(): Promise<Hints & { close(): Promise<void> }>;
  close(): Promise<void>;
}

export const hintsContract = (name: string, make: () => Promise<HintsUnderTest>) =>
  describe(`hints in ${name}`, () => {
    const open: { close(): Promise<void> }[] = [];
    const pair = async () => {
      const group = await make();
      const [ours, theirs] = [await group.join(), await group.join()];
      open.push(group, ours, theirs);
      return { ours, theirs };
    };
    afterEach(async () => {
      for (const each of open.splice(0).reverse()) await each.close();
    });
    /** Resolves at the first hint of a topic and cell. */
    const heard = (hints: Hints, cell: string) =>
      new Promise<void>((resolve) => void hints.hear('intake', cell, resolve));

    it('are heard by the others, by topic and by cell', async () => {
      const { ours, theirs } = await pair();
      const wrong: string[] = [];
      theirs.hear('commit', 'main', () => wrong.push('of another topic'));
      theirs.hear('intake', 'other', () => wrong.push('of another cell'));
      ours.hear('intake', 'main', () => wrong.push('of itself'));
      const hint = heard(theirs, 'main');
      ours.tell('intake', 'main');
      await hint;
      expect(wrong).toEqual([]);
    });

    it('go both ways, and more than once', async () => {
      const { ours, theirs } = await pair();
      for (const [from, to] of [
        [ours, theirs],
        [theirs, ours],
        [ours, theirs],
      ] as const) {
        const hint = heard(to, 'main');
        from.tell('intake', 'main');
        await hint;
      }
    });

    it('are one where many are told at once', async () => {
      const { ours, theirs } = await pair();
      let count = 0;
      theirs.hear('intake', 'main', () => {
        count += 1;
      });
      for (let i = 0; i < 100; i += 1) ours.tell('intake', 'main');
      const last = heard(theirs, 'last');
      ours.tell('intake', 'last');
      await last;
      expect(count).toBe(1);
    });

    it('are heard no more by who went', async () => {
      const { ours, theirs } = await pair();
      const wrong: string[] = [];
      const leave = theirs.hear('intake', 'main', () => wrong.push('after leaving'));
      leave();
      const hint = heard(theirs, 'main');
      ours.tell('intake', 'main');
      await hint;
      expect(wrong).toEqual([]);
    });
  });
