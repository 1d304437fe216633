// Sealed secrets open where they were sealed for, under the key that sealed them, and nowhere else.
import { describe, expect, it } from 'vitest';
import { isSealed, SecretBox, SecretUnreadable } from '../../../adapters/identity/secretBox.ts';

const key = (id: string, byte: number) => ({ id, key: Buffer.alloc(32, byte) });
const OLD = new SecretBox([key('2026', 1)]);
const ROTATED = new SecretBox([key('2027', 2), key('2026', 1)]);

describe('a sealed secret', () => {
  it('opens again, and shows nothing of itself', () => {
    const sealed = OLD.seal('whsec_1234567890', 'webhook|a|secret');
    expect(isSealed(sealed)).toBe(true);
    expect(sealed).toMatch(/^sealed\.v1\.2026\.[\w-]+$/);
    expect(sealed).not.toContain('1234');
    expect(OLD.open(sealed, 'webhook|a|secret')).toBe('whsec_1234567890');
  });

  it('is another text each time', () => {
    const texts = Array.from({ length: 1_000 }, () => OLD.seal('same', 'place'));
    expect(new Set(texts).size).toBe(1_000);
  });

  it('opens in no other place, and with no bit changed', () => {
    const sealed = OLD.seal('whsec_1234567890', 'webhook|a|secret');
    expect(() => OLD.open(sealed, 'webhook|b|secret')).toThrow(SecretUnreadable);
    const [head, body] = [sealed.slice(0, sealed.lastIndexOf('.') + 1), sealed.split('.')[3]!];
    const bytes = Buffer.from(body, 'base64url');
    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      const flipped = Buffer.from(bytes);
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      expect(() => OLD.open(head + flipped.toString('base64url'), 'webhook|a|secret')).toThrow(
        SecretUnreadable,
      );
    }
    for (const text of [
      '',
      'whsec_plain',
      'sealed.v1.2026.',
      'sealed.v1..AAAA',
      `${sealed}.x`,
      `${head}AAAA`,
    ])
      expect(() => OLD.open(text, 'webhook|a|secret')).toThrow(SecretUnreadable);
  });

  it('outlives a new key, which seals from then on; without its own it does not open', () => {
    const before = OLD.seal('first', 'p');
    const after = ROTATED.seal('second', 'p');
    expect([ROTATED.open(before, 'p'), ROTATED.open(after, 'p')]).toEqual(['first', 'second']);
    expect(() => OLD.open(after, 'p')).toThrow(/key 2027, which is not here/);
    const renamed = new SecretBox([key('2026', 2)]);
    expect(() => renamed.open(before, 'p')).toThrow(SecretUnreadable);
  });
});

it('a key has 32 bytes, and a box has one', () => {
  expect(() => new SecretBox([])).toThrow(RangeError);
  expect(() => new SecretBox([{ id: 'short', key: Buffer.alloc(16) }])).toThrow(/16 bytes/);
});
