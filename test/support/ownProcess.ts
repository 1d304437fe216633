// A service of a test's own: started in a process group, which ends with the test's process, however that ends.
// Invariant: what was started is killed by its group, and nothing else is. Used by the starters of Redis, etcd and Kafka.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { createServer } from 'node:net';
import type { Program } from './services.ts';

export interface OwnProcess {
  readonly child: ChildProcess;
  /** Null while it runs; then how it ended. */
  ended(): string | null;
  /** SIGKILL to the group. Resolves when it is gone. */
  kill(): Promise<void>;
}

/**
 * The shell around it waits for the end of its input, which comes when whoever started it is gone, and then kills its group. A worker
 * that is killed would else leave its services behind.
 */
const GUARD = 'exec 3<&0; "$@" 3<&- </dev/null & own=$!; (read -r _ <&3; kill -9 0) & wait $own; kill -9 0';

export function startOwn(
  { path, env }: Program,
  args: readonly string[],
  { log, variables = {} }: { log: string; variables?: NodeJS.ProcessEnv },
): OwnProcess {
  const output = openSync(log, 'a');
  const child = spawn('sh', ['-c', GUARD, 'sh', path, ...args], {
    env: { ...env, ...variables },
    detached: true,
    stdio: ['pipe', output, output],
  });
  const ended = () => (child.exitCode ?? child.signalCode)?.toString() ?? null;
  return {
    child,
    ended,
    async kill() {
      if (ended() !== null) return;
      const gone = once(child, 'exit');
      process.kill(-child.pid!, 'SIGKILL');
      await gone;
    },
  };
}

/** Ports that were free just now, each once. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  const ports: number[] = [];
  for (const server of servers) {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    ports.push((server.address() as { port: number }).port);
  }
  for (const server of servers) {
    server.close();
    await once(server, 'close');
  }
  return ports;
}

/** Asks until it answers without an error. @throws when the process ended before. */
export async function answers<Answer>(own: OwnProcess, ask: () => Promise<Answer>): Promise<Answer> {
  for (;;) {
    const how = own.ended();
    if (how !== null) throw new Error(`it ended with ${how} before it answered`);
    try {
      return await ask();
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
