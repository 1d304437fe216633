// What a consumer of Kafka saw, asked from the process that is one. Invariant: it is a process of its own, so that reading slows no measuring; it ends with this one.
// Called by fullRun.ts.

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

export interface ConsumerStart {
  readonly brokers: readonly string[];
  readonly cell: string;
  readonly departments: readonly string[];
}

export type ToConsumer = { readonly type: 'collect' } | { readonly type: 'stop' };
/** `first`: request, and when its first Decision was consumed, in ms of the monotonic clock. */
export type FromConsumer =
  | { readonly type: 'started' }
  | { readonly type: 'consumed'; readonly first: readonly (readonly [string, number])[] };

export interface Consumer {
  /** Waits until all of them have come, or for half a minute. Times are those of `performance.now()` here. */
  consumed(requests: ReadonlySet<string>): Promise<ReadonlyMap<string, number>>;
  stop(): Promise<void>;
}

const PATIENCE_MS = 30_000;
const LOOK_MS = 500;

/** On topics that are there: joining a group would else wait for the first record of the last department. */
export async function startConsumer(start: ConsumerStart): Promise<Consumer> {
  const child = fork(new URL('./kafkaConsumer.ts', import.meta.url), [JSON.stringify(start)], {
    serialization: 'advanced',
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const gone = once(child, 'exit');
  await answerOf(child);
  // Of this process's clock: the monotonic one starts elsewhere.
  const offsetMs = performance.now() - Number(process.hrtime.bigint()) / 1e6;
  return {
    async consumed(requests) {
      const endMs = performance.now() + PATIENCE_MS;
      for (;;) {
        child.send({ type: 'collect' } satisfies ToConsumer);
        const answer = await answerOf(child);
        if (answer.type !== 'consumed') throw new Error(`unexpected ${answer.type}`);
        const first = new Map(answer.first.map(([request, atMs]) => [request, atMs + offsetMs]));
        if (requests.isSubsetOf(new Set(first.keys())) || performance.now() > endMs) return first;
        await sleep(LOOK_MS);
      }
    },
    async stop() {
      if (child.connected) child.send({ type: 'stop' } satisfies ToConsumer);
      await gone;
    },
  };
}

async function answerOf(child: ChildProcess): Promise<FromConsumer> {
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`the consumer ended with ${code}`);
  });
  const [message] = (await Promise.race([once(child, 'message'), ended])) as [FromConsumer];
  return message;
}
