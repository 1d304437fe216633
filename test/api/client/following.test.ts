// Following events: resumed where it broke, each event once, and an end only where going on makes no sense.
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createClient, type EventsOptions } from '../../../api/client/index.ts';
import {
  eventText,
  problem,
  type StubAnswer,
  type StubServer,
  stream,
  stubServer,
} from '../../support/stubServer.ts';

let stub: StubServer;
beforeEach(async () => {
  stub = await stubServer();
});
afterEach(() => stub.close());

const text = (place: string, id: string) => eventText(place, { type: 'x', id });
const places = () => stub.heard.map(({ headers }) => headers['last-event-id']);

/** The ids of so many events; then the signal. */
async function follow(count: number, options: EventsOptions = {}): Promise<string[]> {
  const leaving = new AbortController();
  const client = createClient({ baseUrl: stub.url, token: () => `token-${stub.heard.length}` });
  const ids: string[] = [];
  for await (const event of client.events({ ...options, signal: leaving.signal })) {
    ids.push(`${event.id}@${event.place}`);
    if (ids.length === count) leaving.abort();
  }
  return ids;
}

it('goes on behind the last place, also one that only a heartbeat moved to, with a fresh token each time', async () => {
  const first = `id: p0\n\n${text('p1', 'a')}: heartbeat\nid: p7\n\n`;
  stub.on('GET /v1/events', stream(first, 'end'), stream(text('p8', 'b'), 'break'), stream(text('p9', 'c')));
  expect(await follow(3)).toEqual(['a@p1', 'b@p8', 'c@p9']);
  expect(places()).toEqual([undefined, 'p7', 'p8']);
  expect(stub.heard.map(({ headers }) => headers.authorization)).toEqual([
    'Bearer token-0',
    'Bearer token-1',
    'Bearer token-2',
  ]);
});

it('does not tell an event twice, whatever comes again', async () => {
  const again = `${text('p1', 'a')}${text('p2', 'b')}`;
  stub.on('GET /v1/events', stream(again, 'end'), stream(`${again}${text('p3', 'c')}`));
  expect(await follow(3, { after: 'p0' })).toEqual(['a@p1', 'b@p2', 'c@p3']);
  expect(places()).toEqual(['p0', 'p2']);
});

it('forgets ids that are long past: its memory is bounded', async () => {
  const many = Array.from({ length: 10_001 }, (_, at) => text(`p${at}`, `e${at}`)).join('');
  stub.on(
    'GET /v1/events',
    stream(`${many}${text('again', 'e0')}${text('again', 'e10000')}${text('last', 'z')}`),
  );
  const ids = await follow(10_003);
  expect(ids.slice(-2)).toEqual(['e0@again', 'z@last']);
});

it('begins where a resync sends it, at once', async () => {
  stub.on(
    'GET /v1/events',
    stream('id: p5\nevent: resync\ndata: {"after":"p3"}\n\n', 'end'),
    stream(text('p4', 'd')),
  );
  expect(await follow(1)).toEqual(['d@p4']);
  expect(places()).toEqual([undefined, 'p3']);
});

it('waits for a server that has no room, and throws what waiting does not mend', async () => {
  const full: StubAnswer = (response, heard) =>
    problem(503, 'STREAMS_FULL', 'full')(response.setHeader('retry-after', '0'), heard);
  stub.on('GET /v1/events', full, full, stream(text('p1', 'a')));
  expect(await follow(1)).toEqual(['a@p1']);
  stub.on('GET /v1/events', problem(400, 'QUERY_INVALID', 'no such type'));
  await expect(follow(1)).rejects.toMatchObject({ code: 'QUERY_INVALID' });
});

it('ends silently when nobody listens any more', async () => {
  stub.on('GET /v1/events', stream('id: p0\n\n'));
  const leaving = new AbortController();
  const client = createClient({ baseUrl: stub.url, token: 't' });
  const moved = (): void => leaving.abort();
  const told: unknown[] = [];
  for await (const event of client.events({ signal: leaving.signal, moved })) told.push(event);
  expect(told).toEqual([]);
});
