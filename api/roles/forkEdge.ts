// An edge process and a handle on it. The child ends with its parent (its IPC channel closes) or by `stop`. Called by edgeApart.ts.

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { EdgeOptions, FromEdge, Metrics, ToEdge } from './edgeMessages.ts';
import { forkOptions } from './forking.ts';
import { StartRefused } from './startRefused.ts';

export interface ForkedEdge {
  readonly url: string;
  readonly pid: number;
  /** Exit code, or the signal that ended it. */
  readonly gone: Promise<number | string | null>;
  /** Lost when the child is gone: all of it is in the database. */
  tell(message: ToEdge): void;
  stop(): Promise<void>;
}

export interface EdgeAsks {
  wake(): void;
  jobAdded(): void;
  metrics(): Promise<Metrics>;
}

/** The build writes it as JavaScript. */
const ENTRY = new URL('./edgeProcess.ts', import.meta.url);

/** @throws StartRefused, or with the child's own message, when it could not start. */
export async function forkEdge(options: EdgeOptions, asks: EdgeAsks): Promise<ForkedEdge> {
  const child = fork(ENTRY, [], forkOptions('busy'));
  const gone = once(child, 'exit').then(([code, signal]) => (code ?? signal) as number | string | null);
  const tell = (message: ToEdge): void => {
    // A channel that closes under the message is told by `gone`.
    if (child.connected) child.send(message, () => {});
  };
  child.on('message', (message: FromEdge) => {
    if (message.type === 'wake') asks.wake();
    if (message.type === 'jobAdded') asks.jobAdded();
    // A gauge that cannot be read fails the scrape, and not the process that decides.
    if (message.type === 'metrics')
      void asks
        .metrics()
        .catch(() => null)
        .then((metrics) => tell({ type: 'metrics', metrics }));
  });
  tell({ type: 'start', options });
  const url = await urlOf(child, gone);
  return {
    url,
    pid: child.pid as number,
    gone,
    tell,
    async stop() {
      tell({ type: 'stop' });
      await gone;
    },
  };
}

async function urlOf(child: ChildProcess, gone: Promise<number | string | null>): Promise<string> {
  const answered = new Promise<FromEdge>((resolve) => {
    child.on('message', (message: FromEdge) => {
      if (message.type === 'ready' || message.type === 'failed') resolve(message);
    });
  });
  const first = await Promise.race([answered, gone]);
  if (first === null || typeof first !== 'object') throw new Error(`it ended with ${first}`);
  if (first.type === 'ready') return first.url;
  await gone;
  if (first.type !== 'failed') throw new Error(`unexpected ${first.type}`);
  throw first.obstacle === null ? new Error(first.message) : new StartRefused(first.obstacle, first.message);
}
