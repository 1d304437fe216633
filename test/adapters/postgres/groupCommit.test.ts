// Group commit by itself, over a fake database: who shares a group, who waits, who fails with whom, and when it is full.

import { setImmediate as nextTurn } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import { GroupCommit } from '../../../adapters/postgres/groupCommit.ts';

interface Sent {
  readonly items: readonly string[];
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

describe('group commit', () => {
  let sent: Sent[];
  let send: (items: readonly string[]) => Promise<readonly string[]>;
  const groups = (overrides: Partial<ConstructorParameters<typeof GroupCommit<string, string>>[0]> = {}) =>
    new GroupCommit<string, string>({
      groupItemsMax: 4,
      paceMs: 0,
      groupsInFlightMax: 2,
      queueItemsMax: 20,
      send,
      ...overrides,
    });
  const turns = async (wanted: () => boolean) => {
    while (!wanted()) await nextTurn();
  };
  const dataError = Object.assign(new Error('bad data'), { code: '22P05' });
  // A list and a sender of its own for each test: what one leaves under way must not reach the next.
  beforeEach(() => {
    const list: Sent[] = [];
    sent = list;
    send = (items) =>
      new Promise((resolve, reject) => {
        list.push({ items, resolve: () => resolve(items.map((item) => `${item}!`)), reject });
      });
  });

  it('sends what came in one turn as one group, and gives each call its own outcomes', async () => {
    const group = groups();
    const calls = [group.submit('research', ['a']), group.submit('research', ['b', 'c'])];
    await turns(() => sent.length === 1);
    sent[0]!.resolve();
    expect(await Promise.all(calls)).toEqual([['a!'], ['b!', 'c!']]);
    expect(sent[0]!.items).toEqual(['a', 'b', 'c']);
  });

  it('never tears a call over two groups, and closes a group that is big enough', async () => {
    const group = groups();
    for (const items of [['a', 'b', 'c'], ['d', 'e'], ['f']]) void group.submit('research', items);
    await turns(() => sent.length === 2);
    expect(sent.map(({ items }) => items.join(''))).toEqual(['abcde', 'f']);
  });

  it('keeps no more groups under way than it may', async () => {
    const group = groups({ groupItemsMax: 1 });
    const calls = ['a', 'b', 'c'].map((item) => group.submit('research', [item]));
    await turns(() => sent.length === 2);
    for (let i = 0; i < 20; i += 1) await nextTurn();
    expect(sent).toHaveLength(2);
    sent[1]!.resolve();
    await turns(() => sent.length === 3);
    sent[0]!.resolve();
    sent[2]!.resolve();
    expect(await Promise.all(calls)).toEqual([['a!'], ['b!'], ['c!']]);
  });

  it('lets company come for the pace of its groups, unless a group is full', async () => {
    const group = groups({ paceMs: 3_600_000 });
    void group.submit('research', ['a']);
    await turns(() => sent.length === 1);
    sent[0]!.resolve();
    void group.submit('research', ['b']);
    for (let i = 0; i < 20; i += 1) await nextTurn();
    expect(sent).toHaveLength(1);
    void group.submit('research', ['c', 'd', 'e']);
    await turns(() => sent.length === 2);
    expect(sent[1]!.items).toEqual(['b', 'c', 'd', 'e']);
    const soon = groups({ paceMs: 1 });
    void soon.submit('research', ['f']);
    await turns(() => sent.length === 3);
    void soon.submit('research', ['g']);
    await turns(() => sent.length === 4);
    expect(sent[3]!.items).toEqual(['g']);
  });

  it('refuses what would not fit its queue, until something left it', async () => {
    const group = groups({ queueItemsMax: 6 });
    const first = group.submit('research', ['a', 'b', 'c']);
    expect(group.submit('research', ['d'])).toBeNull();
    await turns(() => sent.length === 1);
    expect(group.submit('research', ['d'])).toBeNull();
    sent[0]!.resolve();
    await first;
    await turns(() => {
      const taken = group.submit('research', ['d']);
      return taken !== null;
    });
  });

  it('takes a call that is bigger than the queue when the queue is empty', async () => {
    const group = groups({ queueItemsMax: 2 });
    const call = group.submit('research', ['a', 'b', 'c']);
    await turns(() => sent.length === 1);
    sent[0]!.resolve();
    expect(await call).toEqual(['a!', 'b!', 'c!']);
  });

  it('lets departments take turns, item by item, also those that come late', async () => {
    const group = groups({ groupItemsMax: 4, groupsInFlightMax: 1, queueItemsMax: 100 });
    for (let i = 0; i < 20; i += 1) void group.submit('research', ['r']);
    await turns(() => sent.length === 1);
    for (let i = 0; i < 4; i += 1) void group.submit('sales', ['s']);
    void group.submit('legal', ['l', 'l', 'l']);
    for (let done = 0; done < 4; done += 1) {
      sent[done]!.resolve();
      await turns(() => sent.length === done + 2);
    }
    const [first, ...rest] = sent.map(({ items }) => [...items].sort().join(''));
    expect(first).toBe('rrrr');
    // Three departments wait: what came late has gone before twelve more of the flood have.
    const until = rest.join('');
    expect([until.match(/s/g)?.length, until.match(/l/g)?.length]).toEqual([4, 3]);
    expect(rest[0]).toContain('s');
    expect(rest[0]).toContain('l');
  });

  it('keeps room for others from a department that floods', () => {
    const group = groups({ queueItemsMax: 90 });
    const takenOf = (department: string) => {
      let taken = 0;
      while (group.submit(department, ['x']) !== null) taken += 1;
      return taken;
    };
    expect(takenOf('research')).toBe(45);
    expect(takenOf('sales')).toBe(22);
    expect(takenOf('legal')).toBeGreaterThan(10);
    expect(takenOf('finance')).toBeGreaterThan(4);
    expect(takenOf('research')).toBe(0);
  });

  it('lets one bad call fail alone', async () => {
    const failing = async (items: readonly string[]) => {
      sent.push({ items, resolve: () => {}, reject: () => {} });
      if (items.includes('bad')) throw dataError;
      return items.map((item) => `${item}!`);
    };
    const group = groups({ groupItemsMax: 8, send: failing });
    const calls = [['a'], ['b'], ['x', 'bad'], ['c'], ['d']].map((items) => group.submit('research', items));
    const settled = await Promise.allSettled(calls);
    expect(settled.map(({ status }) => status)).toEqual([
      'fulfilled',
      'fulfilled',
      'rejected',
      'fulfilled',
      'fulfilled',
    ]);
    expect(settled[2]).toMatchObject({ reason: dataError });
  });

  it('fails the whole group for anything but its data, and goes on', async () => {
    const group = groups();
    const calls = Promise.allSettled([group.submit('research', ['a']), group.submit('research', ['b'])]);
    await turns(() => sent.length === 1);
    sent[0]!.reject(new Error('the database is gone'));
    expect((await calls).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    const next = group.submit('research', ['c']);
    await turns(() => sent.length === 2);
    sent[1]!.resolve();
    expect(await next).toEqual(['c!']);
  });
});
