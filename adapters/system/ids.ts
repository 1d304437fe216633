// Ids that sort by the time they were made: 48 bits of milliseconds and 80 bits of chance, in Crockford's base 32.
// Invariant: every id of one source is greater than the one before, also when the clock stands still or goes back.

import { randomBytes } from 'node:crypto';
import type { EdgeSystem } from '../../api/ports.ts';
import type { ExtensionId, Instant, RequestId } from '../../scheduler/index.ts';
import { now as systemNow } from './clock.ts';

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
const LENGTH = 26;
const CHANCE_BITS = 80n;
const CHANCE_BYTES = 10;
/** Characters of five bits that a number of 32 holds. */
const AT_ONCE = 6;
const AT_ONCE_BITS = 30;
const POOLED_IDS = 256;

export interface IdSourceOptions {
  readonly now: () => Instant;
  /** As many unpredictable bytes as asked for. */
  readonly chance: (bytes: number) => Uint8Array;
}

/** Answers 26 characters at a call. The clock going back costs sortability by time for that stretch, never uniqueness. */
export function createIdSource({ now, chance }: IdSourceOptions): () => string {
  let last = -1n;
  const draw = pooled(chance);
  return () => {
    const drawn = BigInt(`0x${draw().toString('hex')}`);
    const fresh = (BigInt(now()) << CHANCE_BITS) | drawn;
    last = fresh > last ? fresh : last + 1n;
    return encode(last);
  };
}

/** Draws for many ids at once: a call for ten bytes costs as much as one for thousands. */
function pooled(chance: IdSourceOptions['chance']): () => Buffer {
  let pool = Buffer.alloc(0);
  return () => {
    if (pool.length < CHANCE_BYTES) pool = Buffer.from(chance(CHANCE_BYTES * POOLED_IDS));
    const drawn = pool.subarray(0, CHANCE_BYTES);
    pool = pool.subarray(CHANCE_BYTES);
    return drawn;
  };
}

/** From the end, some characters at a time: a shift of a bigint makes another one. */
function encode(value: bigint): string {
  let text = '';
  let rest = value;
  while (text.length < LENGTH) {
    let low = Number(BigInt.asUintN(AT_ONCE_BITS, rest));
    rest >>= BigInt(AT_ONCE_BITS);
    for (let i = 0; i < AT_ONCE && text.length < LENGTH; i++) {
      text = ALPHABET[low & 31] + text;
      low >>>= 5;
    }
  }
  return text;
}

export function createEdgeSystem(options: Partial<IdSourceOptions> = {}): EdgeSystem {
  const { now = systemNow, chance = randomBytes } = options;
  const next = createIdSource({ now, chance });
  return {
    now,
    newRequestId: () => `req_${next()}` as RequestId,
    newExtensionId: () => `ext_${next()}` as ExtensionId,
    newJobId: () => `job_${next()}`,
    newWebhookId: () => `whk_${next()}`,
    newSecret: () => `whsec_${Buffer.from(chance(32)).toString('base64url')}`,
    newCallId: () => `call_${next()}`,
  };
}
