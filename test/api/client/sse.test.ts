// Server-sent events, cut anywhere: the same events come out.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseServerSentEvents, type ServerSentEvent } from '../../../api/client/index.ts';

async function* inChunks(bytes: Uint8Array, sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  let from = 0;
  for (let i = 0; from < bytes.length; i += 1) {
    const size = sizes.length === 0 ? bytes.length : (sizes[i % sizes.length] as number);
    yield bytes.subarray(from, from + size);
    from += size;
  }
}

async function parsed(text: string, sizes: readonly number[] = []): Promise<ServerSentEvent[]> {
  const events: ServerSentEvent[] = [];
  for await (const event of parseServerSentEvents(inChunks(new TextEncoder().encode(text), sizes)))
    events.push(event);
  return events;
}

describe('a stream of server-sent events', () => {
  it('is the same wherever its chunks end, also inside a character', async () => {
    const line = fc.string({ unit: 'grapheme' }).map((text) => text.replace(/[\r\n]/g, ' '));
    const event = fc.record({
      id: line.filter((id) => !id.startsWith(' ')),
      event: fc.constantFrom('a.b', 'resync'),
      data: line,
    });
    const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(fc.array(event, { maxLength: 6 }), sizes, async (events, chunks) => {
        const text = events
          .map(({ id, event, data }) => `id: ${id}\nevent: ${event}\ndata: ${data}\n\n`)
          .join('');
        expect(await parsed(text, chunks)).toEqual(events);
      }),
    );
  });

  it('skips comments, blocks without data and fields that it does not know', async () => {
    const text =
      ': heartbeat\nid: p1\n\nretry: 2000\n\nid: p2\nevent: x\nretry: 1\ncolour: red\ndata: {"a":1}\n\n';
    expect(await parsed(text)).toEqual([{ id: 'p2', event: 'x', data: '{"a":1}' }]);
  });

  it('joins lines of data, and knows an event without a name as a message', async () => {
    expect(await parsed('data: one\ndata: two\n\n')).toEqual([
      { id: null, event: 'message', data: 'one\ntwo' },
    ]);
  });

  it('keeps a second space, which belongs to the data', async () => {
    expect(await parsed('data:  x\n\n')).toEqual([{ id: null, event: 'message', data: ' x' }]);
  });

  it('does not take a field for another that begins the same', async () => {
    expect(await parsed('identity: no\neventual: no\ndatabase: no\ndata: yes\n\n')).toEqual([
      { id: null, event: 'message', data: 'yes' },
    ]);
  });

  it('does not yield an event that was cut off', async () => {
    expect(await parsed('data: whole\n\ndata: half')).toEqual([
      { id: null, event: 'message', data: 'whole' },
    ]);
  });

  it('reads lines that end with carriage returns', async () => {
    expect(await parsed('id: p1\r\nevent: x\r\ndata: 1\r\n\r\ndata: 2\r\n\r\n', [3])).toEqual([
      { id: 'p1', event: 'x', data: '1' },
      { id: null, event: 'message', data: '2' },
    ]);
  });
});
