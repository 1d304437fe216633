// The development key pair: made at the first start, kept in the data directory, readable by its owner alone.
// Invariant: one key per directory, whoever comes first; a key that others could read is refused, not used.
// Called by the single-process composition root and by `annona token`.

import { randomBytes } from 'node:crypto';
import { link, mkdir, open, readFile, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JSONWebKeySet, type JWK } from 'jose';

const FILE = 'signing-key.json';
const ALGORITHM = 'EdDSA';

export interface SigningKey {
  /** With its private part: never leaves the process. */
  readonly privateKey: JWK & { readonly kid: string; readonly alg: string };
  /** What a verifier needs. */
  readonly keys: JSONWebKeySet;
  readonly file: string;
}

export function loadOrCreateSigningKey(directory: string): Promise<SigningKey> {
  return loadOrCreateKey(directory, FILE);
}

/** Another key pair of the same kind, in a file of its own. */
export async function loadOrCreateKey(directory: string, name: string): Promise<SigningKey> {
  const file = join(directory, name);
  const found = await readKey(file);
  if (found) return found;
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await writeOnce(file, JSON.stringify(await makeKey()));
  const made = await readKey(file);
  if (!made) throw new Error(`${file}: vanished while it was being made`);
  return made;
}

async function makeKey(): Promise<JWK> {
  const { privateKey } = await generateKeyPair(ALGORITHM, { extractable: true });
  const jwk = await exportJWK(privateKey);
  return { ...jwk, alg: ALGORITHM, use: 'sig', kid: await calculateJwkThumbprint(jwk) };
}

/** Whole or not at all, and never over another's: two processes may start in one directory at once. */
export async function writeOnce(file: string, text: string): Promise<void> {
  const draft = `${file}.${randomBytes(6).toString('hex')}`;
  const handle = await open(draft, 'wx', 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  try {
    await link(draft, file);
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error; // the other process was first: its key is the key
  } finally {
    await unlink(draft);
  }
}

async function readKey(file: string): Promise<SigningKey | null> {
  const text = await readPrivate(file);
  if (text === null) return null;
  const jwk = parseKey(text);
  if (!jwk) throw new Error(`${file} holds no signing key: move it away, and the next start makes a new one`);
  const { d: _secret, ...publicKey } = jwk;
  return { privateKey: jwk, keys: { keys: [publicKey] }, file };
}

/** Null when there is none. @throws Error when others could read it. */
export async function readPrivate(file: string): Promise<string | null> {
  try {
    const { mode } = await stat(file);
    if ((mode & 0o077) !== 0) {
      throw new Error(
        `${file} can be read by others (mode ${(mode & 0o777).toString(8)}): run chmod 600 ${file}`,
      );
    }
    return await readFile(file, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return null;
    throw error;
  }
}

function parseKey(text: string): (JWK & { kid: string; alg: string }) | null {
  try {
    const jwk: JWK = JSON.parse(text);
    const { kty, crv, x, d, kid, alg } = jwk;
    const whole = kty === 'OKP' && crv === 'Ed25519' && x && d && kid && alg === ALGORITHM;
    return whole ? { ...jwk, kid, alg } : null;
  } catch {
    return null;
  }
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
