// Checking that a webhook's call comes from Annona: HMAC-SHA256 over its time and its body, as the header says it.
// Invariant: nothing of a call is trusted before this answered true. Runs wherever Web Crypto does.

export const SIGNATURE_HEADER = 'annona-signature';

export interface WebhookCall {
  /** The value of `Annona-Signature`: `t=<seconds since 1970>,v1=<hex>`. */
  readonly signature: string;
  /** Byte by byte as it came, before any parsing. */
  readonly body: string;
  /** As it was told when the webhook was made. */
  readonly secret: string;
  /** Seconds since 1970, now. */
  readonly nowSeconds: number;
  /** How old a call may be; 300 when left out. A recorded call is of no use to anybody after that. */
  readonly toleranceSeconds?: number;
}

export async function verifyWebhook(call: WebhookCall): Promise<boolean> {
  const said = /^t=(\d{1,12}),v1=([0-9a-f]{64})$/.exec(call.signature);
  if (said === null) return false;
  const [, time = '', hex = ''] = said;
  if (Math.abs(call.nowSeconds - Number(time)) > (call.toleranceSeconds ?? 300)) return false;
  const key = await keyOf(call.secret, 'verify');
  const signature = Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
  // Compared by the library, in constant time.
  return crypto.subtle.verify('HMAC', key, signature, textOf(time, call.body));
}

/** The header's value for a body that is sent at `seconds`. */
export async function signWebhook(secret: string, seconds: number, body: string): Promise<string> {
  const key = await keyOf(secret, 'sign');
  const signed = new Uint8Array(await crypto.subtle.sign('HMAC', key, textOf(String(seconds), body)));
  const hex = Array.from(signed, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return `t=${seconds},v1=${hex}`;
}

function keyOf(secret: string, use: 'sign' | 'verify') {
  const bytes = new TextEncoder().encode(secret);
  return crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, [use]);
}

function textOf(time: string, body: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(`${time}.${body}`);
}
