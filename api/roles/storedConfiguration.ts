// The organisation that a server of this directory last served, kept beside its data so that `annona token` needs no running server.
// Invariant: one file a cell where the organisation has several, so that the cells of one process do not overwrite each other.

import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Configuration } from '../../scheduler/index.ts';

const FILE = 'organisation.json';
const OF_CELL = /^organisation\.[a-z0-9.-]+\.json$/;

/** Of several cells their departments and agents together; the rest is the first cell's. Null: none was kept. */
export async function storedConfiguration(directory: string): Promise<Configuration | null> {
  const files = await filesIn(directory);
  const read = async (file: string): Promise<Configuration> =>
    JSON.parse(await readFile(join(directory, file), 'utf8'));
  const [first, ...others] = await Promise.all(files.map(read));
  if (first === undefined) return null;
  const all = [first, ...others];
  return {
    ...first,
    departments: all.flatMap(({ departments }) => departments),
    agents: all.flatMap(({ agents }) => agents),
  };
}

async function filesIn(directory: string): Promise<string[]> {
  try {
    const names = await readdir(directory);
    return names.includes(FILE) ? [FILE] : names.filter((name) => OF_CELL.test(name)).sort();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}

export async function keepConfiguration(directory: string, configuration: Configuration): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const file = configuration.cells === undefined ? FILE : `organisation.${configuration.cell}.json`;
  await writeFile(join(directory, file), JSON.stringify(configuration), { mode: 0o600 });
}
