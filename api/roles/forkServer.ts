// A server process and a handle on it: how the trace replay, the benches and the crash rigs get one.
// Invariant: the child ends with its parent (its IPC channel closes) or by `stop`; `kill` is for crash rigs, by its own pid.

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { forkOptions } from './forking.ts';
import type { FromServer, ToServer } from './serverMessages.ts';
import type { ServerOptions, ServerStats } from './serverOptions.ts';

export interface ForkedServer {
  readonly url: string;
  readonly databaseUrl: string;
  readonly databasePid: number | null;
  readonly edgePid: number | null;
  readonly pid: number;
  stats(): Promise<ServerStats>;
  stop(): Promise<void>;
  /** SIGKILL: nothing is put in order. Resolves when the process is gone. */
  kill(): Promise<void>;
}

/** The build writes it as JavaScript. */
const ENTRY = new URL('./serverProcess.ts', import.meta.url);

/** Rejects with the server's own message when it could not start. */
export async function forkServer(options: ServerOptions): Promise<ForkedServer> {
  const child = fork(ENTRY, [], forkOptions('busy'));
  const gone = once(child, 'exit');
  const say = (message: ToServer): void => void child.send(message);
  say({ type: 'start', options });
  const ready = await answer(child, (message) => message.type === 'ready' || message.type === 'failed');
  if (ready.type === 'failed') throw new Error(ready.message);
  if (ready.type !== 'ready') throw new Error(`unexpected ${ready.type}`);
  return {
    url: ready.url,
    databaseUrl: ready.databaseUrl,
    databasePid: ready.databasePid,
    edgePid: ready.edgePid,
    pid: child.pid as number,
    async stats() {
      const told = answer(child, (message) => message.type === 'stats');
      say({ type: 'stats' });
      const message = await told;
      if (message.type !== 'stats') throw new Error(`unexpected ${message.type}`);
      return message.stats;
    },
    async stop() {
      if (child.exitCode === null && child.signalCode === null) say({ type: 'stop' });
      await gone;
    },
    async kill() {
      child.kill('SIGKILL');
      await gone;
    },
  };
}

function answer(child: ChildProcess, wanted: (message: FromServer) => boolean): Promise<FromServer> {
  return new Promise((resolve, reject) => {
    const onMessage = (message: FromServer): void => {
      if (!wanted(message)) return;
      child.off('message', onMessage);
      child.off('exit', onExit);
      resolve(message);
    };
    const onExit = (code: number | null): void => reject(new Error(`the server process ended with ${code}`));
    child.on('message', onMessage);
    child.once('exit', onExit);
  });
}
