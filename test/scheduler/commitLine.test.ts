// The commit that is on its way while the next tick decides: order, silence until it has arrived, and what becomes of what follows a failure.
import { describe, expect, it } from 'vitest';
import { CommitLine } from '../../scheduler/commitLine.ts';
import type { IntakeRow, TickCommit } from '../../scheduler/index.ts';

type Outcome = 'committed' | 'epochLost';

const tick = (number: number, intake: readonly number[] = []): TickCommit =>
  ({ record: { tick: number }, intake }) as unknown as TickCommit;

/** A database whose commits end when the test says so, and an observer that writes down what it is told. */
function aLine() {
  const sent: { readonly tick: number; end(outcome: Outcome): void; fail(error: Error): void }[] = [];
  const told: number[] = [];
  const line = new CommitLine({
    store: {
      commit: ({ record }) => {
        const { promise, resolve, reject } = Promise.withResolvers<Outcome>();
        sent.push({ tick: record.tick, end: resolve, fail: reject });
        return promise;
      },
    },
    observer: { committed: ({ record }) => void told.push(record.tick) },
  });
  const send = async (commit: TickCommit): Promise<Outcome> => {
    const outcome = await line.commit(commit);
    if (outcome === 'committed') line.committed(commit);
    return outcome;
  };
  return { line, sent, told, send };
}

describe('the line of commits', () => {
  it('lets the next tick decide, and tells of a tick once it has arrived', async () => {
    const { line, sent, told, send } = aLine();
    expect(await send(tick(1))).toBe('committed');
    expect(told).toEqual([]);
    sent[0]!.end('committed');
    expect(await line.settled()).toBe('committed');
    expect(told).toEqual([1]);
  });

  it('sends a tick only when the one before it has arrived, and tells of them in order', async () => {
    const { line, sent, told, send } = aLine();
    await send(tick(1));
    const second = send(tick(2));
    await new Promise((resolve) => setImmediate(resolve));
    expect(sent.map((commit) => commit.tick)).toEqual([1]);
    sent[0]!.end('committed');
    await second;
    expect(told).toEqual([1]);
    sent[1]!.end('committed');
    await line.settled();
    expect(told).toEqual([1, 2]);
  });

  it('leaves out of the intake what is on its way, and takes as many others as it may', async () => {
    const { line, send } = aLine();
    const free: number[] = [1, 2, 3, 4, 5];
    const intake = {
      take: async (_cell: string, rowsMax: number) => ({
        rows: free.slice(0, rowsMax).map((id) => ({ id }) as IntakeRow),
        now: 0,
        revision: '',
      }),
    };
    const ids = async (rowsMax: number) =>
      (await line.take(intake, 'main', rowsMax)).rows.map(({ id }) => id);
    expect(await ids(2)).toEqual([1, 2]);
    await send(tick(1, [1, 2]));
    expect(line.rowsSent).toBe(2);
    expect(await ids(2)).toEqual([3, 4]);
    free.splice(0, 2);
    expect(await ids(2)).toEqual([3, 4]);
  });

  it('sends nothing after a commit that was refused for its epoch, and tells nobody', async () => {
    const { line, sent, told, send } = aLine();
    await send(tick(1));
    sent[0]!.end('epochLost');
    expect(await send(tick(2))).toBe('epochLost');
    expect(await line.settled()).toBe('epochLost');
    expect(sent).toHaveLength(1);
    expect(told).toEqual([]);
  });

  it('sends nothing after a commit that failed, and whoever asks next learns why', async () => {
    const { line, sent, told, send } = aLine();
    await send(tick(1));
    sent[0]!.fail(new Error('the line is cut'));
    await expect(send(tick(2))).rejects.toThrow('the line is cut');
    await expect(line.settled()).rejects.toThrow('the line is cut');
    expect(sent).toHaveLength(1);
    expect(told).toEqual([]);
  });
});
