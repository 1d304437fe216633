// The generator's end of the wire: calls over one pool of kept connections, and event streams over a connection each.
// Invariant: nothing is retried; a broken stream is counted, never reopened, so that a loss cannot hide. Called by the benches.

import { Agent, type IncomingMessage, request } from 'node:http';
import { eventSplitter, type OnEvent } from './eventSplitter.ts';

/** Calls under way at once at 1,000 a second and 20 ms are 20; three times that leaves room without a connection a call. */
const CONNECTIONS_MAX = 64;
/** Streams opened at once: more would only fill the server's accept queue. */
const OPENING_MAX = 32;

export interface Answer {
  readonly status: number;
  readonly text: string;
}

export interface StreamWish {
  readonly authorization: string;
  /** Absent: the bytes are counted and thrown away. */
  readonly onEvent?: OnEvent;
}

export interface Wire {
  /** A status of 0 is a call that broke; the text says how. */
  post(call: { path: string; authorization: string; body: string }, done: (answer: Answer) => void): void;
  /** Resolves when every stream has begun. */
  openStreams(wishes: readonly StreamWish[]): Promise<void>;
  readonly streams: { open: number; broken: number; bytes: number };
  close(): void;
}

export function createWire(baseUrl: string): Wire {
  const { hostname, port } = new URL(baseUrl);
  const calls = new Agent({ keepAlive: true, maxSockets: CONNECTIONS_MAX, scheduling: 'fifo' });
  const longLived = new Agent({ keepAlive: false, maxSockets: Number.POSITIVE_INFINITY });
  const streams = { open: 0, broken: 0, bytes: 0 };
  let closing = false;

  const open = ({ authorization, onEvent }: StreamWish): Promise<void> =>
    new Promise((resolve, reject) => {
      const headers = { authorization, accept: 'text/event-stream' };
      const call = request({ hostname, port, path: '/v1/events', agent: longLived, headers });
      call.on('error', reject);
      call.on('response', (response) => {
        if (response.statusCode !== 200) {
          collect(response, ({ status, text }) =>
            reject(new Error(`a stream was answered ${status}: ${text}`)),
          );
          return;
        }
        streams.open += 1;
        response.on('close', () => {
          streams.open -= 1;
          if (!closing) streams.broken += 1;
        });
        response.on('error', () => {}); // `close` follows and counts it
        follow(response, { streams, onEvent });
        resolve();
      });
      call.end();
    });

  return {
    streams,
    post({ path, authorization, body }, done) {
      const headers = {
        authorization,
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
      };
      const call = request({ hostname, port, path, method: 'POST', agent: calls, headers });
      call.on('error', (error) => done({ status: 0, text: error.message }));
      call.on('response', (response) => collect(response, done));
      call.end(body);
    },
    async openStreams(wishes) {
      const waiting = wishes.values();
      const opener = async (): Promise<void> => {
        for (const wish of waiting) await open(wish);
      };
      await Promise.all(Array.from({ length: OPENING_MAX }, opener));
    },
    close() {
      closing = true;
      calls.destroy();
      longLived.destroy();
    },
  };
}

/** One wire over several servers: calls and streams go to them in turn. */
export function createSpreadWire(baseUrls: readonly string[]): Wire {
  const wires = baseUrls.map(createWire);
  let turn = 0;
  const next = (): Wire => {
    turn = (turn + 1) % wires.length;
    return wires[turn]!;
  };
  const sum = (name: 'open' | 'broken' | 'bytes'): number =>
    wires.reduce((all, { streams }) => all + streams[name], 0);
  return {
    get streams() {
      return { open: sum('open'), broken: sum('broken'), bytes: sum('bytes') };
    },
    post: (call, done) => next().post(call, done),
    async openStreams(wishes) {
      const shares = wires.map((_, i) => wishes.filter((_wish, at) => at % wires.length === i));
      await Promise.all(wires.map((wire, i) => wire.openStreams(shares[i]!)));
    },
    close() {
      for (const wire of wires) wire.close();
    },
  };
}

function follow(
  response: IncomingMessage,
  { streams, onEvent }: { streams: { bytes: number }; onEvent: OnEvent | undefined },
): void {
  if (onEvent === undefined) {
    response.on('data', (chunk: Buffer) => {
      streams.bytes += chunk.length;
    });
    return;
  }
  const take = eventSplitter(onEvent);
  response.setEncoding('utf8');
  response.on('data', (chunk: string) => {
    streams.bytes += chunk.length;
    take(chunk);
  });
}

function collect(response: IncomingMessage, done: (answer: Answer) => void): void {
  let text = '';
  response.setEncoding('utf8');
  response.on('data', (chunk: string) => {
    text += chunk;
  });
  response.on('end', () => done({ status: response.statusCode ?? 0, text }));
  response.on('error', (error) => done({ status: 0, text: error.message }));
}
