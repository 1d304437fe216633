// The console's SHA-256 against Node's, whatever the parts.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { sha256 as ofNode } from '../../../../adapters/system/digest.ts';
import { sha256 } from '../../../../api/console/work/sha256.ts';

it('is the digest of the standard', () => {
  expect(sha256(['abc'])).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  expect(sha256([])).toBe(ofNode([]));
});

it.each([54, 55, 56, 63, 64, 65, 119, 120, 1000])('is that of Node for %i bytes', (length) => {
  const text = 'x'.repeat(length);
  expect(sha256([text])).toBe(ofNode([text]));
});

it('is that of Node for any parts', () => {
  const part = fc.oneof(fc.string({ unit: 'grapheme' }), fc.uint8Array({ maxLength: 200 }));
  fc.assert(fc.property(fc.array(part), (parts) => void expect(sha256(parts)).toBe(ofNode(parts))));
});
