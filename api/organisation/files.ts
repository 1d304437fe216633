// Reads the YAML files of an organisation directory and its folders, in one order. Called by load.ts unless a reader is passed in.
// Invariant: a file that cannot be read is an entry with its fault, so that it is reported with everything else.

import { readdir, readFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { compareText } from './problem.ts';

export type OrganisationText =
  | { readonly file: string; readonly text: string }
  | { readonly file: string; readonly fault: string };

/** Files ending in .yaml or .yml, at any depth, names relative with forward slashes. No directory is an empty list. */
export async function readOrganisation(directory: string): Promise<readonly OrganisationText[]> {
  const names = await yamlFiles(directory);
  return Promise.all(
    names.map(async (file): Promise<OrganisationText> => {
      try {
        return { file, text: await readFile(join(directory, file), 'utf8') };
      } catch (error) {
        return { file, fault: `cannot be read: ${codeOf(error)}` };
      }
    }),
  );
}

async function yamlFiles(directory: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(directory, { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => !entry.isDirectory() && /\.ya?ml$/.test(entry.name))
      .map((entry) => relative(directory, join(entry.parentPath, entry.name)).split(sep).join('/'))
      .sort(compareText);
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(codeOf(error))) return [];
    throw error;
  }
}

/** The system's code; anything without one is a bug and is thrown on. */
function codeOf(error: unknown): string {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code;
  throw error;
}
