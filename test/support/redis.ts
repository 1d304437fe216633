// A Redis for tests: of their own, in memory, on a free port. Invariant: nothing is kept; what was started is killed.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { answers, freePorts, type OwnProcess, startOwn } from './ownProcess.ts';
import { absenceOf, requireProgram } from './services.ts';

export interface TestRedis {
  readonly url: string;
  /** Answers nothing until `resume`; connections stay open. */
  pause(): void;
  resume(): void;
  kill(): Promise<void>;
  /** After `kill`, on the same port, empty. */
  startAgain(): Promise<void>;
  /** As an operator's hand: FLUSHALL. */
  flush(): Promise<void>;
  stop(): Promise<void>;
}

/** Null where `startRedis` works; else the reason for the one skip. With CI set an absent one is a failure. */
export function redisAbsence(): string | null {
  return absenceOf('redis', { own: true });
}

/** Always one of its own, whatever REDIS_URL names: tests flush it, pause it and kill it. */
export async function startRedis(): Promise<TestRedis> {
  const directory = mkdtempSync(join(tmpdir(), 'annona-redis-'));
  const [port] = (await freePorts(1)) as [number];
  const url = `redis://127.0.0.1:${port}`;
  let own = await startOn(port, directory);
  const signal = (name: NodeJS.Signals) => void process.kill(-own.child.pid!, name);
  return {
    url,
    pause: () => signal('SIGSTOP'),
    resume: () => signal('SIGCONT'),
    kill: () => own.kill(),
    async startAgain() {
      own = await startOn(port, directory);
    },
    async flush() {
      const client = new Redis(url);
      await client.flushall();
      client.disconnect();
    },
    async stop() {
      await own.kill();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

async function startOn(port: number, directory: string): Promise<OwnProcess> {
  const log = join(directory, 'log');
  const options = ['--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', directory];
  const own = startOwn(requireProgram('redis'), ['--port', String(port), ...options], { log });
  try {
    await answers(own, () => ping(port));
  } catch (error) {
    const said = readFileSync(log, 'utf8');
    await own.kill();
    rmSync(directory, { recursive: true, force: true });
    throw new Error(`redis-server: ${(error as Error).message}\n${said}`);
  }
  return own;
}

function ping(port: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const socket = connect(port, '127.0.0.1', () => socket.write('PING\r\n'));
  socket.once('error', reject);
  socket.once('close', () => reject(new Error('closed')));
  socket.once('data', (answer) => {
    if (String(answer).startsWith('+PONG')) resolve();
    socket.destroy();
  });
  return promise;
}
