// A signed bundle: what it was signed as is what is opened, and nothing else.
import { generateKeyPairSync } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  BUNDLE_BYTES_MAX,
  defaultBundle,
  newSigningKey,
  openSignedBundle,
  signBundle,
  trustedKeys,
} from '../../policies/node.ts';
import { vectors } from './support.ts';

const pair = newSigningKey();
const keys = trustedKeys(pair.publicKey);
let text: string;
beforeAll(async () => {
  text = signBundle({ bundle: await defaultBundle(), vectors, privateKey: pair.privateKey });
});

interface File {
  v: unknown;
  statement: string;
  signatures: { key: string; signature: string }[];
  module: string;
  vectors: string | null;
}

const parsed = (): File => JSON.parse(text);
const statementOf = (): Record<string, unknown> =>
  JSON.parse(Buffer.from(parsed().statement, 'base64').toString());
const base64 = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64');

async function refusal(file: object | string, trusted = keys): Promise<string> {
  try {
    await openSignedBundle(typeof file === 'string' ? file : JSON.stringify(file), trusted);
    return 'opened';
  } catch (error) {
    const { name, code } = error as { name: string; code: string };
    return name === 'PolicyRefused' ? code : String(error);
  }
}

/** Signed by the right key, whatever it says. */
async function signedStatement(changes: object): Promise<object> {
  const { bundle } = await openSignedBundle(text, keys);
  const manifest = { ...bundle.manifest, ...('manifest' in changes ? (changes.manifest as object) : {}) };
  const signed = JSON.parse(
    signBundle({ bundle: { ...bundle, manifest }, vectors, privateKey: pair.privateKey }),
  );
  return signed as object;
}

describe('a signed bundle', () => {
  it('is opened by the key that signed it, whole', async () => {
    const opened = await openSignedBundle(text, keys);
    const { wasm, manifest } = await defaultBundle();
    expect(new Uint8Array(opened.bundle.wasm)).toEqual(new Uint8Array(wasm));
    expect(opened).toMatchObject({ keyId: pair.id, vectors, bundle: { manifest } });
    expect(opened.sha256).toMatch(/^[0-9a-f]{64}$/);
  });

  it('may come without vectors', async () => {
    const bare = signBundle({
      bundle: await defaultBundle(),
      vectors: undefined,
      privateKey: pair.privateKey,
    });
    expect((await openSignedBundle(bare, keys)).vectors).toBeUndefined();
  });

  it('of the same parts is the same file', async () => {
    expect(signBundle({ bundle: await defaultBundle(), vectors, privateKey: pair.privateKey })).toBe(text);
  });

  it('is opened by any of several trusted keys', async () => {
    const other = newSigningKey();
    const both = trustedKeys(`${other.publicKey}${pair.publicKey}`);
    expect(await refusal(text, both)).toBe('opened');
  });
});

describe('is refused', () => {
  it.each<[string, string, () => object | string]>([
    ['that is no JSON', 'BUNDLE_MALFORMED', () => text.slice(0, -20)],
    ['that is a list', 'BUNDLE_MALFORMED', () => []],
    ['of another format', 'BUNDLE_VERSION_UNKNOWN', () => ({ ...parsed(), v: 2 })],
    ['without a signature', 'BUNDLE_UNSIGNED', () => ({ ...parsed(), signatures: [] })],
    ['with signatures of another shape', 'BUNDLE_UNSIGNED', () => ({ ...parsed(), signatures: {} })],
    ['with a signature that is a text', 'BUNDLE_MALFORMED', () => ({ ...parsed(), signatures: ['x'] })],
    [
      'with a forged signature',
      'BUNDLE_SIGNATURE_INVALID',
      () => ({ ...parsed(), signatures: [{ key: pair.id, signature: Buffer.alloc(64).toString('base64') }] }),
    ],
    [
      'whose statement was changed',
      'BUNDLE_SIGNATURE_INVALID',
      () => ({ ...parsed(), statement: base64({ ...statementOf(), contract: 1, extra: 1 }) }),
    ],
    [
      'whose rules were softened',
      'BUNDLE_SIGNATURE_INVALID',
      () => {
        const manifest = statementOf().manifest as { rules: { mode: string }[] };
        const rules = manifest.rules.map((rule) => ({ ...rule, mode: 'dryrun' }));
        return { ...parsed(), statement: base64({ ...statementOf(), manifest: { ...manifest, rules } }) };
      },
    ],
    [
      'whose module was changed',
      'BUNDLE_HASH_MISMATCH',
      () => {
        const module = Buffer.from(parsed().module, 'base64');
        module[module.length - 1] = (module.at(-1) ?? 0) ^ 1;
        return { ...parsed(), module: module.toString('base64') };
      },
    ],
    ['whose module is no base64', 'BUNDLE_MALFORMED', () => ({ ...parsed(), module: `${parsed().module} ` })],
    ['whose vectors were taken out', 'BUNDLE_MALFORMED', () => ({ ...parsed(), vectors: null })],
    [
      'whose vectors were changed',
      'BUNDLE_HASH_MISMATCH',
      () => ({ ...parsed(), vectors: base64({ ...vectors, cases: vectors.cases.slice(1) }) }),
    ],
    ['that is too large', 'BUNDLE_TOO_LARGE', () => ' '.repeat(BUNDLE_BYTES_MAX + 1)],
  ])('a file %s', async (_, code, file) => {
    expect(await refusal(file())).toBe(code);
  });

  it('a file by a key that nobody trusts, and it says which are', async () => {
    const other = newSigningKey();
    await expect(openSignedBundle(text, trustedKeys(other.publicKey))).rejects.toThrow(
      `BUNDLE_KEY_UNKNOWN: signed by ${pair.id}; trusted are ${other.id}`,
    );
    expect(await refusal(text, [])).toBe('BUNDLE_KEY_UNKNOWN');
  });

  it('a manifest of another version or revision, or with an entrypoint outside of its roots, however well signed', async () => {
    const resigned = await signedStatement({ manifest: { entrypoints: ['organisation/all'] } });
    expect(await refusal(resigned)).toBe('BUNDLE_ROOTS_INVALID');
    expect(await refusal(await signedStatement({ manifest: { v: 2 } }))).toBe('BUNDLE_MALFORMED');
    expect(await refusal(await signedStatement({ manifest: { revision: 'a'.repeat(64) } }))).toBe(
      'BUNDLE_HASH_MISMATCH',
    );
  });

  it('a key that is private, of another kind, or none', () => {
    expect(() => trustedKeys(pair.privateKey)).toThrow('private');
    expect(() => trustedKeys('no key')).toThrow('no key in PEM');
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
    expect(() => trustedKeys(rsa.publicKey.export({ type: 'spki', format: 'pem' }).toString())).toThrow(
      'rsa',
    );
  });
});
