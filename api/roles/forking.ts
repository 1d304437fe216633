// What the forked processes of a server run under, for their memory's sake. Called by forkServer.ts, forkEdge.ts and forkSide.ts.
// Invariant: every flag of the parent goes along, those of a profiler or a debugger too, and its environment; each of ours stands once.

import type { ForkOptions } from 'node:child_process';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { environmentOfFork } from '../../adapters/system/environment.ts';

/**
 * MiB a half for objects that have just been made; up to three halves stay resident. `busy`: the processes that decide and that serve the edge.
 * What a tick makes outlives 8 MiB and is then copied twice: with 32, `bench:http` had a first Decision after 92 ms in the median of three runs by
 * turns, with 16 after 138, with 8 after 153. `quiet`: those that work now and then.
 */
const YOUNG_HALF_MIB = { busy: 32, quiet: 8 };

export function forkOptions(load: keyof typeof YOUNG_HALF_MIB): ForkOptions {
  const inherited = process.execArgv;
  const own = [`--max-semi-space-size=${YOUNG_HALF_MIB[load]}`, ...keepingCompiled()];
  return {
    serialization: 'advanced',
    execArgv: [...inherited, ...own.filter((flag) => !inherited.includes(flag))],
    env: environmentOfFork(),
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  };
}

/**
 * In a checkout each process would load the parser that takes the types out, which holds 40 MiB from then on. What has been compiled is kept with
 * the installed packages, and read instead; it is written once a process has all of its modules, as some are only ever killed. A built package
 * has no types.
 */
function keepingCompiled(): string[] {
  if (extname(import.meta.filename) === '.js') return [];
  const directory = JSON.stringify(
    fileURLToPath(new URL('../../node_modules/.cache/annona', import.meta.url)),
  );
  const script =
    `import{enableCompileCache,flushCompileCache}from"node:module";enableCompileCache(${directory});` +
    'setTimeout(flushCompileCache,5000).unref()';
  return [`--import=data:text/javascript,${encodeURIComponent(script)}`];
}
