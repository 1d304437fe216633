// An event stream read from the socket itself. Two thousand of them through `node:http` cost the generator more than all of its calls, and
// what it takes of the machine is missing in what it measures.
// Invariant: only what the server sends of itself is understood, a head and a body that ends with the connection; anything else is an error.
// Called by wire.ts.

import { connect, type Socket } from 'node:net';

export interface RawStream {
  readonly address: { readonly host: string; readonly port: number };
  readonly authorization: string;
  /** The body as it comes; the bytes are read into again afterwards. */
  readonly take: (bytes: Buffer, length: number) => void;
  readonly begun: (socket: Socket) => void;
}

const HEAD_END = '\r\n\r\n';
/** One for all: what is read is taken before anything else is. */
const bytes = Buffer.allocUnsafe(64 * 1024);

/** Null when the stream has begun; of a 503 the seconds after which to ask again. Rejects with any other answer. */
export function openStream({ address, authorization, take, begun }: RawStream): Promise<number | null> {
  return new Promise((resolve, reject) => {
    let head = '';
    let isOpen = false;
    const read = (length: number): void => {
      if (isOpen) {
        take(bytes, length);
        return;
      }
      head += bytes.toString('latin1', 0, length);
      const end = head.indexOf(HEAD_END);
      if (end < 0) return;
      const pauseSeconds = pauseOf(head.slice(0, end));
      if (pauseSeconds === null) {
        isOpen = true;
        begun(socket);
        const body = Buffer.from(head.slice(end + HEAD_END.length), 'latin1');
        take(body, body.length);
      } else socket.destroy();
      if (Number.isNaN(pauseSeconds)) reject(new Error(`a stream was answered: ${head}`));
      else resolve(pauseSeconds);
    };
    const onread = {
      buffer: bytes,
      callback: (length: number) => {
        read(length);
        return true;
      },
    };
    const socket = connect({ ...address, onread }, () =>
      socket.write(
        `GET /v1/events HTTP/1.1\r\nhost: ${address.host}:${address.port}\r\naccept: text/event-stream\r\nauthorization: ${authorization}${HEAD_END}`,
      ),
    );
    // Once the stream has begun, `close` follows and is counted.
    socket.on('error', reject);
    socket.on('close', () => reject(new Error(`a stream ended before it began: ${head}`)));
  });
}

/** Null: begun. NaN: neither that nor a refusal that says when to come again. */
function pauseOf(head: string): number | null {
  const [status = '', ...lines] = head.split('\r\n');
  const headers = new Map(
    lines.map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
  if (/^HTTP\/1\.1 200 /.test(status) && !headers.has('transfer-encoding')) return null;
  const pauseSeconds = Number(headers.get('retry-after'));
  return /^HTTP\/1\.1 503 /.test(status) && pauseSeconds > 0 ? pauseSeconds : Number.NaN;
}
