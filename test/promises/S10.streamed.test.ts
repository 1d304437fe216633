// S10: every committed event is streamed, in order per request, none for a dropped tick. To SSE and to a stream that fails and repeats.
import { afterEach, describe, expect, it } from 'vitest';
import { EventHub } from '../../api/http/hub.ts';
import type { DomainEvent, Publisher } from '../../scheduler/index.ts';
import { relayOnce } from '../../scheduler/index.ts';
import { aConfiguration, aPool, aRequest } from '../support/builders.ts';
import { checkPromises } from '../support/promises.ts';
import { seededDraw } from '../support/syntheticTick.ts';
import { type Leader, type LiveCell, liveCell } from './liveCell.ts';

let cell: LiveCell;
afterEach(() => cell.close());

const gpus = () => aConfiguration().pool(aPool('gpu-a').gpu(3));

/** Submits, releases and cancels, a tick after each round; every third tick is dropped before or in its commit. */
async function history(leader: Leader, rounds: number): Promise<Leader> {
  let current = leader;
  for (let round = 0; round < rounds; round += 1) {
    await cell.submit(
      ...[0, 1].map((n) =>
        aRequest(round * 10 + n)
          .gpu(1 + n)
          .build(),
      ),
    );
    const [lease] = current.state.leases.values();
    if (lease) await cell.act({ type: 'release', lease: lease.id, epoch: lease.epoch }, lease);
    if (round % 3 === 1) {
      const { store } = current.ports;
      current.ports = { ...current.ports, store: { commit: () => Promise.reject(new Error('dropped')) } };
      await expect(current.tick()).rejects.toThrow('dropped');
      current.ports = { ...current.ports, store };
      const { observer } = current.ports;
      current = await cell.elect();
      current.ports = { ...current.ports, observer };
    }
    await current.settle();
  }
  return current;
}

const committed = async (): Promise<readonly DomainEvent[]> => cell.adapter.logs.read('main', 0, 10_000);

describe('S10 every committed event is streamed, in order per request, none for a dropped tick', () => {
  it('to an open SSE stream, and to one that comes late, of whatever leaders were in office', async () => {
    cell = await liveCell(gpus());
    const hub = new EventHub({
      cell: 'main',
      log: cell.adapter.logs,
      now: () => 0,
      onError: (error) => expect(error).toBeUndefined(),
    });
    await hub.start();
    const [open, late] = [aSink(), aSink()];
    const who = {
      subject: 'op',
      expiresAt: 1,
      filter: { scope: { type: 'all', department: 'research' as never } },
    } as const;
    hub.open({ ...who, after: null, sink: open.sink });
    const leader = await cell.elect();
    leader.ports = { ...leader.ports, observer: { committed: (commit) => hub.publish(commit.events) } };
    await history(leader, 9);
    hub.open({ ...who, after: 0, sink: late.sink });
    const wantIds = (await committed()).map(({ id }) => id);
    while (late.ids().length < wantIds.length) await new Promise((done) => setTimeout(done, 5));
    expect(wantIds.length).toBeGreaterThan(20);
    expect(open.ids()).toEqual(wantIds);
    expect(late.ids()).toEqual(wantIds);
    hub.stop();
  });

  it('to observers, and to them only what was committed', async () => {
    cell = await liveCell(gpus());
    const told: DomainEvent[] = [];
    const leader = await cell.elect();
    leader.ports = { ...leader.ports, observer: { committed: (commit) => void told.push(...commit.events) } };
    await history(leader, 6);
    expect(told.map(({ id }) => id)).toEqual((await committed()).map(({ id }) => id));
  });

  it('to a stream that breaks in the middle and loses its answers, over relays that replace each other', async () => {
    cell = await liveCell(gpus());
    await history(await cell.elect(), 8);
    const draw = seededDraw(5);
    const streamed: { id: string; request: string; sequence: number }[] = [];
    const publisher: Publisher = {
      async publish(events) {
        const through = draw(0, 2) === 0 ? draw(0, events.length) : events.length;
        streamed.push(...events.slice(0, through));
        if (through < events.length || draw(0, 3) === 0) throw new Error('the line broke');
        return { type: 'acknowledged' };
      },
      bury: () => Promise.reject(new Error('nothing is refused here')),
    };
    let cursor = 0;
    let broken = 0;
    for (const want = (await committed()).length; cursor < want; ) {
      const { logs: log, relayCursors } = draw(0, 1) === 0 ? cell.adapter : await cell.store.open();
      const step = await relayOnce(
        { log, cursor: relayCursors.under(1), publisher },
        { cell: 'main', sink: 'test', batchMax: 7 },
      ).catch(() => null);
      if (step === null) broken += 1;
      cursor = step?.cursor ?? cursor;
    }
    expect(broken).toBeGreaterThan(0);
    expect(checkPromises(await cell.dump(), { streamed })).toEqual([]);
    const canary = streamed.filter(({ sequence }) => sequence !== 5);
    expect(checkPromises(await cell.dump(), { streamed: canary }).map(({ promise }) => promise)).toContain(
      'S10',
    );
  });

  it('and the database takes no event out of turn, and lets none be changed', async () => {
    cell = await liveCell(gpus());
    const leader = await cell.elect();
    await cell.submit(aRequest(1).gpu(1).build());
    await leader.settle();
    await expect(cell.store.query('delete from event')).rejects.toThrow(/immutable/);
    leader.state.eventSequence += 1;
    await cell.submit(aRequest(2).gpu(1).build());
    const before = await cell.dump();
    await expect(leader.tick()).rejects.toThrow(/^S10/);
    expect(await cell.dump()).toEqual(before);
  });
});

function aSink() {
  let text = '';
  const sink = {
    write(chunk: string) {
      text += chunk;
    },
    bufferedBytes: () => 0,
    drained: async () => {},
    end: () => {},
  };
  const ids = (): string[] =>
    [...text.matchAll(/^data: (.*)$/gm)].map((match) => JSON.parse(match[1] as string).id);
  return { sink, ids };
}
