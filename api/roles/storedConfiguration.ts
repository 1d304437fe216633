// The organisation that a server of this directory last served, kept beside its data so that `annona token` needs no running server.

import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Configuration } from '../../scheduler/index.ts';

const FILE = 'organisation.json';

export async function storedConfiguration(directory: string): Promise<Configuration | null> {
  try {
    return JSON.parse(await readFile(join(directory, FILE), 'utf8'));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}

export async function keepConfiguration(directory: string, configuration: Configuration): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await writeFile(join(directory, FILE), JSON.stringify(configuration), { mode: 0o600 });
}
