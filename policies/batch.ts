// One batch through a policy: chunks out, answers in, Verdicts in row order.
// Invariant: every row gets exactly one Verdict, and one that no checked answer allows is denied.
// A generator, so that the same steps drive an engine in this thread (engine.ts) and one in a worker (node.ts).
import { isRecord, type PolicyManifest } from './bundle.ts';
import { combineObligations, type Obligation, obligationOf } from './obligations.ts';
import { encodeRows, faultOf } from './rows.ts';
import type { PolicyBatch, PolicyRow, PolicyRule, Verdict } from './verdict.ts';
import { byCodeUnit, denied, type HostCode } from './verdict.ts';

// A row costs the same in chunks of 500 and of 2,000, and a throw costs one chunk and its memory.
const CHUNK_ROWS_MAX = 1_000;
// Isolating one bad row of 1,000 takes about 11 throws, each with a fresh instance. So about ten bad rows a batch are
// found; beyond that the chunks that still throw are denied whole, as splitting on would outlast any deadline.
const THROWS_MAX = 128;

export interface Chunk {
  readonly tick: string;
  readonly n: number;
  readonly input: ArrayBuffer;
}

/** One bit a row, row i in bit i % 8 of byte i / 8: what a Verdict is made of, and what a shadow run is compared by. */
export interface ChunkBits {
  readonly n: number;
  readonly allow: Uint8Array;
  readonly deny: ReadonlyMap<string, Uint8Array>;
  readonly obligations: ReadonlyMap<string, Uint8Array>;
}

/** `threw`: this chunk failed, others may not. `gone`: there is no engine left for the rest of the batch. */
export type ChunkAnswer =
  | { readonly kind: 'bits'; readonly bits: ChunkBits }
  | { readonly kind: 'threw'; readonly message: string }
  | { readonly kind: 'gone'; readonly code: HostCode };

export function* judge(
  manifest: PolicyManifest,
  batch: PolicyBatch,
): Generator<Chunk, Verdict[], ChunkAnswer> {
  const { tick, rows } = batch;
  const verdicts: Verdict[] = rows.map(() => denied('POLICY_INPUT_INVALID'));
  const sound = rows.flatMap((row, index) => (faultOf(row) === undefined ? [index] : []));
  const pending: number[][] = [];
  for (let at = 0; at < sound.length; at += CHUNK_ROWS_MAX)
    pending.push(sound.slice(at, at + CHUNK_ROWS_MAX));
  pending.reverse();

  let throwsLeft = THROWS_MAX;
  for (let chunk = pending.pop(); chunk !== undefined; chunk = pending.pop()) {
    const chosen = chunk.map((index) => rows[index] as PolicyRow);
    const answer = yield { tick, n: chosen.length, input: encodeRows(tick, chosen) };
    switch (answer.kind) {
      case 'bits': {
        const judged = verdictsOf(manifest, answer.bits);
        for (const [i, index] of chunk.entries()) verdicts[index] = judged[i] ?? denied('POLICY_UNDECIDED');
        break;
      }
      case 'threw': {
        throwsLeft -= 1;
        if (chunk.length === 1 || throwsLeft <= 0) {
          for (const index of chunk) verdicts[index] = denied('POLICY_ERROR');
        } else {
          const half = Math.ceil(chunk.length / 2);
          pending.push(chunk.slice(half), chunk.slice(0, half));
        }
        break;
      }
      case 'gone': {
        for (const index of [chunk, ...pending].flat()) verdicts[index] = denied(answer.code);
        return verdicts;
      }
      default:
        answer satisfies never;
    }
  }
  return verdicts;
}

export function hasBit(bits: Uint8Array, index: number): boolean {
  return ((bits[index >> 3] ?? 0) & (1 << (index & 7))) !== 0;
}

export interface Expected {
  readonly tick: string;
  readonly n: number;
  readonly data: string;
}

/**
 * Reads the batch entrypoint's result. Throws if it is not an answer to this chunk by this policy and data, or if a rule
 * of the manifest did not answer: a bundle that lost a rule would allow more.
 */
export function readBits(result: unknown, rules: readonly PolicyRule[], expected: Expected): ChunkBits {
  const answer = checkEcho(result, expected);
  const maps = { deny: new Map<string, Uint8Array>(), obligations: new Map<string, Uint8Array>() };
  for (const key of ['deny', 'obligations'] as const) {
    const lists = answer[key];
    if (!isRecord(lists)) throw new Error(`the policy's ${key} is not a map`);
    for (const [code, list] of Object.entries(lists)) maps[key].set(code, bitsOf(list, expected.n));
  }
  if (!maps.deny.has('POLICY_INPUT_INVALID'))
    throw new Error('the policy does not check the shape of its rows');
  for (const { code, obligation } of rules) {
    if (!maps[obligation ? 'obligations' : 'deny'].has(code))
      throw new Error(`the policy did not answer for ${code}`);
  }
  return { n: expected.n, allow: bitsOf(answer.allow, expected.n), ...maps };
}

/** A truncated or foreign input still gets an answer from the engine, but cannot echo what this chunk would. */
export function checkEcho(result: unknown, expected: Expected): Record<string, unknown> {
  if (!isRecord(result)) throw new Error('the policy gave no answer');
  const { v, tick, n, data } = result;
  if (v !== 1 || tick !== expected.tick || n !== expected.n || data !== expected.data) {
    throw new Error('the policy answered another question than was put to it');
  }
  return result;
}

function bitsOf(list: unknown, n: number): Uint8Array {
  if (!Array.isArray(list)) throw new Error('the policy gave no list of rows');
  const bits = new Uint8Array(Math.ceil(n / 8));
  for (const index of list) {
    if (!Number.isSafeInteger(index) || index < 0 || index >= n)
      throw new Error(`the policy named row ${index} of ${n}`);
    bits[index >> 3] = (bits[index >> 3] ?? 0) | (1 << (index & 7));
  }
  return bits;
}

interface Judged {
  readonly codes: string[];
  readonly warnings: string[];
  readonly dryrun: string[];
  readonly obligations: Obligation[];
}

/** Applies the modes. A code that the manifest does not know has none to soften it. */
export function verdictsOf(manifest: PolicyManifest, bits: ChunkBits): Verdict[] {
  const rules = new Map(manifest.rules.map((rule) => [rule.code, rule]));
  const judged = Array.from(
    { length: bits.n },
    (): Judged => ({ codes: [], warnings: [], dryrun: [], obligations: [] }),
  );
  for (const [code, hits] of sorted(bits.deny)) {
    const mode = rules.get(code)?.mode ?? 'enforce';
    const list = mode === 'enforce' ? 'codes' : mode === 'warn' ? 'warnings' : 'dryrun';
    for (const [i, row] of judged.entries()) if (hasBit(hits, i)) row[list].push(code);
  }
  for (const [i, { codes, warnings, dryrun }] of judged.entries()) {
    const hit = codes.length + warnings.length + dryrun.length > 0;
    // Allowed and hit, or neither: the policy contradicts itself or never judged the row.
    if (hasBit(bits.allow, i) === hit) codes.push('POLICY_UNDECIDED');
  }
  for (const [code, hits] of sorted(bits.obligations)) {
    const rule = rules.get(code);
    const obligation = rule && obligationOf(rule);
    for (const [i, row] of judged.entries()) {
      if (!hasBit(hits, i)) continue;
      if (obligation) row.obligations.push(obligation);
      else row.codes.push('OBLIGATION_UNKNOWN');
    }
  }
  for (const { codes, obligations } of judged)
    if (obligations.length > 1 && combineObligations(obligations) === null) codes.push('OBLIGATION_CONFLICT');
  return judged.map(({ codes, warnings, dryrun, obligations }) =>
    codes.length === 0
      ? { outcome: 'allow', obligations, warnings, dryrun }
      : { outcome: 'deny', codes: [...new Set(codes)].sort(byCodeUnit), warnings, dryrun },
  );
}

function sorted(map: ReadonlyMap<string, Uint8Array>): [string, Uint8Array][] {
  return [...map].sort(([a], [b]) => byCodeUnit(a, b));
}
