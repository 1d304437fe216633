// The hub without sockets: who gets which events, in which order, and what happens to those who cannot keep up.

import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { EventHub, type EventHubOptions } from '../../../api/http/hub.ts';
import { decodePlace, encodePlace } from '../../../api/http/streamId.ts';
import type { StreamSink } from '../../../api/http/streams.ts';
import type { EventFilter, Scope } from '../../../api/ports.ts';
import type { AgentId, DepartmentId, EventType, RequestId } from '../../../scheduler/index.ts';
import { eventually } from '../../support/eventually.ts';
import { FakeLog } from './fakes.ts';
import { NOW } from './organisation.ts';
import { anEvent } from './support.ts';

const RESEARCH = 'research' as DepartmentId;
const FORGE: Scope = { type: 'agent', department: RESEARCH, agent: 'forge-01' as AgentId };
const DEPARTMENT: Scope = { type: 'department', department: RESEARCH };
const ALL: Scope = { type: 'all', department: RESEARCH };

class FakeSink implements StreamSink {
  text = '';
  ended = false;
  buffered = 0;
  /** Set: the client reads nothing until it is called. */
  hold: Promise<void> = Promise.resolve();

  write(text: string): void {
    if (this.ended) throw new Error('written after the end');
    this.text += text;
  }
  bufferedBytes(): number {
    return this.buffered;
  }
  drained(): Promise<void> {
    return this.hold;
  }
  end(text: string): void {
    this.write(text);
    this.ended = true;
  }

  blocks(): string[] {
    return this.text.split('\n\n').filter((block) => block.includes('\ndata: '));
  }
  /** Sequences of the events, by their own ids. */
  sequences(): number[] {
    return this.blocks()
      .filter((block) => !block.includes('event: resync'))
      .map((block) =>
        Number.parseInt(JSON.parse(block.slice(block.indexOf('data: ') + 6)).id.split('_')[2], 36),
      );
  }
}

const ids = (sequence: number) => encodePlace(new Map([['main', sequence]]));

async function aHub(options: Partial<EventHubOptions> = {}) {
  const log = new FakeLog();
  const faults: unknown[] = [];
  const hub = new EventHub({
    cell: 'main',
    log,
    now: () => NOW,
    onError: (error) => void faults.push(error),
    pollMs: 3_600_000,
    ...options,
  });
  const commit = (...events: ReturnType<typeof anEvent>[]) => {
    log.events.push(...events);
    hub.publish(events);
  };
  const open = (
    fields: {
      scope?: Scope;
      after?: number;
      types?: EventType[];
      request?: string;
      subject?: string;
      expiresAt?: number;
      sink?: FakeSink;
    } = {},
  ) => {
    const {
      scope = FORGE,
      after = null,
      types,
      request,
      subject = 'forge-01',
      expiresAt = NOW + 1,
      sink = new FakeSink(),
    } = fields;
    const filter: EventFilter = {
      scope,
      ...(types ? { types } : {}),
      ...(request ? { request: request as RequestId } : {}),
    };
    const leave = hub.open({ filter, subject, expiresAt, after, sink });
    return Object.assign(sink, { leave });
  };
  return { hub, log, faults, commit, open };
}

const upTo = (last: number) => [...Array(last).keys()].map((index) => anEvent(index + 1));

/** Lets everything that waits for a promise run. */
const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('a live stream', () => {
  it('gets the events of its scope and no others, in order', async () => {
    const { commit, open } = await aHub();
    const streams = [open(), open({ scope: DEPARTMENT }), open({ scope: ALL })];
    await settle();
    commit(anEvent(1), anEvent(2, { agent: 'anvil-01' }));
    commit(anEvent(3, { department: 'sales', agent: 'scout-01' }), anEvent(4));
    expect(streams.map((stream) => stream.sequences())).toEqual([
      [1, 4],
      [1, 2, 4],
      [1, 2, 3, 4],
    ]);
  });

  it('gets only the types and the request that it asked for', async () => {
    const { commit, open } = await aHub();
    const request = 'req_01m8445h5p9kntj5ba86d4hccz';
    const typed = open({ types: ['annona.lease.released.v1', 'annona.request.denied.v1'] });
    const ofOne = open({ request });
    await settle();
    commit(anEvent(1), anEvent(2, { type: 'annona.lease.released.v1' }), anEvent(3, { request }));
    expect([typed.sequences(), ofOne.sequences()]).toEqual([[2], [3]]);
  });

  it('is written to once per commit, and told how to come back', async () => {
    const { commit, open } = await aHub();
    const stream = open();
    await settle();
    expect(stream.text).toBe(`retry: 2000\nid: ${ids(0)}\n\n`);
    const write = vi.spyOn(stream, 'write');
    commit(anEvent(1), anEvent(2), anEvent(3));
    expect(write).toHaveBeenCalledTimes(1);
    expect(stream.blocks()[2]).toMatch(
      new RegExp(
        `^id: ${ids(3)}\\nevent: annona.request.granted.v1\\ndata: \\{.*"at":"2026-11-23T09:00:00.000Z"\\}$`,
      ),
    );
  });

  it('gets nothing more once its client has left', async () => {
    const { hub, commit, open } = await aHub();
    const stream = open();
    await settle();
    stream.leave();
    commit(anEvent(1));
    expect([stream.sequences(), hub.streamCount()]).toEqual([[], 0]);
  });
});

describe('the tail', () => {
  it('reads from the log what it was not told, and delivers nothing twice', async () => {
    const { hub, log, commit, open } = await aHub();
    const stream = open();
    await settle();
    log.events.push(anEvent(1), anEvent(2));
    commit(anEvent(3));
    await settle();
    hub.publish([anEvent(2), anEvent(3)]);
    commit(anEvent(4));
    await settle();
    expect(stream.sequences()).toEqual([1, 2, 3, 4]);
  });

  it('closes a gap of thousands at once, without waiting for its next look at the log', async () => {
    const { hub, log, open } = await aHub();
    const stream = open();
    await settle();
    log.events.push(...upTo(2500));
    hub.publish([anEvent(2500)]);
    await settle();
    expect(stream.sequences()).toHaveLength(2500);
  });

  it('delivers each event once when commits are told while it reads', async () => {
    const { hub, log, commit, open } = await aHub();
    const stream = open();
    await settle();
    const held = Promise.withResolvers<void>();
    const { read } = log;
    log.read = async (...asked) => {
      const page = await read.apply(log, asked);
      await held.promise;
      return page;
    };
    log.events.push(anEvent(1), anEvent(2));
    hub.publish([anEvent(2)]);
    hub.publish([anEvent(1), anEvent(2)]);
    commit(anEvent(3));
    held.resolve();
    await settle();
    commit(anEvent(4));
    const resumed = open({ after: 0 });
    await settle();
    expect([stream.sequences(), resumed.sequences()]).toEqual([
      [1, 2, 3, 4],
      [1, 2, 3, 4],
    ]);
  });

  it('follows the log by itself where nobody tells it anything, also after a failed read', async () => {
    const { hub, log, open, faults } = await aHub({ pollMs: 5 });
    await hub.start();
    const stream = open();
    log.fault = new Error('the database is away');
    await eventually(() => expect(faults).toContain(log.fault));
    log.fault = null;
    log.events.push(...upTo(2500));
    await eventually(() => expect(stream.sequences()).toHaveLength(2500));
    hub.stop();
    expect(stream.sequences()).toEqual([...Array(2500).keys()].map((index) => index + 1));
  });

  it('starts with the newest events in memory, so that resuming clients read nothing from the database', async () => {
    const { hub, log, open } = await aHub({ keptMax: 100 });
    log.events.push(...upTo(500));
    await hub.start();
    const reads = log.reads;
    const streams = [...Array(50).keys()].map((index) => open({ after: 450, subject: `s${index}` }));
    await settle();
    hub.stop();
    expect(log.reads).toBe(reads);
    for (const stream of streams) expect(stream.sequences()[0]).toBe(451);
  });
});

describe('a resumed stream', () => {
  it('gets what it missed and then what comes, without a gap or a repetition, wherever commits fall in between', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          before: fc.nat(30),
          after: fc.nat(30),
          during: fc.array(fc.nat(4), { maxLength: 8 }),
          keptMax: fc.constantFrom(1, 5, 100),
        }),
        async ({ before, after, during, keptMax }) => {
          const { hub, log, commit, open } = await aHub({ keptMax });
          log.events.push(...upTo(before));
          await hub.start();
          const from = Math.min(after, before);
          const stream = open({ after: from });
          let last = before;
          for (const count of during) {
            await Promise.resolve();
            if (count > 0) commit(...[...Array(count).keys()].map((index) => anEvent(last + index + 1)));
            last += count;
          }
          await settle();
          hub.stop();
          expect(stream.sequences()).toEqual([...Array(last - from).keys()].map((index) => from + index + 1));
        },
      ),
      { numRuns: 200 },
    );
  });

  it('pages through a long history at the speed of its client', async () => {
    const { hub, log, open } = await aHub({ keptMax: 10 });
    log.events.push(...upTo(1200));
    await hub.start();
    const slow = new FakeSink();
    const gate = Promise.withResolvers<void>();
    slow.hold = gate.promise;
    open({ after: 0, sink: slow });
    await settle();
    expect(slow.sequences()).toHaveLength(500);
    gate.resolve();
    await eventually(() => expect(slow.sequences()).toHaveLength(1200));
    hub.stop();
  });

  it('from a place that this log never had is sent to where the log ends', async () => {
    const { commit, open } = await aHub();
    commit(anEvent(1));
    const stream = open({ after: 99 });
    await settle();
    expect([stream.ended, stream.blocks()]).toEqual([
      true,
      [`id: ${ids(1)}\nevent: resync\ndata: {"after":"${ids(1)}"}`],
    ]);
  });

  it('that is ahead of this process waits for it to catch up', async () => {
    const { hub, log, open } = await aHub();
    log.events.push(anEvent(1), anEvent(2));
    const stream = open({ after: 2 });
    await settle();
    hub.publish([anEvent(1), anEvent(2)]);
    log.events.push(anEvent(3));
    hub.publish([anEvent(3)]);
    expect(stream.sequences()).toEqual([3]);
  });

  it('whose history cannot be read is told where to go on', async () => {
    const { hub, log, open, faults } = await aHub({ keptMax: 1 });
    log.events.push(anEvent(1), anEvent(2), anEvent(3));
    await hub.start();
    log.fault = new Error('the database is away');
    const stream = open({ after: 1 });
    await settle();
    hub.stop();
    expect([faults, stream.ended]).toEqual([[log.fault], true]);
    expect(stream.blocks()).toEqual([`id: ${ids(1)}\nevent: resync\ndata: {"after":"${ids(1)}"}`]);
  });
});

describe('a client that does not read', () => {
  it('is told the last event that it was sent, and closed, while others go on', async () => {
    const { hub, commit, open } = await aHub({ bufferBytesMax: 100 });
    const [slow, quick] = [open(), open()];
    await settle();
    commit(anEvent(1));
    slow.buffered = 101;
    commit(anEvent(2));
    commit(anEvent(3));
    expect([slow.sequences(), slow.ended]).toEqual([[1], true]);
    expect(slow.blocks().at(-1)).toBe(`id: ${ids(1)}\nevent: resync\ndata: {"after":"${ids(1)}"}`);
    expect([quick.sequences(), quick.ended, hub.streamCount()]).toEqual([[1, 2, 3], false, 1]);
  });
});

describe('a heartbeat', () => {
  it('moves the id along and ends streams whose token has expired', async () => {
    let now = NOW;
    const { hub, commit, open } = await aHub({ heartbeatMs: 5, now: () => now });
    await hub.start();
    const [short, long] = [open({ expiresAt: NOW + 10 }), open({ expiresAt: NOW + 1000 })];
    await settle();
    commit(anEvent(1, { agent: 'anvil-01' }));
    await eventually(() => expect(long.text).toContain(`: heartbeat\nid: ${ids(1)}\n\n`));
    now = NOW + 10;
    await eventually(() => expect(short.ended).toBe(true));
    expect(long.ended).toBe(false);
    hub.stop();
    expect(long.ended).toBe(true);
  });
});

describe('room for streams', () => {
  it('is bounded for all and for each subject', async () => {
    const { hub, open } = await aHub({ streamsMax: 3, streamsPerSubjectMax: 2 });
    const first = open();
    open();
    expect([hub.hasRoom('forge-01'), hub.hasRoom('anvil-01')]).toEqual([false, true]);
    open({ subject: 'anvil-01' });
    expect(hub.hasRoom('scout-01')).toBe(false);
    first.leave();
    first.leave();
    expect([hub.hasRoom('scout-01'), hub.hasRoom('forge-01'), hub.streamCount()]).toEqual([true, true, 2]);
  });
});

describe('the id of a place', () => {
  it('is read back as it was, and anything else is no place', () => {
    const place = new Map([
      ['main', 7],
      ['edge.eu', 0],
    ]);
    expect(decodePlace(encodePlace(place))).toEqual(place);
    const text = (document: string) => Buffer.from(document).toString('base64url');
    const wrong = [
      '',
      '!',
      'AAAA',
      text('{}'),
      text('[1]'),
      text('{"main":-1}'),
      text('{"main":1.5}'),
      text('{"main":"1"}'),
      'a'.repeat(3000),
    ];
    expect(wrong.map(decodePlace)).toEqual(wrong.map(() => null));
  });
});
