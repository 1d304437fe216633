// GET /v1/events over real sockets: resuming, isolation, slow readers, many streams, and the end of the server.

import { request as httpRequest, type IncomingMessage } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import type { DomainEvent } from '../../../scheduler/index.ts';
import { eventually } from '../../support/eventually.ts';
import {
  AS_ANVIL,
  AS_FORGE,
  AS_OPERATOR,
  AS_SCOUT,
  anEdge,
  anEvent,
  type Edge,
  type EdgeOptions,
  expectProblem,
} from './support.ts';

interface Follower {
  readonly response: IncomingMessage;
  /** Of the events, in order; the names of others in their place. */
  readonly seen: (number | string)[];
  /** The last id that the stream named. */
  lastId: string;
  ended: boolean;
  close(): void;
}

const open: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

async function aServer(options: EdgeOptions = {}) {
  const edge = await anEdge(options);
  const address = await edge.app.listen({ host: '127.0.0.1', port: 0 });
  open.push(() => edge.app.close());
  const commit = (...events: DomainEvent[]) => {
    edge.log.events.push(...events);
    edge.hub.publish(events);
  };
  return { ...edge, port: Number(new URL(address).port), commit };
}

interface Following {
  readonly as?: string;
  readonly query?: string;
  readonly lastId?: string;
}

async function follow(
  edge: Edge & { readonly port: number },
  { as = AS_FORGE, query = '', lastId }: Following = {},
): Promise<Follower> {
  const headers = {
    authorization: `Bearer ${as}`,
    ...(lastId === undefined ? {} : { 'last-event-id': lastId }),
  };
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const call = httpRequest(
    { host: '127.0.0.1', port: edge.port, path: `/v1/events${query}`, headers, agent: false },
    resolve,
  );
  call.on('error', reject).end();
  const response = await promise;
  expect(response.statusCode).toBe(200);
  const follower: Follower = { response, seen: [], lastId: '', ended: false, close: () => call.destroy() };
  open.push(follower.close);
  let rest = '';
  response.setEncoding('utf8').on('data', (chunk: string) => {
    const blocks = (rest + chunk).split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) note(follower, block);
  });
  response.on('end', () => {
    follower.ended = true;
  });
  response.on('error', () => {});
  await eventually(() => expect(follower.lastId).not.toBe(''));
  return follower;
}

function note(follower: Follower, block: string): void {
  const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1];
  follower.lastId = field('id') ?? follower.lastId;
  const data = field('data');
  if (data === undefined) return;
  const name = field('event') ?? '';
  follower.seen.push(
    name.startsWith('annona.') ? Number.parseInt(JSON.parse(data).id.split('_')[2], 36) : name,
  );
}

const upTo = (last: number, first = 1) => [...Array(last - first + 1).keys()].map((index) => first + index);

describe('the event stream', () => {
  it('declares itself as one, and carries the id of its call', async () => {
    const edge = await aServer();
    const { response } = await follow(edge);
    expect(response.headers).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-request-id': expect.stringMatching(/^call_/),
    });
  });

  it('resumes after the last id of the stream before, by header or by parameter', async () => {
    const edge = await aServer();
    const first = await follow(edge);
    edge.commit(anEvent(1), anEvent(2));
    await eventually(() => expect(first.seen).toEqual([1, 2]));
    first.close();
    await eventually(() => expect(edge.hub.streamCount()).toBe(0));
    edge.commit(anEvent(3), anEvent(4));
    const byHeader = await follow(edge, { lastId: first.lastId, query: '?after=ignored' });
    const byQuery = await follow(edge, { query: `?after=${first.lastId}` });
    edge.commit(anEvent(5));
    await eventually(() =>
      expect([byHeader.seen, byQuery.seen]).toEqual([
        [3, 4, 5],
        [3, 4, 5],
      ]),
    );
  });

  it('shows each caller only what they may see, live and resumed', async () => {
    const edge = await aServer();
    const start = (await follow(edge)).lastId;
    const owners = [{}, { agent: 'anvil-01' }, { department: 'sales', agent: 'scout-01' }];
    const callers = [AS_FORGE, AS_ANVIL, AS_SCOUT, 'department-head:research', AS_OPERATOR];
    const live = await Promise.all(callers.map((as) => follow(edge, { as })));
    edge.commit(...upTo(9).map((sequence) => anEvent(sequence, owners[sequence % 3])));
    const resumed = await Promise.all(callers.map((as) => follow(edge, { as, lastId: start })));
    const want = [[3, 6, 9], [1, 4, 7], [2, 5, 8], [1, 3, 4, 6, 7, 9], upTo(9)];
    await eventually(() => {
      expect(live.map(({ seen }) => seen)).toEqual(want);
      expect(resumed.map(({ seen }) => seen)).toEqual(want);
    });
  });

  it('filters by type and request', async () => {
    const edge = await aServer();
    const request = 'req_01m8445h5p9kntj5ba86d4hccz';
    const typed = await follow(edge, {
      query: '?type=annona.lease.granted.v1,annona.lease.released.v1&type=annona.lease.expired.v1',
    });
    const one = await follow(edge, { query: `?request=${request}` });
    const types = [
      'annona.lease.granted.v1',
      'annona.request.granted.v1',
      'annona.lease.released.v1',
      'annona.lease.expired.v1',
    ] as const;
    edge.commit(...types.map((type, index) => anEvent(index + 1, { type })), anEvent(5, { request }));
    await eventually(() => expect([typed.seen, one.seen]).toEqual([[1, 3, 4], [5]]));
  });

  it('sends a client that does not read away, and that client goes on without a gap', async () => {
    const edge = await aServer({ hub: { bufferBytesMax: 64 * 1024 } });
    const slow = await follow(edge);
    const quick = await follow(edge);
    slow.response.pause();
    const data = { padding: 'x'.repeat(100_000) };
    let last = 0;
    // Until what the kernel holds for the slow one is full too.
    while (edge.hub.streamCount() > 1 && last < 2000) {
      last += 1;
      edge.commit(anEvent(last, { data }));
      await eventually(() => expect(quick.seen.at(-1)).toBe(last));
    }
    slow.response.resume();
    await eventually(() => expect(slow.ended).toBe(true));
    const got = slow.seen.slice(0, -1);
    expect(slow.seen.at(-1)).toBe('resync');
    expect(got.length).toBeLessThan(last);
    const again = await follow(edge, { lastId: slow.lastId });
    await eventually(() => expect([...got, ...again.seen]).toEqual(upTo(last)));
    expect(quick.seen).toEqual(upTo(last));
  });

  it('serves two hundred streams, each its own events in order', async () => {
    const edge = await aServer();
    const agents = [AS_FORGE, AS_ANVIL];
    const streams = await Promise.all(
      [...Array(200).keys()].map((index) => follow(edge, { as: agents[index % 2] as string })),
    );
    for (let sequence = 1; sequence <= 1000; sequence += 10) {
      edge.commit(
        ...upTo(sequence + 9, sequence).map((each) =>
          anEvent(each, each % 2 === 0 ? {} : { agent: 'anvil-01' }),
        ),
      );
    }
    const [even, odd] = [
      upTo(1000).filter((each) => each % 2 === 0),
      upTo(1000).filter((each) => each % 2 === 1),
    ];
    await eventually(() => expect(streams.every(({ seen }) => seen.length === 500)).toBe(true));
    streams.forEach(({ seen }, index) => {
      expect(seen).toEqual(index % 2 === 0 ? even : odd);
    });
  });

  it('is refused when there is no room', async () => {
    const edge = await aServer({ hub: { streamsPerSubjectMax: 1 } });
    await follow(edge);
    const response = await edge.call({ method: 'GET', url: '/v1/events' });
    expectProblem(response, 'STREAMS_FULL');
    expect(response.headers['retry-after']).toBe('5');
  });

  it('ends when the server closes, which does not wait for its clients', async () => {
    const edge = await aServer();
    const follower = await follow(edge);
    await edge.app.close();
    await eventually(() => expect(follower.ended).toBe(true));
  });
});
