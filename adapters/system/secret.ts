// Secrets that processes of one cell show each other. Invariant: comparing takes the same time wherever two differ. Called by api/roles.

import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/** 256 bits, as text that a header takes. */
export function newSecret(): string {
  return randomBytes(32).toString('base64url');
}

export function sameSecret(shown: string, kept: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(shown), digest(kept));
}
