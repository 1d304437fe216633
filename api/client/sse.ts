// Server-sent events as they come over the wire: chunks in, whole events out. Used by the client, the benches and the tests.
// Invariant: a chunk may end anywhere, also inside a multi-byte character; comments (heartbeats) and unknown fields are skipped.

export interface ServerSentEvent {
  readonly id: string | null;
  readonly event: string;
  readonly data: string;
}

/** Reads a stream of bytes to its end. `moved` hears every id as it is passed, also of blocks without data. */
export async function* parseServerSentEvents(
  chunks: AsyncIterable<Uint8Array>,
  moved: (id: string) => void = () => {},
): AsyncGenerator<ServerSentEvent> {
  const decoder = new TextDecoder();
  let rest = '';
  let held = '';
  for await (const chunk of chunks) {
    const text = held + decoder.decode(chunk, { stream: true });
    // At the end of a chunk it may be half of a line's end.
    held = text.endsWith('\r') ? '\r' : '';
    rest += text.slice(0, text.length - held.length).replace(/\r\n?/g, '\n');
    for (let end = rest.indexOf('\n\n'); end >= 0; end = rest.indexOf('\n\n')) {
      const { data, ...block } = parseBlock(rest.slice(0, end));
      rest = rest.slice(end + 2);
      if (data !== null) yield { ...block, data };
      // After the event: who leaves while it is handled has not had it.
      if (block.id !== null) moved(block.id);
    }
  }
}

type Block = Omit<ServerSentEvent, 'data'> & { readonly data: string | null };

function parseBlock(block: string): Block {
  let id: string | null = null;
  let event = 'message';
  const data: string[] = [];
  for (const line of block.split('\n')) {
    const colon = line.indexOf(':');
    if (colon <= 0) continue;
    const field = line.slice(0, colon);
    const value = line.slice(colon + 1).replace(/^ /, '');
    if (field === 'id') id = value;
    else if (field === 'event') event = value;
    else if (field === 'data') data.push(value);
  }
  return { id, event, data: data.length === 0 ? null : data.join('\n') };
}
