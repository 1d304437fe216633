// A sender that connects with its first records and starts over after a failure, for as long as it is wanted.
// Invariant: what a broker refuses for good starts nothing over; every other failure throws the connection away. Called by publisher.ts, and by
// composition roots through the door.

import type { OutgoingRecord, RecordSender } from './client.ts';
import { refusalOf } from './refusal.ts';

export class RestartingSender {
  readonly #newSender: () => RecordSender;
  #sender: Promise<RecordSender> | null = null;

  constructor(newSender: () => RecordSender) {
    this.#newSender = newSender;
  }

  /** Resolves when all are acknowledged by all replicas in sync. @throws what the client said. */
  async send(records: readonly OutgoingRecord[]): Promise<void> {
    try {
      const sender = await this.#connected();
      await sender.send(records);
    } catch (error) {
      if (refusalOf(error) === null) await this.#startOver();
      throw error;
    }
  }

  async close(): Promise<void> {
    const starting = this.#sender;
    this.#sender = null;
    // One that could not start has nothing to end, and whoever waited for it was told.
    const sender = await starting?.catch(() => null);
    await sender?.close();
  }

  /** Not when made: a broker that is down then is like one that dies later. */
  #connected(): Promise<RecordSender> {
    this.#sender ??= this.#start();
    return this.#sender;
  }

  async #start(): Promise<RecordSender> {
    const sender = this.#newSender();
    try {
      await sender.connect();
      return sender;
    } catch (error) {
      await sender.close().catch(() => undefined);
      throw error;
    }
  }

  /**
   * A sender that has failed is thrown away. kafkajs can stay in "Broker not connected" for good when a broker accepted its connection
   * and did not answer the first request: the pool counts the connection and never asks again.
   */
  async #startOver(): Promise<void> {
    await this.close().catch(() => undefined);
  }
}
