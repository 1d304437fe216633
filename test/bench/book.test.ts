// The book knows when each request was first decided, also when the stream is faster than the answer, and finds what got lost.
import { describe, expect, it } from 'vitest';
import { Book, type Told } from '../../bench/book.ts';
import { conservationOf } from '../../bench/conservation.ts';

const SENT = { scheduledMs: 0, sentMs: 1, scarceUnits: 0, holdMs: 0, authorization: '' };

function told(request: string, outcome: string, atMs = 5): Told {
  return { type: `annona.${outcome}.v1` as Told['type'], atMs, request, lease: null, data: {} };
}

function aBook() {
  const leases: string[] = [];
  const book = new Book((_, { type }) => void leases.push(type));
  return { book, leases };
}

const rows = (...stored: readonly (readonly [id: string, state: string])[]) => ({
  query: async <Row>() => stored.map(([id, state]) => ({ id, state })) as Row[],
});

describe('the book', () => {
  it('keeps the first Decision and the last state', () => {
    const { book } = aBook();
    const entry = book.enter(SENT);
    book.accepted(entry, { id: 'a', atMs: 2 });
    book.tell(told('a', 'request.waiting', 5));
    expect(book.waiting).toBe(1);
    book.tell(told('a', 'request.granted', 9));
    expect(entry).toMatchObject({ decidedMs: 5, state: 'granted', answeredMs: 2 });
    expect([book.waiting, book.undecided]).toEqual([0, 0]);
  });

  it('holds events that overtook the answer, in order', () => {
    const { book, leases } = aBook();
    const entry = book.enter(SENT);
    book.tell(told('a', 'request.granted', 5));
    book.tell(told('a', 'lease.granted', 5));
    expect(book.strangers()).toEqual(['a']);
    book.accepted(entry, { id: 'a', atMs: 8 });
    expect(entry).toMatchObject({ decidedMs: 5, state: 'granted' });
    expect(leases).toEqual(['annona.lease.granted.v1']);
    expect([book.strangers(), book.undecided]).toEqual([[], 0]);
  });
});

describe('the conservation', () => {
  it('finds nothing lost where book and database agree', async () => {
    const { book } = aBook();
    book.accepted(book.enter(SENT), { id: 'a', atMs: 2 });
    book.tell(told('a', 'request.denied'));
    book.enter(SENT).refusal = '429 full';
    const found = await conservationOf(rows(['a', 'denied']), book);
    expect(found).toMatchObject({
      sent: 2,
      refused: 1,
      accepted: 1,
      unanswered: 0,
      lost: 0,
      states: { denied: 1 },
    });
  });

  it.each([
    ['has no row', [], { lost: 1 }],
    ['is still queued', [['a', 'queued']], { lost: 1 }],
    ['is in another state than the stream told', [['a', 'waiting']], { lost: 0, disagreements: 1 }],
    [
      'came with one that nobody sent',
      [
        ['a', 'granted'],
        ['b', 'granted'],
      ],
      { lost: 0, strangers: 1 },
    ],
  ] as const)('tells of a request that %s', async (_, stored, want) => {
    const { book } = aBook();
    book.accepted(book.enter(SENT), { id: 'a', atMs: 2 });
    book.tell(told('a', 'request.granted'));
    expect(await conservationOf(rows(...stored), book)).toMatchObject(want);
  });

  it('counts an accepted request as lost when its stream never told a Decision', async () => {
    const { book } = aBook();
    book.accepted(book.enter(SENT), { id: 'a', atMs: 2 });
    expect(await conservationOf(rows(['a', 'granted']), book)).toMatchObject({ lost: 1 });
  });

  it('counts a call without any answer', async () => {
    const { book } = aBook();
    book.enter(SENT);
    expect(await conservationOf(rows(), book)).toMatchObject({ sent: 1, unanswered: 1 });
  });
});
