// The policies that a simulation is run under: folders compiled once, by one compiler, or bundles as they were built. Invariant: by the names that
// tables show, unique and in the order asked for; `shipped` is what ships. Called by scenario.ts and history.ts.

import { relative } from 'node:path';
import type { PolicyBundle } from '../../../policies/index.ts';
import { policyCompiler } from '../../../policies/node.ts';
import { CommandError, type CommandIo, EXIT } from '../io.ts';
import { subjectAt } from '../policy/subject.ts';
import { SHIPPED } from './company.ts';

/** `shipped` has none here: it is loaded where it is used. */
export type Bundles = Readonly<Record<string, PolicyBundle | undefined>>;

/** `from`: what names of paths are shortened against. Throws a CommandError where one is no policy. */
export async function readBundles(paths: readonly string[], io: CommandIo, from: string): Promise<Bundles> {
  const bundles: Record<string, PolicyBundle | undefined> = {};
  if (paths.every((path) => path === SHIPPED)) return paths.length === 0 ? {} : { [SHIPPED]: undefined };
  const compiler = policyCompiler();
  try {
    for (const path of paths) {
      if (path === SHIPPED) {
        bundles[SHIPPED] = undefined;
        continue;
      }
      const subject = await subjectAt(path, { compiler }, io);
      if (subject === undefined) throw new CommandError(`${path}: no policy was made of it`, EXIT.usage);
      bundles[nameOf(path, from)] = subject.bundle;
    }
  } finally {
    await compiler.close();
  }
  return bundles;
}

export function nameOf(path: string, from: string): string {
  return path === SHIPPED ? path : relative(from, path) || '.';
}
