// The `annona` command as a child process in a group of its own, as a shell runs it: what it said, and how it ended.
// Invariant: a command that a test leaves running is ended with its group, by the group that we made.

import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const ROOT = join(import.meta.dirname, '../../..');

export interface CommandProcess {
  readonly process: ChildProcess;
  out(): string;
  err(): string;
  /** Resolves once either stream has said it. */
  says(text: string | RegExp): Promise<void>;
  /** What a terminal's Ctrl-C sends: to the whole group. */
  interrupt(): void;
  /** Exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals | null>;
  /** SIGKILL to whatever is left of the group. */
  end(): void;
}

export function annona(...args: readonly string[]): CommandProcess {
  const child = spawn(process.execPath, [join(ROOT, 'api/cli/annona.js'), ...args], {
    cwd: ROOT,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const group = -(child.pid as number);
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk) => {
    out += chunk;
  });
  child.stderr.on('data', (chunk) => {
    err += chunk;
  });
  let running = true;
  const ended = new Promise<number | NodeJS.Signals | null>((resolve) =>
    child.on('close', (code, signal) => {
      running = false;
      resolve(code ?? signal);
    }),
  );
  return {
    process: child,
    out: () => out,
    err: () => err,
    async says(text) {
      while (!(typeof text === 'string' ? `${out}${err}`.includes(text) : text.test(`${out}${err}`))) {
        if (!running) throw new Error(`it ended without saying ${text}:\n${out}\n${err}`);
        await sleep(20);
      }
    },
    interrupt: () => void process.kill(group, 'SIGINT'),
    ended,
    end() {
      if (running) process.kill(group, 'SIGKILL');
    },
  };
}
