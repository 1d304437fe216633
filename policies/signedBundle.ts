// A bundle as one signed file: a statement over everything in it, its signatures (Ed25519), and what the statement names by digest.
// Invariants: nothing of the file is used before its signature by a trusted key is verified; the signature is over the very bytes that
// are then read, in the encoding of DSSE (github.com/secure-systems-lab/dsse, protocol.md), so that no other kind of document passes for
// one. Called through node.ts by api/cli/policy and api/roles.
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
  verify,
} from 'node:crypto';
import { type PolicyVectors, parseVectors } from './authoring/vectors.ts';
import { isRecord, type PolicyBundle, PolicyRefused, verifyBundle } from './bundle.ts';

/** A bundle of the default policies takes about 260 KB. */
export const BUNDLE_BYTES_MAX = 2 * 1024 * 1024;
/** The contract between host and policies that this version keeps: docs/policy-guide.md. */
export const CONTRACT_VERSION = 1;
const FORMAT_VERSION = 1;
const STATEMENT_TYPE = 'application/vnd.annona.policy-bundle.v1+json';
/** What a bundle may define; `organisation` is the host's. */
const ROOTS = ['annona'];
const SIGNATURES_MAX = 8;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

export interface TrustedKey {
  /** `keyIdOf`. */
  readonly id: string;
  readonly key: KeyObject;
}

export interface SignedBundle {
  readonly bundle: PolicyBundle;
  readonly vectors: PolicyVectors | undefined;
  /** The trusted key that signed it. */
  readonly keyId: string;
  /** Of the whole file. */
  readonly sha256: string;
}

export interface SigningParts {
  readonly bundle: PolicyBundle;
  readonly vectors: PolicyVectors | undefined;
  /** PEM, PKCS #8. */
  readonly privateKey: string;
}

/** PEM texts of a new Ed25519 pair, and the name of its public half. */
export function newSigningKey(): {
  readonly id: string;
  readonly privateKey: string;
  readonly publicKey: string;
} {
  const pair = generateKeyPairSync('ed25519');
  return {
    id: keyIdOf(pair.publicKey),
    privateKey: pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    publicKey: pair.publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  };
}

/** The public keys of a PEM file; it may hold several. Throws an Error that says what is wrong. */
export function trustedKeys(pem: string): TrustedKey[] {
  const blocks = pem.match(/-----BEGIN ([A-Z ]+)-----[^-]*-----END \1-----/g) ?? [];
  if (blocks.length === 0) throw new Error('it holds no key in PEM');
  return blocks.map((block) => {
    if (/PRIVATE/.test(block)) throw new Error('it holds a private key; a server needs the public one alone');
    const key = createPublicKey(block);
    if (key.asymmetricKeyType !== 'ed25519')
      throw new Error(`a key is ${key.asymmetricKeyType}, not ed25519`);
    return { id: keyIdOf(key), key };
  });
}

/** The first 32 hexadecimal digits of the SHA-256 over the public key as it stands in a certificate. */
export function keyIdOf(key: KeyObject): string {
  return sha256(key.export({ type: 'spki', format: 'der' })).slice(0, 32);
}

/** The text of the file. Throws an Error if the key is no Ed25519 private key. */
export function signBundle({ bundle, vectors, privateKey }: SigningParts): string {
  const key = createPrivateKey(privateKey);
  if (key.asymmetricKeyType !== 'ed25519')
    throw new Error(`the key is ${key.asymmetricKeyType}, not ed25519`);
  const attached = vectors === undefined ? null : Buffer.from(JSON.stringify(vectors));
  const statement = Buffer.from(
    JSON.stringify({
      v: FORMAT_VERSION,
      contract: CONTRACT_VERSION,
      revision: bundle.manifest.revision,
      roots: ROOTS,
      manifest: bundle.manifest,
      vectorsSha256: attached === null ? null : sha256(attached),
    }),
  );
  const file = {
    v: FORMAT_VERSION,
    statement: statement.toString('base64'),
    signatures: [
      {
        key: keyIdOf(createPublicKey(key)),
        signature: sign(null, encoded(statement), key).toString('base64'),
      },
    ],
    module: Buffer.from(bundle.wasm).toString('base64'),
    vectors: attached === null ? null : attached.toString('base64'),
  };
  return `${JSON.stringify(file)}\n`;
}

/** Everything that can be checked without running it. Throws PolicyRefused. */
export async function openSignedBundle(text: string, keys: readonly TrustedKey[]): Promise<SignedBundle> {
  if (Buffer.byteLength(text) > BUNDLE_BYTES_MAX)
    throw new PolicyRefused('BUNDLE_TOO_LARGE', `the file has more than ${BUNDLE_BYTES_MAX} bytes`);
  const file = fileOf(text);
  const statement = bytesOfBase64(file.statement, 'statement');
  const keyId = verifiedBy(statement, file.signatures, keys);
  const { manifest, vectorsSha256 } = statementOf(statement);
  const module = bytesOfBase64(file.module, 'module');
  const bundle = await verifyBundle({ wasm: new Uint8Array(module).buffer, manifest });
  return { bundle, vectors: vectorsOf(file.vectors, vectorsSha256), keyId, sha256: sha256(text) };
}

function fileOf(text: string): Record<string, unknown> {
  const file = jsonOf(text, 'the file');
  if (!isRecord(file)) throw malformed('the file is not an object');
  if (file.v !== FORMAT_VERSION) throw unknownVersion('format', file.v);
  return file;
}

function verifiedBy(statement: Buffer, signatures: unknown, keys: readonly TrustedKey[]): string {
  if (!Array.isArray(signatures) || signatures.length === 0)
    throw new PolicyRefused('BUNDLE_UNSIGNED', 'the file has no signature; annona policy sign makes one');
  if (signatures.length > SIGNATURES_MAX) throw malformed(`more than ${SIGNATURES_MAX} signatures`);
  const named: string[] = [];
  for (const one of signatures as unknown[]) {
    if (!isRecord(one) || typeof one.key !== 'string' || typeof one.signature !== 'string')
      throw malformed('a signature is not a key with a signature');
    named.push(one.key.slice(0, 64));
    const trusted = keys.find(({ id }) => id === one.key);
    if (!trusted) continue;
    if (verify(null, encoded(statement), trusted.key, bytesOfBase64(one.signature, 'signature')))
      return trusted.id;
    throw new PolicyRefused(
      'BUNDLE_SIGNATURE_INVALID',
      `the signature of key ${trusted.id} is not of this statement`,
    );
  }
  const known =
    keys.length === 0 ? 'none is trusted here' : `trusted are ${keys.map(({ id }) => id).join(', ')}`;
  throw new PolicyRefused('BUNDLE_KEY_UNKNOWN', `signed by ${named.join(', ')}; ${known}`);
}

function statementOf(bytes: Buffer): { manifest: unknown; vectorsSha256: unknown } {
  const statement = jsonOf(bytes.toString('utf8'), 'the statement');
  if (!isRecord(statement)) throw malformed('the statement is not an object');
  const { v, contract, revision, roots, manifest, vectorsSha256 } = statement;
  if (v !== FORMAT_VERSION) throw unknownVersion('format', v);
  if (contract !== CONTRACT_VERSION) throw unknownVersion('contract', contract);
  if (!isRecord(manifest)) throw malformed('the statement has no manifest');
  if (manifest.revision !== revision) throw malformed('statement and manifest name different revisions');
  if (!Array.isArray(roots) || roots.length === 0 || !roots.every((root) => ROOTS.includes(root as string)))
    throw new PolicyRefused('BUNDLE_ROOTS_INVALID', `roots must be among ${ROOTS.join(', ')}`);
  const { entrypoints } = manifest;
  const outside = Array.isArray(entrypoints)
    ? entrypoints.filter((name) => !roots.includes(String(name).split('/')[0] ?? ''))
    : [];
  if (outside.length > 0)
    throw new PolicyRefused('BUNDLE_ROOTS_INVALID', `${outside.join(', ')} is outside of the roots`);
  return { manifest, vectorsSha256 };
}

function vectorsOf(attached: unknown, digest: unknown): PolicyVectors | undefined {
  if (attached === null && digest === null) return undefined;
  const bytes = bytesOfBase64(attached, 'vectors');
  if (sha256(bytes) !== digest)
    throw new PolicyRefused('BUNDLE_HASH_MISMATCH', 'the vectors are not those that were signed');
  try {
    return parseVectors(jsonOf(bytes.toString('utf8'), 'the vectors'));
  } catch (error) {
    if (error instanceof PolicyRefused) throw error;
    throw malformed(error instanceof Error ? error.message : String(error));
  }
}

/** DSSE's pre-authentication encoding: the type and the length of what is signed are signed with it. */
function encoded(statement: Buffer): Buffer {
  const head = `DSSEv1 ${STATEMENT_TYPE.length} ${STATEMENT_TYPE} ${statement.length} `;
  return Buffer.concat([Buffer.from(head), statement]);
}

/** Node's decoder skips what is no base64, so that two texts would be one file. */
function bytesOfBase64(value: unknown, what: string): Buffer {
  if (typeof value !== 'string' || !BASE64.test(value)) throw malformed(`${what} is not base64`);
  return Buffer.from(value, 'base64');
}

function jsonOf(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw malformed(`${what} is not JSON`);
  }
}

function malformed(what: string): PolicyRefused {
  return new PolicyRefused('BUNDLE_MALFORMED', what);
}

function unknownVersion(what: string, found: unknown): PolicyRefused {
  const shown = typeof found === 'number' ? found : 'missing';
  return new PolicyRefused('BUNDLE_VERSION_UNKNOWN', `the ${what} version is ${shown}; this version takes 1`);
}

function sha256(bytes: Buffer | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}
