// Processes that come to the same digests or not: at full speed, at half, on another runtime, across a restart of the solver.
// Invariant: every process started here has ended when its promise settles. Used by test/solver/determinism.*.ts.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

const ROOT = join(import.meta.dirname, '../..');
const SCRIPT = join(ROOT, 'test/solver/children/hardDigests.ts');

export interface DigestProcess {
  /** The executable of Node. */
  readonly runtime: string;
  readonly count: number;
  readonly solver: 'inProcess' | 'restarted';
  readonly speed: 'full' | 'half';
}

export interface Digests {
  /** The runtime's version. */
  readonly node: string;
  /** Of the n-th hard tick. */
  readonly hard: readonly string[];
  /** Of ticks that start from what one before them left. */
  readonly warm: readonly string[];
  /** Of all golden ticks. */
  readonly golden: string;
}

/** Stopped for so long, then running for so long: a processor that has something else to do every other moment. */
const TURN_MS = 25;

export async function digestsOf({ runtime, count, solver, speed }: DigestProcess): Promise<Digests> {
  const child = spawn(runtime, [SCRIPT, String(count), solver], { stdio: ['ignore', 'pipe', 'pipe'] });
  let isStopped = false;
  const turns = setInterval(() => {
    isStopped = speed === 'half' && !isStopped;
    if (speed === 'half') child.kill(isStopped ? 'SIGSTOP' : 'SIGCONT');
  }, TURN_MS);
  try {
    const [out, err, [code]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, 'exit') as Promise<[number | null]>,
    ]);
    if (code !== 0) throw new Error(`${runtime} ended with ${code}: ${err}`);
    return JSON.parse(out);
  } finally {
    clearInterval(turns);
    child.kill('SIGKILL');
  }
}

export type Runtime = { readonly path: string } | { readonly missing: string };

/** The oldest line of Node that package.json admits, in one fixed version. */
const OTHER_VERSION = '22.23.3';

/** Fetched once by npm, into the folder that git does not see. */
export function otherRuntime(): Runtime {
  const home = join(ROOT, '.annona/node22');
  const name = `node-${process.platform}-${process.arch}`;
  const path = join(home, 'node_modules', name, 'bin/node');
  if (!existsSync(path)) {
    mkdirSync(home, { recursive: true });
    const asked = [
      'install',
      '--no-save',
      '--no-audit',
      '--no-fund',
      '--prefix',
      home,
      `${name}@${OTHER_VERSION}`,
    ];
    const { status, stderr } = spawnSync('npm', asked, { encoding: 'utf8' });
    if (status !== 0)
      return { missing: `npm has no ${name}@${OTHER_VERSION} here: ${stderr.split('\n')[0]}` };
  }
  const { stdout } = spawnSync(path, ['--version'], { encoding: 'utf8' });
  return stdout.trim() === `v${OTHER_VERSION}` ? { path } : { missing: `${path} does not run` };
}
