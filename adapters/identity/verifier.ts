// Bearer tokens: JWS with pinned algorithms, issuer, audience, type and keys (RFC 8725), checked by jose.
// Invariant: no key ever comes from the token; what is not exactly as expected is refused, and a refusal says which kind.
// Made by the composition roots, asked by api/http for every call.

import { createHash } from 'node:crypto';
import { type CryptoKey, errors, importJWK, type JSONWebKeySet, type JWK, jwtVerify } from 'jose';
import type { Identity, IdentityRefusal, Principal } from '../../api/ports.ts';
import type { Configuration, Instant } from '../../scheduler/index.ts';
import { checkMembership, membershipSource, readClaims } from './claims.ts';

/** RFC 9068: an access token says that it is one, so that an ID token of the same issuer is not taken for it. */
export const TOKEN_TYPE = 'at+jwt';
/** EdDSA and ES256 verify in well under 0.2 ms; RS256 took 0.18 ms on one core and invites RS-to-HS confusion. */
export const TOKEN_ALGORITHMS = ['EdDSA', 'Ed25519', 'ES256'] as const;
const TOKEN_BYTES_MAX = 8 * 1024;
/** Between the issuer's clock and ours. */
const CLOCK_TOLERANCE_SECONDS = 5;
/** 20,000 agents; at about 500 bytes a principal the cache stays under 10 MB. */
const CACHE_ENTRIES_MAX = 20_000;
/** Only these; a header that brings a key, a URL, `crit` or compression is refused before any cryptography. */
const HEADERS_ALLOWED = new Set(['alg', 'typ', 'kid']);

export interface VerifierOptions {
  readonly issuer: string;
  readonly audience: string;
  /** Public keys, each with `kid` and `alg`. */
  readonly keys: JSONWebKeySet;
  readonly configuration: () => Configuration;
  readonly now: () => Instant;
}

interface PinnedKey {
  readonly algorithm: string;
  readonly key: CryptoKey;
}

type Checked =
  | { readonly ok: true; readonly principal: Principal }
  | { readonly ok: false; readonly refusal: IdentityRefusal };

/** Throws when a key of the set is unusable: a start must not succeed with a key that can never verify. */
export async function createVerifier(options: VerifierOptions): Promise<Identity> {
  const keys = await importKeys(options.keys);
  const membership = membershipSource(options.configuration);
  const cache = new Map<string, Principal>();
  return {
    async verify(bearer) {
      // Latin-1 is what headers are; a longer token is refused before it is hashed.
      if (bearer.length > TOKEN_BYTES_MAX) return refuse('malformed');
      const hash = createHash('sha256').update(bearer).digest('base64');
      let principal = cache.get(hash);
      if (principal === undefined || principal.expiresAt <= options.now()) {
        cache.delete(hash);
        const checked = await checkToken(bearer, { ...options, pinned: keys });
        if (!checked.ok) return checked;
        principal = checked.principal;
        remember(cache, hash, principal);
      }
      const stranger = checkMembership(principal, membership());
      return stranger === null ? { ok: true, principal } : refuse(stranger);
    },
  };
}

/** Oldest out first: tokens live for about as long as each other, so age is close enough to use. */
function remember(cache: Map<string, Principal>, hash: string, principal: Principal): void {
  if (cache.size >= CACHE_ENTRIES_MAX) {
    const oldest = cache.keys().next();
    if (!oldest.done) cache.delete(oldest.value);
  }
  cache.set(hash, principal);
}

async function importKeys(set: JSONWebKeySet): Promise<ReadonlyMap<string, PinnedKey>> {
  const pinned = new Map<string, PinnedKey>();
  for (const jwk of set.keys) {
    const name = jwk.kid ?? '(no kid)';
    if (!jwk.kid || pinned.has(jwk.kid)) throw new Error(`key ${name}: each key needs a kid of its own`);
    if (!jwk.alg || !TOKEN_ALGORITHMS.some((algorithm) => algorithm === jwk.alg)) {
      throw new Error(`key ${name}: alg must be one of ${TOKEN_ALGORITHMS.join(', ')}`);
    }
    if (jwk.kty === 'oct' || 'd' in jwk)
      throw new Error(`key ${name}: only public keys belong into the key set`);
    pinned.set(jwk.kid, { algorithm: jwk.alg, key: await importPublicKey(jwk) });
  }
  if (pinned.size === 0) throw new Error('the key set holds no key');
  return pinned;
}

async function importPublicKey(jwk: JWK): Promise<CryptoKey> {
  const key = await importJWK(jwk, jwk.alg);
  if (key instanceof Uint8Array) throw new Error(`key ${jwk.kid}: a shared secret is no public key`);
  return key;
}

interface CheckContext extends VerifierOptions {
  readonly pinned: ReadonlyMap<string, PinnedKey>;
}

async function checkToken(token: string, context: CheckContext): Promise<Checked> {
  const header = readHeader(token);
  if (header === null) return refuse('malformed');
  const pinned = context.pinned.get(header.kid);
  if (!pinned || pinned.algorithm !== header.alg) return refuse('forged');
  try {
    const { payload } = await jwtVerify(token, pinned.key, {
      algorithms: [pinned.algorithm],
      issuer: context.issuer,
      audience: context.audience,
      typ: TOKEN_TYPE,
      requiredClaims: ['exp', 'nbf', 'iss', 'aud', 'sub'],
      clockTolerance: CLOCK_TOLERANCE_SECONDS,
      currentDate: new Date(context.now()),
    });
    const principal = readClaims(payload);
    return principal ? { ok: true, principal } : refuse('malformed');
  } catch (error) {
    return refuse(refusalOf(error));
  }
}

/** Three canonical base64url parts and a plain header, or null. Canonical, so that one token has one spelling and one hash. */
function readHeader(token: string): { readonly alg: string; readonly kid: string } | null {
  const parts = token.split('.');
  if (parts.length !== 3 || !parts.every(isCanonical)) return null;
  try {
    const header: unknown = JSON.parse(Buffer.from(parts[0] ?? '', 'base64url').toString('utf8'));
    if (typeof header !== 'object' || header === null || Array.isArray(header)) return null;
    if (!Object.keys(header).every((name) => HEADERS_ALLOWED.has(name))) return null;
    const { alg, typ, kid } = header as Record<string, unknown>;
    if (typeof alg !== 'string' || typeof kid !== 'string' || typ !== TOKEN_TYPE) return null;
    return { alg, kid };
  } catch {
    return null; // not JSON: malformed like the others
  }
}

function isCanonical(part: string): boolean {
  return part.length > 0 && Buffer.from(part, 'base64url').toString('base64url') === part;
}

function refusalOf(error: unknown): IdentityRefusal {
  if (error instanceof errors.JWTExpired) return 'expired';
  if (error instanceof errors.JWTClaimValidationFailed) {
    if (error.reason !== 'check_failed') return 'malformed';
    if (error.claim === 'aud') return 'wrongAudience';
    return error.claim === 'nbf' ? 'expired' : 'forged';
  }
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'forged';
  if (error instanceof errors.JOSEError) return 'malformed';
  throw error;
}

function refuse(refusal: IdentityRefusal): Checked {
  return { ok: false, refusal };
}
