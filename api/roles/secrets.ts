// The keys under which webhooks' secrets are kept: of the settings, or, in a data directory of one's own, made at the first start.
// Invariant: without a key nothing is kept: no secret goes into the database plain. Called by the composition roots.

import { isSealed, SecretBox, type SecretKey } from '../../adapters/identity/secretBox.ts';
import { loadOrCreateSecretKey } from '../../adapters/identity/secretKeyFile.ts';
import type { DueDelivery } from '../ports.ts';

/** As they cross a process boundary: "<id>:<base64 of 32 bytes>", the first one seals. */
export type SecretKeys = readonly string[];

export function secretBoxOf(keys: SecretKeys): SecretBox | null {
  return keys.length === 0 ? null : new SecretBox(keys.map(keyOf));
}

function keyOf(text: string): SecretKey {
  const at = text.indexOf(':');
  return { id: text.slice(0, at), key: Buffer.from(text.slice(at + 1), 'base64') };
}

/** For who starts everything out of one directory. Processes of several hosts are given theirs by ANNONA_SECRET_KEYS. */
export async function ownSecretKeys(directory: string): Promise<SecretKeys> {
  return [await loadOrCreateSecretKey(directory)];
}

export function placeOfWebhook(id: string): string {
  return `webhook|${id}|secret`;
}

/** Of a webhook from before secrets were sealed it is plain. @throws SecretUnreadable */
export function webhookSecretOf(
  { webhook, secret }: Pick<DueDelivery, 'webhook' | 'secret'>,
  box: SecretBox | null,
): string {
  if (!isSealed(secret)) return secret;
  if (box === null) throw new Error('its secret is sealed, and ANNONA_SECRET_KEYS names no key here');
  return box.open(secret, placeOfWebhook(webhook));
}
