// Makes development tokens with the development key: what `annona token` prints and the tests and benches carry.
// Invariant: it makes only what the verifier accepts; a production issuer stands outside and never uses this.

import { importJWK, SignJWT } from 'jose';
import type { AgentId, DepartmentId, Instant, Role } from '../../scheduler/index.ts';
import type { SigningKey } from './signingKey.ts';
import { TOKEN_TYPE } from './verifier.ts';

export interface TokenRequest {
  readonly key: SigningKey['privateKey'];
  readonly issuer: string;
  readonly audience: string;
  readonly subject: string;
  readonly role: Role;
  readonly department: DepartmentId;
  /** Wanted for role `agent`, and for no other. */
  readonly agent?: AgentId;
  readonly now: Instant;
  readonly validSeconds: number;
}

export async function mintToken(request: TokenRequest): Promise<string> {
  const { key, role, department, agent } = request;
  if ((role === 'agent') !== (agent !== undefined))
    throw new Error('a token of role agent names its agent; no other role does');
  const issuedAt = Math.floor(request.now / 1000);
  return new SignJWT({ role, department, ...(agent === undefined ? {} : { agent }) })
    .setProtectedHeader({ alg: key.alg, kid: key.kid, typ: TOKEN_TYPE })
    .setIssuer(request.issuer)
    .setAudience(request.audience)
    .setSubject(request.subject)
    .setIssuedAt(issuedAt)
    .setNotBefore(issuedAt)
    .setExpirationTime(issuedAt + request.validSeconds)
    .sign(await importJWK(key, key.alg));
}
