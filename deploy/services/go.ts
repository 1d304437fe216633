// A program of a Go module, built by the `go` that is here, at the version that a go.mod of ours requires of that module.
// Invariant: what the tests ask is what the product compiles with; a raised go.mod raises both. Called by rows of table.ts.
// Modules and compiled packages stay in Go's own caches, which the compiler of policies fills with most of the same.
import { execFile } from 'node:child_process';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { InstallTarget } from './provide.ts';

const run = promisify(execFile);
/** OPA with nothing in the caches takes two minutes on two cores. */
const BUILD_MS = 600_000;

export interface GoProgram {
  readonly module: string;
  /** The go.mod that requires it. */
  readonly requiredBy: string;
}

export function fromGo({ module, requiredBy }: GoProgram): (target: InstallTarget) => Promise<void> {
  return async ({ folder, env }) => {
    const version = requiredVersion(await readFile(requiredBy, 'utf8'), module);
    const bin = join(folder, 'bin');
    await mkdir(bin, { recursive: true });
    try {
      await run('go', ['install', `${module}@${version}`], {
        // Outside of any module: a go.mod or vendor folder around would have a say.
        cwd: folder,
        env: { ...env, GOBIN: bin, GOFLAGS: '-buildvcs=false -trimpath' },
        timeout: BUILD_MS,
      });
    } catch (error) {
      const { code, stderr, message } = error as { code?: unknown; stderr?: string; message: string };
      if (code === 'ENOENT') throw new Error('there is no go here');
      throw new Error(`go: ${(stderr || message).trim().split('\n').at(-1)}`);
    }
  };
}

function requiredVersion(goMod: string, module: string): string {
  const line = goMod.split('\n').find((one) =>
    one
      .trim()
      .replace(/^require /, '')
      .startsWith(`${module} v`),
  );
  const version = line?.trim().split(' ').at(-1);
  if (!version) throw new Error(`go.mod requires no ${module}`);
  return version;
}
