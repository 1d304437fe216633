// A TCP proxy that cuts a line at a chosen moment: before a message reaches the server, while the server works on it, or when its
// answer is on the way; or falls silent without a cut. Invariant: every byte it lets through is unchanged. Used by the tests of lost replies.

import type { AddressInfo } from 'node:net';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** `beforeSend`: the server never sees it. `afterSend`: it is under way. `beforeReply`: it is done and its answer is lost. */
export type CutMoment = 'beforeSend' | 'afterSend' | 'beforeReply';

interface PlannedCut {
  readonly moment: CutMoment;
  readonly marker: Buffer;
  readonly done: () => void;
}

export class CutProxy {
  readonly #target: URL;
  readonly #server: Server;
  readonly #lines = new Set<Socket>();
  #planned: PlannedCut | null = null;
  #cuts = 0;
  #silent = false;

  private constructor(target: URL) {
    this.#target = target;
    this.#server = createServer((client) => this.#join(client));
  }

  static async before(databaseUrl: string): Promise<CutProxy> {
    const proxy = new CutProxy(new URL(databaseUrl));
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  /** The database's address with the proxy in front. */
  get url(): string {
    const url = new URL(this.#target);
    url.hostname = '127.0.0.1';
    url.port = String((this.#server.address() as AddressInfo).port);
    return url.href;
  }

  get cuts(): number {
    return this.#cuts;
  }

  /**
   * Cuts the next line whose client sends a message with this text in it (a statement's name, say). Resolves at the cut: a line that ends
   * otherwise before it, as its process may, leaves the cut to the next.
   */
  cutNext(moment: CutMoment, marker: string): Promise<void> {
    return new Promise((resolve) => {
      this.#planned = { moment, marker: Buffer.from(marker), done: resolve };
    });
  }

  /** From now on nothing comes through, either way, and nobody is told: to both ends the other is alive and says nothing. */
  silence(): void {
    this.#silent = true;
    for (const line of this.#lines) line.pause();
  }

  /** As `silence`, for the lines that there are: new ones come through. What a router does that forgot them. */
  forgetLines(): number {
    for (const line of this.#lines) line.pause();
    return this.#lines.size / 2;
  }

  /** What was held back comes through. */
  restore(): void {
    this.#silent = false;
    for (const line of this.#lines) line.resume();
  }

  async close(): Promise<void> {
    for (const line of this.#lines) line.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #join(client: Socket): void {
    const server = connect(Number(this.#target.port), this.#target.hostname);
    let cut: PlannedCut | null = null;
    const end = (): void => {
      this.#planned ??= cut;
      cut = null;
      client.destroy();
      server.destroy();
    };
    const cutNow = (planned: PlannedCut): void => {
      this.#cuts += 1;
      cut = null;
      end();
      planned.done();
    };
    client.on('data', (chunk) => {
      const planned = this.#planned;
      if (planned === null || !chunk.includes(planned.marker)) {
        server.write(chunk);
        return;
      }
      this.#planned = null;
      if (planned.moment === 'beforeSend') return cutNow(planned);
      if (planned.moment === 'beforeReply') cut = planned;
      server.write(chunk, () => {
        if (planned.moment === 'afterSend') cutNow(planned);
      });
    });
    server.on('data', (chunk) => {
      if (cut === null) client.write(chunk);
      else cutNow(cut);
    });
    for (const socket of [client, server]) {
      this.#lines.add(socket);
      if (this.#silent) socket.pause();
      socket.on('error', end);
      socket.on('close', () => {
        this.#lines.delete(socket);
        end();
      });
    }
  }
}
