// The key of a data directory under which secrets are kept: made at the first start, readable by its owner alone.
// Invariant: one key per directory, whoever comes first, as with the signing key beside it. Called by api/roles/secrets.ts.

import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { readPrivate, writeOnce } from './signingKey.ts';

const FILE = 'secret-key';
const TEXT = /^[A-Za-z0-9-]{1,32}:[A-Za-z0-9+/]{43}=$/;

/** "<id>:<base64 of 32 bytes>". */
export async function loadOrCreateSecretKey(directory: string): Promise<string> {
  const file = join(directory, FILE);
  const found = await readKey(file);
  if (found !== null) return found;
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await writeOnce(file, `own-${randomBytes(4).toString('hex')}:${randomBytes(32).toString('base64')}`);
  const kept = await readKey(file);
  if (kept === null) throw new Error(`${file}: vanished while it was being made`);
  return kept;
}

async function readKey(file: string): Promise<string | null> {
  const text = await readPrivate(file);
  if (text === null || TEXT.test(text)) return text;
  throw new Error(`${file} holds no key: move it away, and make the webhooks anew whose secrets it sealed`);
}
