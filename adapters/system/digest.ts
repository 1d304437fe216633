// SHA-256 over parts, for the pure doors that may not import `node:crypto`.
// Invariant: the digest of parts is the digest of their concatenation; strings are UTF-8.

import { createHash } from 'node:crypto';
import type { Digest } from '../../scheduler/index.ts';

export const sha256: Digest = (parts) => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
};
