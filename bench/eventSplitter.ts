// Server-sent events out of chunks, as lean as a bench needs them: the type and the data of each, nothing else.
// Invariant: a chunk may end anywhere; heartbeats and fields that the bench does not use are skipped. Called by wire.ts.

export type OnEvent = (type: string, data: string) => void;

/** One function a stream: give it the chunks in order. 600 pull parsers would cost the generator more than what it measures. */
export function eventSplitter(onEvent: OnEvent): (chunk: string) => void {
  let rest = '';
  return (chunk) => {
    rest = rest === '' ? chunk : rest + chunk;
    let start = 0;
    for (let end = rest.indexOf('\n\n'); end >= 0; end = rest.indexOf('\n\n', start)) {
      split(rest.slice(start, end), onEvent);
      start = end + 2;
    }
    rest = start === rest.length ? '' : rest.slice(start);
  };
}

function split(block: string, onEvent: OnEvent): void {
  let type = '';
  let data = '';
  for (const line of block.split('\n')) {
    if (line.startsWith('event: ')) type = line.slice(7);
    else if (line.startsWith('data: ')) data = line.slice(6);
  }
  if (type !== '' && data !== '') onEvent(type, data);
}
