// The one real Kafka cluster of a test run, for a test file: shared with others, or alone to kill brokers of it.
// Invariant: what a file writes goes to topics of a cell of its own. A named cluster (KAFKA_BROKERS) is shared, and never killed.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { createInterface, type Interface } from 'node:readline';
import { inject } from 'vitest';
import type { KafkaAnswer, KafkaAsk } from './globalKafka.ts';
import { absenceOf } from './services.ts';

export interface SharedKafka {
  readonly brokers: readonly string[];
  /** Lets others have it. Call it at the end of the file. */
  leave(): Promise<void>;
}

export interface LentKafka extends SharedKafka {
  controller(): Promise<number>;
  kill(node: number): Promise<void>;
  start(node: number): Promise<void>;
}

/** Null where the cluster can be had; else the reason for the one skip. With CI set an absent one is a failure. */
export function clusterAbsence(how: 'shared' | 'alone' = 'shared'): string | null {
  return absenceOf('kafka', { own: how === 'alone' });
}

export async function shareKafka(): Promise<SharedKafka> {
  const named = process.env.KAFKA_BROKERS;
  if (named) return { brokers: named.split(','), leave: async () => {} };
  const { brokers, line } = await hold('shared');
  return { brokers, leave: () => line.close() };
}

/** Waits until nobody else has it. Start again what you killed before you leave. */
export async function lendKafka(): Promise<LentKafka> {
  const { brokers, line } = await hold('alone');
  return {
    brokers,
    leave: () => line.close(),
    controller: async () => (await line.ask({ type: 'controller' })).controller,
    kill: async (node) => void (await line.ask({ type: 'kill', node })),
    start: async (node) => void (await line.ask({ type: 'start', node })),
  };
}

async function hold(how: 'shared' | 'alone'): Promise<{ brokers: readonly string[]; line: Line }> {
  const line = new Line(connect(inject('kafkaPort'), '127.0.0.1'));
  const { brokers } = await line.ask({ type: 'hold', how });
  return { brokers, line };
}

/** One question at a time. */
class Line {
  readonly #socket: Socket;
  readonly #lines: Interface;

  constructor(socket: Socket) {
    this.#socket = socket;
    this.#lines = createInterface(socket);
  }

  async ask(ask: KafkaAsk): Promise<Extract<KafkaAnswer, { type: 'done' }>> {
    const answered = once(this.#lines, 'line');
    this.#socket.write(`${JSON.stringify(ask)}\n`);
    const [line] = (await answered) as [string];
    const answer = JSON.parse(line) as KafkaAnswer;
    if (answer.type === 'failed') throw new Error(answer.message);
    return answer;
  }

  async close(): Promise<void> {
    this.#lines.close();
    this.#socket.destroy();
  }
}
