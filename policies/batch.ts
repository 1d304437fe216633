// One batch through a policy: chunks out, answers in, Verdicts in row order.
// Invariant: every row gets exactly one Verdict, and one that no checked answer allows is denied.
// A generator, so that the same steps drive an engine in this thread (engine.ts) and one in a worker (node.ts).
import { isRecord, type PolicyManifest } from './bundle.ts';
import { bitsOf, checkEcho, type Echo, hasBit } from './echo.ts';
import { combineObligations, type Obligation, obligationOf } from './obligations.ts';
import { encodeRows, faultOf } from './rows.ts';
import type { PolicyBatch, PolicyRow, PolicyRule, Verdict } from './verdict.ts';
import { byCodeUnit, denied, type HostCode } from './verdict.ts';
import type { Inquiry, ViewMemo } from './viewMemo.ts';
import { type CleanBits, encodeViews } from './views.ts';

// The first chunk is what the engine waits for, and the last one what the caller waits for; a row costs the same in chunks of 500 and of
// 2,000, and a throw costs one chunk and its memory.
export const CHUNK_ROWS_MAX = 500;
// One is answered and one made ready: more would only grow the queue of the thread.
const OPEN_MAX = 2;
// Isolating one bad row of 500 takes about 10 throws, each with a fresh instance. So about ten bad rows of a department are
// found; beyond that its chunks that still throw are denied whole, as splitting on would outlast any deadline. Rows of several
// departments are never denied together: such a chunk is split between departments first.
const THROWS_MAX = 128;

export interface Chunk {
  readonly tick: string;
  readonly n: number;
  readonly input: ArrayBuffer;
  /** View to its rows, where the chunk is put as views and not as whole rows. */
  readonly views?: Readonly<Record<string, number>>;
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
  | { readonly kind: 'clean'; readonly clean: CleanBits }
  | { readonly kind: 'threw'; readonly message: string }
  | { readonly kind: 'gone'; readonly code: HostCode };

/** A chunk and the places of its rows in the batch. */
export interface Step {
  readonly chunk: Chunk;
  readonly places: readonly number[];
}

export interface Judgement {
  /** Places in `rows`, read as they are needed; each list is asked as a chunk of its own, and none may be longer than CHUNK_ROWS_MAX. */
  readonly chunks: Iterable<readonly number[]>;
  /** Null: the bundle has no views, and every rule is asked about every row. */
  readonly memo: ViewMemo | null;
}

/** Denied with `code`: the chunk that was asked when the engine went, and those that it never came to. */
export interface Gone {
  readonly code: HostCode;
  readonly asked: readonly number[];
  readonly rest: readonly number[];
}

/** Chunks of whatever company, in the order of the rows; places are taken as a chunk is asked for. */
export function* mixedChunks(places: Iterable<number>): Generator<readonly number[]> {
  let chunk: number[] = [];
  for (const place of places) {
    chunk.push(place);
    if (chunk.length < CHUNK_ROWS_MAX) continue;
    yield chunk;
    chunk = [];
  }
  if (chunk.length > 0) yield chunk;
}

/** Chunks of one department each, in the order in which the departments first appear. */
export function departmentChunks(
  rows: readonly PolicyRow[],
  places: readonly number[],
): (readonly number[])[] {
  const groups = new Map<string, number[]>();
  for (const place of places) {
    const { department } = rows[place] as PolicyRow;
    const group = groups.get(department);
    if (group) group.push(place);
    else groups.set(department, [place]);
  }
  return [...groups.values()].flatMap((group) => [...mixedChunks(group)]);
}

/**
 * Places of the rows that can be put before a policy; the others are denied without asking one. Rows are looked at when their chunk is due,
 * while the engine answers the one before.
 */
export function* soundPlaces(rows: readonly PolicyRow[]): Generator<number> {
  for (const [place, row] of rows.entries()) if (faultOf(row) === undefined) yield place;
}

/** A chunk that was put before the engine, or whose rows are all known. */
interface Open {
  readonly places: readonly number[];
  readonly inquiry: Inquiry | undefined;
  readonly isAsked: boolean;
}

/**
 * One Verdict for each place of `chunks`, written into `verdicts`. Yields a step to put before the engine, or null: then it is given the
 * oldest answer that it has not had. So a chunk is made ready while the one before it is answered. Answers what stopped it, or null.
 */
export function* judge(
  manifest: PolicyManifest,
  { tick, rows }: PolicyBatch,
  { chunks, memo, verdicts }: Judgement & { readonly verdicts: Verdict[] },
): Generator<Step | null, Gone | null, ChunkAnswer | undefined> {
  const line = chunks[Symbol.iterator]();
  /** Of chunks that threw: the halves are next. */
  const halved: (readonly number[])[] = [];
  const due = (): readonly number[] | undefined => halved.pop() ?? line.next().value;
  const open: Open[] = [];
  const throwsLeft = new Map<string, number>();
  const verdictOf = verdictReader(manifest);
  memo?.prune();
  for (;;) {
    while (open.length < OPEN_MAX) {
      const places = due();
      if (places === undefined) break;
      const chosen = places.map((place) => rows[place] as PolicyRow);
      const inquiry = memo?.inquire(chosen);
      const isAsked = !isKnown(inquiry);
      open.push({ places, inquiry, isAsked });
      if (isAsked) yield { chunk: chunkOf(tick, chosen, inquiry), places };
    }
    const oldest = open.shift();
    if (oldest === undefined) return null;
    const { places, inquiry, isAsked } = oldest;
    const answer = isAsked ? yield null : NOTHING_ASKED;
    switch (answer?.kind) {
      case 'bits': {
        const judged = verdictsOf(manifest, answer.bits);
        for (const [i, place] of places.entries()) verdicts[place] = judged[i] ?? denied('POLICY_UNDECIDED');
        break;
      }
      case 'clean': {
        if (!memo || !inquiry) throw new Error('the policy answered with views to whole rows');
        memo.keep(inquiry, answer.clean);
        for (const [i, place] of places.entries()) verdicts[place] = verdictOf(memo.codesOf(inquiry, i));
        break;
      }
      case 'threw': {
        const halves = afterThrow(rows, places, throwsLeft);
        if (halves === null) for (const place of places) verdicts[place] = denied('POLICY_ERROR');
        else halved.push(...halves);
        break;
      }
      case 'gone': {
        const unasked = [...halved.reverse(), ...{ [Symbol.iterator]: () => line }];
        const rest = [...open.map((one) => one.places), ...unasked].flat();
        for (const place of [...places, ...rest]) verdicts[place] = denied(answer.code);
        return { code: answer.code, asked: places, rest };
      }
      case undefined:
        throw new Error('an answer is due');
      default:
        answer satisfies never;
    }
  }
}

const NOTHING_ASKED: ChunkAnswer = { kind: 'clean', clean: new Map() };

function isKnown(inquiry: Inquiry | undefined): boolean {
  return inquiry?.asked.every(({ rows }) => rows.length === 0) ?? false;
}

function chunkOf(tick: string, rows: readonly PolicyRow[], inquiry: Inquiry | undefined): Chunk {
  if (!inquiry) return { tick, n: rows.length, input: encodeRows(tick, rows) };
  const views = Object.fromEntries(inquiry.asked.map(({ view, rows }) => [view.name, rows.length]));
  return { tick, n: rows.length, input: encodeViews(tick, inquiry.asked), views };
}

/** Rows that the same codes hit share one Verdict. */
function verdictReader(manifest: PolicyManifest): (codes: readonly string[]) => Verdict {
  const known = new Map<string, Verdict>();
  const duties = new Set(manifest.rules.filter(({ obligation }) => obligation).map(({ code }) => code));
  return (codes) => {
    const key = codes.length === 0 ? '' : codes.join(' ');
    let verdict = known.get(key);
    if (verdict === undefined) {
      const hits = (isDuty: boolean): Map<string, Uint8Array> =>
        new Map(codes.filter((code) => duties.has(code) === isDuty).map((code) => [code, ONE_BIT]));
      const [deny, obligations] = [hits(false), hits(true)];
      const allow = deny.size === 0 ? ONE_BIT : new Uint8Array(1);
      verdict = verdictsOf(manifest, { n: 1, allow, deny, obligations })[0] as Verdict;
      known.set(key, verdict);
    }
    return verdict;
  };
}

const ONE_BIT = Uint8Array.of(1);

/** The two halves to ask next, the second one first, or null: nothing is left to split. */
function afterThrow(
  rows: readonly PolicyRow[],
  places: readonly number[],
  throwsLeft: Map<string, number>,
): number[][] | null {
  const [department = '', ...others] = new Set(places.map((place) => (rows[place] as PolicyRow).department));
  if (others.length > 0) {
    const chunks = departmentChunks(rows, places);
    const half = Math.ceil(chunks.length / 2);
    return [chunks.slice(half).flat(), chunks.slice(0, half).flat()];
  }
  const left = (throwsLeft.get(department) ?? THROWS_MAX) - 1;
  throwsLeft.set(department, left);
  if (places.length === 1 || left <= 0) return null;
  const half = Math.ceil(places.length / 2);
  return [places.slice(half), places.slice(0, half)];
}

export interface Expected extends Echo {
  readonly n: number;
}

/**
 * Reads the batch entrypoint's result. Throws if it is not an answer to this chunk by this policy and data, or if a rule
 * of the manifest did not answer: a bundle that lost a rule would allow more.
 */
export function readBits(result: unknown, rules: readonly PolicyRule[], expected: Expected): ChunkBits {
  const answer = checkEcho(result, expected);
  if (answer.n !== expected.n) throw new Error('the policy answered another question than was put to it');
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
