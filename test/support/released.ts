// The version before, as it was: its tree out of the history, run as a process of its own beside ours. Invariant: nothing of it is changed.
// Used by the test of an upgrade while the cell runs.

import { type ChildProcess, execFileSync, fork, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ServerOptions } from '../../api/roles/serverOptions.ts';

const ROOT = join(import.meta.dirname, '../..');
/** The last commit whose newest migration is 0014, and which knows no roles. A release moves it, and what is tested is that one step. */
export const RELEASED = '7a8a53d';

/** Null where the history holds it; else the reason for the one skip. */
export function releasedAbsence(): string | null {
  const found = spawnSync('git', ['cat-file', '-e', `${RELEASED}^{commit}`], { cwd: ROOT });
  return found.status === 0 ? null : `no git history with ${RELEASED} here`;
}

export interface Released {
  start(options: ServerOptions): Promise<ReleasedServer>;
  remove(): void;
}

export interface ReleasedServer {
  readonly url: string;
  /** SIGKILL. */
  kill(): Promise<void>;
}

export function unpackReleased(): Released {
  const directory = mkdtempSync(join(tmpdir(), 'annona-released-'));
  const tree = execFileSync('git', ['archive', RELEASED], { cwd: ROOT, maxBuffer: 256 * 1024 * 1024 });
  execFileSync('tar', ['-x', '-C', directory], { input: tree });
  symlinkSync(join(ROOT, 'node_modules'), join(directory, 'node_modules'));
  return {
    async start(options) {
      const entry = join(directory, 'api/roles/serverProcess.ts');
      const child = fork(entry, [], {
        serialization: 'advanced',
        stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      });
      child.send({ type: 'start', options });
      const url = await ready(child);
      return {
        url,
        async kill() {
          const gone = once(child, 'exit');
          child.kill('SIGKILL');
          await gone;
        },
      };
    },
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}

async function ready(child: ChildProcess): Promise<string> {
  const first = await Promise.race([once(child, 'message'), once(child, 'exit').then(() => null)]);
  const message = first?.[0] as { type: string; url?: string; message?: string } | undefined;
  if (message?.type !== 'ready') throw new Error(`the released version does not start: ${message?.message}`);
  return message.url!;
}
