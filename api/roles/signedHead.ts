// Checking a signed head of the audit chain, for commands: they import no adapters themselves.

import { readFile } from 'node:fs/promises';
import type { JSONWebKeySet } from 'jose';
import { verifyHead } from '../../adapters/identity/headSigner.ts';
import type { AuditHead } from '../ports.ts';

type KeySet = { readonly keys: readonly object[] };

export function verifySignedHead(jws: string, keys: KeySet): Promise<AuditHead | null> {
  return verifyHead(jws, keys as JSONWebKeySet);
}

/** @throws when the file holds no JSON Web Key Set. */
export async function readKeySet(file: string): Promise<KeySet> {
  const found: unknown = JSON.parse(await readFile(file, 'utf8'));
  const held = found as { keys?: unknown };
  // What `annona audit head --json` prints has the set as a field.
  const set = Array.isArray(held.keys) ? held : (held.keys as { keys?: unknown } | undefined);
  if (!Array.isArray(set?.keys)) throw new Error(`${file} holds no JSON Web Key Set`);
  return set as KeySet;
}
