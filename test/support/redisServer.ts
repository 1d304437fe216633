// A Redis for tests: redis-server from PATH or `npm run services`, on a free port of loopback, with nothing on disk.
// Invariant: what was started is killed by its pid. A named REDIS_URL is not used: tests kill, pause and flush what they are given.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { Redis } from 'ioredis';
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

/** Null where Redis tests can run; else the reason for the one skip. With CI set an absent server is a failure. */
export function redisAbsence(): string | null {
  return absenceOf('redis', { own: true });
}

export async function startTestRedis(): Promise<TestRedis> {
  const port = await freePort();
  const url = `redis://127.0.0.1:${port}`;
  let child = await startOn(port);
  const kill = () => end(child);
  return {
    url,
    pause: () => void child.kill('SIGSTOP'),
    resume: () => void child.kill('SIGCONT'),
    kill,
    async startAgain() {
      child = await startOn(port);
    },
    async flush() {
      const client = new Redis(url);
      await client.flushall();
      client.disconnect();
    },
    stop: kill,
  };
}

async function startOn(port: number): Promise<ChildProcess> {
  const { path, env } = requireProgram('redis');
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
  const child = spawn(path, args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  await new Promise<void>((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`redis-server ended with ${code}: ${said}`)));
    child.stdout!.on('data', (chunk: Buffer) => {
      said += chunk;
      if (/ready to accept connections/i.test(said)) resolve();
    });
  });
  return child;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}
