// Events come out whole, wherever the chunks were cut.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { eventSplitter } from '../../bench/eventSplitter.ts';

const TEXT = [
  'retry: 2000\nid: a\n\n',
  'id: b\nevent: annona.request.granted.v1\ndata: {"request":"req_1"}\n\n',
  ': heartbeat\nid: c\n\n',
  'id: d\nevent: annona.lease.granted.v1\ndata: {"lease":"lse_1"}\n\n',
].join('');
const WANT_EVENTS = [
  ['annona.request.granted.v1', '{"request":"req_1"}'],
  ['annona.lease.granted.v1', '{"lease":"lse_1"}'],
];

function split(chunks: readonly string[]): string[][] {
  const events: string[][] = [];
  const take = eventSplitter((type, data) => void events.push([type, data]));
  for (const chunk of chunks) take(chunk);
  return events;
}

describe('the splitter', () => {
  it('skips what carries no event', () => {
    expect(split([TEXT])).toEqual(WANT_EVENTS);
  });

  it('finds the same events however the text is cut', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(TEXT.length), { maxLength: 12 }), (cuts) => {
        const at = [0, ...cuts.sort((a, b) => a - b), TEXT.length];
        const chunks = at.slice(1).map((end, i) => TEXT.slice(at[i], end));
        expect(split(chunks)).toEqual(WANT_EVENTS);
      }),
    );
  });

  it('keeps an event that is not complete', () => {
    expect(split([TEXT.slice(0, -1)])).toEqual(WANT_EVENTS.slice(0, 1));
  });
});
