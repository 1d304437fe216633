// Writes digests.json anew: `node test/golden/record.ts`, after a change that is meant to change decisions. The commit says why they changed.
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256 } from '../../adapters/system/digest.ts';
import { decideTickFile, parseTickFile, type TickFileAnswer } from '../../scheduler/index.ts';
import type { SolverService } from '../../solver/index.ts';
import { createInProcessSolver } from '../../solver/node.ts';

/** Decision digests of every tick file of this folder, by name. The solver stays open. */
export async function goldenDigests(
  solver: SolverService = createInProcessSolver(),
): Promise<Record<string, TickFileAnswer['digests']>> {
  const digests: Record<string, TickFileAnswer['digests']> = {};
  const names = (await readdir(import.meta.dirname)).filter((name) => name.endsWith('.tick.json')).sort();
  for (const name of names) {
    const parsed = parseTickFile(JSON.parse(await readFile(join(import.meta.dirname, name), 'utf8')));
    if (!parsed.ok) throw new Error(`${name}: ${JSON.stringify(parsed.problems)}`);
    digests[name] = (await decideTickFile(parsed.snapshot, { solver, digest: sha256 })).digests;
  }
  return digests;
}

if (import.meta.main) {
  await writeFile(join(import.meta.dirname, 'digests.json'), `${JSON.stringify(await goldenDigests(), null, 2)}\n`);
}
