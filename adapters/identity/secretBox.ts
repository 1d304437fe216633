// Secrets that are kept in the database, sealed under a key that is not: AES-256-GCM (NIST SP 800-38D), with the key's name for rotation.
// Invariant: what was sealed for one place opens for no other, and nothing but what was sealed opens at all. Made by the composition roots: the
// edge seals, who delivers opens.

import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

/** Before it: the version, so that another cipher can follow. Whoever looks at a row sees at once that it is no plain secret. */
const PREFIX = 'sealed.v1';
const CIPHER = 'aes-256-gcm';
const KEY_BYTES = 32;
/** Random: at most 2^32 messages a key, which no count of webhooks comes near. */
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

export interface SecretKey {
  /** Letters, digits and dashes. */
  readonly id: string;
  /** 32 bytes. */
  readonly key: Uint8Array;
}

/** The text is not one that these keys sealed for this place. */
export class SecretUnreadable extends Error {
  override name = 'SecretUnreadable';
}

export class SecretBox {
  readonly #keys: ReadonlyMap<string, Uint8Array>;
  readonly #first: SecretKey;

  /** The first key seals; each opens what it sealed. @throws RangeError when a key is not of 32 bytes, or there is none. */
  constructor(keys: readonly SecretKey[]) {
    const [first] = keys;
    if (first === undefined) throw new RangeError('a box needs a key');
    for (const { id, key } of keys)
      if (key.length !== KEY_BYTES)
        throw new RangeError(`key ${id} has ${key.length} bytes, not ${KEY_BYTES}`);
    this.#first = first;
    this.#keys = new Map(keys.map(({ id, key }) => [id, key]));
  }

  /** `place`: table, row and column, by which a text that was moved elsewhere is told. */
  seal(secret: string, place: string): string {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(CIPHER, this.#first.key, nonce);
    cipher.setAAD(Buffer.from(`${PREFIX}.${this.#first.id}|${place}`));
    const sealed = Buffer.concat([nonce, cipher.update(secret, 'utf8'), cipher.final(), cipher.getAuthTag()]);
    return `${PREFIX}.${this.#first.id}.${sealed.toString('base64url')}`;
  }

  /** @throws SecretUnreadable */
  open(text: string, place: string): string {
    const { id, bytes } = partsOf(text);
    const key = this.#keys.get(id);
    if (key === undefined) throw new SecretUnreadable(`it is sealed under the key ${id}, which is not here`);
    const decipher = createDecipheriv(CIPHER, key, bytes.subarray(0, NONCE_BYTES), {
      authTagLength: TAG_BYTES,
    });
    decipher.setAAD(Buffer.from(`${PREFIX}.${id}|${place}`));
    decipher.setAuthTag(bytes.subarray(bytes.length - TAG_BYTES));
    const sealed = bytes.subarray(NONCE_BYTES, bytes.length - TAG_BYTES);
    try {
      return Buffer.concat([decipher.update(sealed), decipher.final()]).toString('utf8');
    } catch {
      throw new SecretUnreadable(`it is not what the key ${id} sealed for ${place}`);
    }
  }
}

export function isSealed(text: string): boolean {
  return text.startsWith(`${PREFIX}.`);
}

function partsOf(text: string): { readonly id: string; readonly bytes: Buffer } {
  const [id = '', sealed = '', ...more] = isSealed(text) ? text.slice(PREFIX.length + 1).split('.') : [];
  const bytes = Buffer.from(sealed, 'base64url');
  if (id === '' || more.length > 0 || bytes.length < NONCE_BYTES + TAG_BYTES)
    throw new SecretUnreadable('it is not sealed');
  return { id, bytes };
}
