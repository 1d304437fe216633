// Holds one Kafka cluster for the whole test run: started for the first test file that asks, shared by those that write to it, and lent
// to one alone that kills brokers. Invariant: started at most once; a file that ends, however, gives back what it held; nothing is left.
// A file asks over a socket and holds for as long as the connection lasts (test/support/sharedKafka.ts).
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import type { TestProject } from 'vitest/node';
import { type KafkaCluster, startKafkaCluster } from './kafkaCluster.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    kafkaPort: number;
  }
}

export type KafkaAsk =
  | { readonly type: 'hold'; readonly how: 'shared' | 'alone' }
  | { readonly type: 'kill' | 'start'; readonly node: number }
  | { readonly type: 'controller' };

export type KafkaAnswer =
  | { readonly type: 'done'; readonly brokers: readonly string[]; readonly controller: number }
  | { readonly type: 'failed'; readonly message: string };

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const lender = new Lender(startKafkaCluster);
  const port = await lender.listen();
  project.provide('kafkaPort', port);
  return () => lender.close();
}

/** Exported for its test. `open` starts the cluster. */
export class Lender {
  readonly #open: () => Promise<KafkaCluster>;
  readonly #sockets = new Set<Socket>();
  readonly #server: Server;
  #cluster: Promise<KafkaCluster> | null = null;
  /** Ends when everybody before has given back: each shared holder, or the one that had it alone. */
  #free: Promise<unknown> = Promise.resolve();
  #shared: Promise<unknown>[] = [];

  constructor(open: () => Promise<KafkaCluster>) {
    this.#open = open;
    this.#server = createServer((socket) => this.#serve(socket));
  }

  async listen(): Promise<number> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return (this.#server.address() as { port: number }).port;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    const cluster = await this.#cluster?.catch(() => null);
    await cluster?.stop();
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket);
    const { promise: gone, resolve } = Promise.withResolvers<void>();
    socket.once('close', () => {
      this.#sockets.delete(socket);
      resolve();
    });
    const lines = createInterface(socket);
    // A worker that was killed resets the connection; that it closed is all there is to know. Readline passes it on.
    for (const one of [socket, lines]) one.on('error', () => {});
    lines.on('line', (line) => {
      void this.#answer(JSON.parse(line) as KafkaAsk, gone).then((answer) => {
        if (!socket.destroyed) socket.write(`${JSON.stringify(answer)}\n`);
      });
    });
  }

  async #answer(ask: KafkaAsk, gone: Promise<void>): Promise<KafkaAnswer> {
    try {
      if (ask.type === 'hold') await this.#hold(ask.how, gone);
      this.#cluster ??= this.#open();
      const cluster = await this.#cluster;
      if (ask.type === 'kill') await cluster.kill(ask.node);
      if (ask.type === 'start') await cluster.start(ask.node);
      const controller = ask.type === 'controller' ? cluster.controller() : -1;
      return { type: 'done', brokers: cluster.brokers, controller };
    } catch (error) {
      return { type: 'failed', message: (error as Error).message };
    }
  }

  /** In the order of asking: who waits to have it alone is not overtaken by others that share. */
  #hold(how: 'shared' | 'alone', gone: Promise<void>): Promise<unknown> {
    if (how === 'shared') {
      this.#shared.push(gone);
      return this.#free;
    }
    const before = Promise.all([this.#free, ...this.#shared]);
    this.#shared = [];
    this.#free = before.then(() => gone);
    return before;
  }
}
