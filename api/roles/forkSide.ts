// The process that runs side jobs and delivers webhooks: forked, and forked again when it dies. Invariant: that it is away stops those and nothing
// else, and loses none of them. Called by worker.ts.

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { Timers } from '../../scheduler/index.ts';
import { type Background, inBackground } from './background.ts';
import { forkOptions } from './forking.ts';
import type { FromSide, SideOptions, ToSide } from './sideMessages.ts';

/** The build writes it as JavaScript. */
const ENTRY = new URL('./sideProcess.ts', import.meta.url);
const AGAIN_MS = 1000;

export interface SideParts {
  readonly options: SideOptions;
  readonly timers: Timers;
  readonly log: (line: string) => void;
}

export function startSide({ options, timers, log }: SideParts): Background {
  let child: ChildProcess | null = null;
  const tell = (message: ToSide): void => {
    if (child?.connected) child.send(message, () => {});
  };
  return inBackground(async (signal) => {
    while (!signal.aborted) {
      child = fork(ENTRY, [], forkOptions('quiet'));
      child.on('message', (message: FromSide) => {
        if (message.type === 'failed') log(`the process of side jobs does not start: ${message.message}`);
      });
      const gone = once(child, 'exit');
      tell({ type: 'start', options });
      const stop = (): void => tell({ type: 'stop' });
      signal.addEventListener('abort', stop, { once: true });
      const [code, by] = await gone;
      if (signal.aborted) return;
      log(`the process of side jobs ended with ${by ?? code}; starting it again`);
      await timers.sleep(AGAIN_MS, signal);
    }
  });
}
