// The generator's end of the wire: calls over one pool of kept connections, and event streams over a connection each.
// Invariant: no call is repeated; a broken stream is counted, never reopened, so that a loss cannot hide. A stream that an overloaded server
// refuses before it begins is asked for again when the server said, and counted. Called by the benches.

import { Agent, type IncomingMessage, request } from 'node:http';
import type { Socket } from 'node:net';
import { StringDecoder } from 'node:string_decoder';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventSplitter, type OnEvent } from './eventSplitter.ts';
import { openStream } from './rawStream.ts';

/** Calls under way at once at 1,000 a second and 20 ms are 20; three times that leaves room without a connection a call. */
const CONNECTIONS_MAX = 64;
/** Streams opened at once: more would only fill the server's accept queue. */
const OPENING_MAX = 32;
/** A stream is asked for this often before the bench gives up: a server that starts on a busy machine refuses for seconds. */
const OPEN_TRIES_MAX = 60;

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
  readonly streams: { open: number; broken: number; refused: number; bytes: number };
  close(): void;
}

export function createWire(baseUrl: string): Wire {
  const { hostname, port } = new URL(baseUrl);
  const calls = new Agent({ keepAlive: true, maxSockets: CONNECTIONS_MAX, scheduling: 'fifo' });
  const sockets = new Set<Socket>();
  const streams = { open: 0, broken: 0, refused: 0, bytes: 0 };
  let closing = false;

  const tryToOpen = ({ authorization, onEvent }: StreamWish): Promise<number | null> =>
    openStream({
      address: { host: hostname, port: Number(port) },
      authorization,
      take: counting(streams, onEvent),
      begun: (socket) => {
        streams.open += 1;
        sockets.add(socket);
        socket.on('close', () => {
          sockets.delete(socket);
          streams.open -= 1;
          if (!closing) streams.broken += 1;
        });
      },
    });

  const open = (wish: StreamWish): Promise<void> => untilTaken(() => tryToOpen(wish), streams);

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
      for (const socket of sockets) socket.destroy();
    },
  };
}

async function untilTaken(
  tryToOpen: () => Promise<number | null>,
  streams: { refused: number },
): Promise<void> {
  for (let tries = 1; tries <= OPEN_TRIES_MAX; tries += 1) {
    const pauseSeconds = await tryToOpen();
    if (pauseSeconds === null) return;
    streams.refused += 1;
    await sleep(pauseSeconds * 1000);
  }
  throw new Error(`a stream was refused ${OPEN_TRIES_MAX} times: the server is overloaded`);
}

/** One wire over several servers: calls and streams go to them in turn. */
export function createSpreadWire(baseUrls: readonly string[]): Wire {
  const wires = baseUrls.map(createWire);
  let turn = 0;
  const next = (): Wire => {
    turn = (turn + 1) % wires.length;
    return wires[turn]!;
  };
  const sum = (name: 'open' | 'broken' | 'refused' | 'bytes'): number =>
    wires.reduce((all, { streams }) => all + streams[name], 0);
  return {
    get streams() {
      return { open: sum('open'), broken: sum('broken'), refused: sum('refused'), bytes: sum('bytes') };
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

function counting(
  streams: { bytes: number },
  onEvent: OnEvent | undefined,
): (bytes: Buffer, length: number) => void {
  if (onEvent === undefined)
    return (_bytes, length) => {
      streams.bytes += length;
    };
  const take = eventSplitter(onEvent);
  const decoder = new StringDecoder('utf8');
  return (bytes, length) => {
    streams.bytes += length;
    take(decoder.write(bytes.subarray(0, length)));
  };
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
