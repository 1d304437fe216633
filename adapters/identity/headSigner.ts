// Signs heads of the audit chain with Ed25519. Invariant: the key is another than the one that tokens are signed with, and never leaves
// the process. Called by the composition root of the edge; `verifyHead` by the command that checks a chain.

import { CompactSign, compactVerify, createLocalJWKSet, importJWK, type JSONWebKeySet } from 'jose';
import type { AuditHead, HeadSigner } from '../../api/ports.ts';
import { loadOrCreateKey } from './signingKey.ts';

const FILE = 'audit-key.json';
const TYPE = 'annona-audit-head+jws';

export async function loadHeadSigner(directory: string): Promise<HeadSigner> {
  const { privateKey, keys } = await loadOrCreateKey(directory, FILE);
  const key = await importJWK(privateKey, privateKey.alg);
  return {
    keys,
    sign(head: AuditHead) {
      const payload = new TextEncoder().encode(JSON.stringify(head));
      const header = { alg: privateKey.alg, kid: privateKey.kid, typ: TYPE };
      return new CompactSign(payload).setProtectedHeader(header).sign(key);
    },
  };
}

/** The head that one of the keys has signed; null: none of them has. */
export async function verifyHead(jws: string, keys: JSONWebKeySet): Promise<AuditHead | null> {
  try {
    const { payload, protectedHeader } = await compactVerify(jws, createLocalJWKSet(keys), {
      algorithms: ['EdDSA'],
    });
    return protectedHeader.typ === TYPE ? JSON.parse(new TextDecoder().decode(payload)) : null;
  } catch {
    return null;
  }
}
