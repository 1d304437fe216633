// The package's own version, read once where it is asked for: from the checkout or from dist/, package.json stands above api/ either way.

import { readFileSync } from 'node:fs';

export function packageVersion(): string {
  for (const path of ['../package.json', '../../package.json']) {
    const text = readIfThere(new URL(path, import.meta.url));
    if (text !== null) return JSON.parse(text).version;
  }
  throw new Error('package.json not found above api/');
}

function readIfThere(file: URL): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}
