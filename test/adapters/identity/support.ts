// A verifier over one known key and a small organisation, and tokens made by hand, so that attacks can bend every part of them.

import { createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import type { JSONWebKeySet } from 'jose';
import { createVerifier } from '../../../adapters/identity/verifier.ts';
import type { Identity } from '../../../api/ports.ts';
import type { Configuration } from '../../../scheduler/index.ts';

export const NOW = Date.UTC(2026, 10, 23, 9, 0, 0);
export const SECONDS = NOW / 1000;
export const ISSUER = 'https://issuer.example';
export const AUDIENCE = 'annona';

export const ed = generateKeyPairSync('ed25519');
export const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
export const stranger = generateKeyPairSync('ed25519');

export const KEYS: JSONWebKeySet = {
  keys: [
    { ...ed.publicKey.export({ format: 'jwk' }), kid: 'ed-1', alg: 'EdDSA' },
    { ...ec.publicKey.export({ format: 'jwk' }), kid: 'ec-1', alg: 'ES256' },
  ] as JSONWebKeySet['keys'],
};

export function organisation(
  agents: readonly (readonly [agent: string, department: string])[],
): Configuration {
  const departments = [{ id: 'research' }, { id: 'sales' }];
  return {
    departments,
    agents: agents.map(([id, department]) => ({ id, department })),
  } as unknown as Configuration;
}

export const REGISTERED = organisation([
  ['forge-01', 'research'],
  ['scout-01', 'sales'],
]);

export function aVerifier(
  over: { now?: () => number; configuration?: () => Configuration; keys?: JSONWebKeySet } = {},
): Promise<Identity> {
  return createVerifier({
    issuer: ISSUER,
    audience: AUDIENCE,
    keys: KEYS,
    now: () => NOW,
    configuration: () => REGISTERED,
    ...over,
  });
}

export const HEADER = { alg: 'EdDSA', kid: 'ed-1', typ: 'at+jwt' };
export const CLAIMS = {
  iss: ISSUER,
  aud: AUDIENCE,
  sub: 'forge-01',
  nbf: SECONDS,
  exp: SECONDS + 600,
  role: 'agent',
  department: 'research',
  agent: 'forge-01',
};

export const encode = (value: unknown) =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

/** Header and payload as JSON, or as the text that is given. */
export function token(
  header: unknown = HEADER,
  payload: unknown = CLAIMS,
  key: KeyObject | null = ed.privateKey,
): string {
  const input = `${encode(header)}.${encode(payload)}`;
  if (key === null) return `${input}.`;
  const signature =
    key.asymmetricKeyType === 'ec'
      ? sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' })
      : sign(null, Buffer.from(input), key);
  return `${input}.${signature.toString('base64url')}`;
}

export function hmacToken(header: unknown, secret: string | Buffer, payload: unknown = CLAIMS): string {
  const input = `${encode(header)}.${encode(payload)}`;
  return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
}
