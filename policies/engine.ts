// The engine: one WebAssembly instance of a bundle over one version of the data, behind the OPA SDK.
// Invariants: input is an ArrayBuffer of whole JSON, data is set once an instance, and an instance that threw is never
// asked again. Called by service.ts (in process) and worker.ts.
// Why so strict: the SDK takes a Buffer or truncated JSON for another input without an error, and an instance whose
// memory ran out goes on answering wrongly. A policy that allows what it does not deny would then fail open.
import * as sdk from '@open-policy-agent/opa-wasm';
import { type Chunk, type ChunkAnswer, judge, mixedChunks, readBits, soundPlaces } from './batch.ts';
import {
  BATCH_ENTRYPOINT,
  bytesOf,
  CONSTRAINTS_ENTRYPOINT,
  EXPLAIN_ENTRYPOINT,
  isRecord,
  type PolicyData,
  type PolicyManifest,
  PolicyRefused,
  parseData,
  VIEWS_ENTRYPOINT,
  verifyBundle,
} from './bundle.ts';
import { ConstraintsFaulty, NO_CONSTRAINTS, type PolicyConstraints, readConstraints } from './constraints.ts';
import { checkEcho } from './echo.ts';
import { encodeRows, faultOf } from './rows.ts';
import type {
  Explanation,
  Finding,
  HostCode,
  PolicyBatch,
  PolicyRow,
  PolicyRule,
  Verdict,
} from './verdict.ts';
import { byCodeUnit, denied, HOST_RULES, type JsonValue } from './verdict.ts';
import { ViewMemo } from './viewMemo.ts';
import { encodeViews, readClean, viewsOf } from './views.ts';

const PAGE_BYTES = 65_536;
// JSON data takes about 12 times its text in the module's memory; growing to it page by page costs seconds.
const DATA_EXPANSION = 13;
const SPARE_PAGES = 32;
/** 32 MiB: 2,000 rows with the default policies take 8. */
export const MEMORY_PAGES_MAX = 512;

export interface LoadOptions {
  readonly wasm: unknown;
  readonly manifest: unknown;
  readonly data: unknown;
  /** Pages of 64 KiB; default 512. An evaluation that needs more throws. */
  readonly memoryPagesMax?: number;
  /** Stands where the bundle's constraints are faulty under this data; absent: such data is refused. */
  readonly standing?: PolicyConstraints;
}

export interface PolicyInstance {
  readonly manifest: PolicyManifest;
  readonly revision: string;
  readonly dataRevision: string;
  readonly constraints: PolicyConstraints;
  /** Runs one entrypoint over JSON bytes and reads its result. Throws on any fault; the next call gets a fresh instance. */
  readonly run: <T>(entrypoint: string, input: ArrayBuffer, read: (result: unknown) => T) => T;
  /** Pages of 64 KiB that the instance has now. */
  readonly pages: () => number;
  /** A new instance of the same compiled module over other data; this one stays as it is. `standing` as in LoadOptions. Throws PolicyRefused. */
  readonly over: (data: unknown, standing?: PolicyConstraints) => PolicyInstance;
}

/** Verifies, compiles, sets the data and probes. Throws PolicyRefused. */
export async function loadPolicy(options: LoadOptions): Promise<PolicyInstance> {
  const { wasm, manifest } = await verifyBundle({ wasm: options.wasm, manifest: options.manifest });
  const maximum = options.memoryPagesMax ?? MEMORY_PAGES_MAX;
  return instanceOver({ manifest, module: compile(wasm), maximum }, options.data, options.standing);
}

interface Compiled {
  readonly manifest: PolicyManifest;
  readonly module: object;
  readonly maximum: number;
}

function instanceOver(
  compiled: Compiled,
  value: unknown,
  standing: PolicyConstraints | undefined,
): PolicyInstance {
  const { manifest, module, maximum } = compiled;
  const data = parseData(value);
  const text = JSON.stringify({ organisation: data });
  // Before it is encoded: bytes that cannot be had would end the process, and not this thread.
  const least = pagesFor(text.length);
  const dataBytes = least > maximum ? null : bytesOf(text);
  const initial = dataBytes === null ? least : pagesFor(dataBytes.byteLength);
  if (dataBytes === null || initial > maximum) {
    throw new PolicyRefused(
      'DATA_INVALID',
      `needs about ${initial} pages of memory, the maximum is ${maximum}`,
    );
  }
  const { first, run } = openFresh({ module, dataBytes, initial, maximum });
  const pages = (): number => first().mem.buffer.byteLength / PAGE_BYTES;
  const known = { manifest, revision: manifest.revision, dataRevision: data.revision, run, pages };
  const over: PolicyInstance['over'] = (other, stands = instance.constraints) =>
    instanceOver(compiled, other, stands);
  probe({ ...known, over, constraints: NO_CONSTRAINTS }, first);
  const instance: PolicyInstance = {
    ...known,
    over,
    constraints: constraintsOf({ run, manifest, data }, standing),
  };
  return instance;
}

const NO_ROWS = '{"tick":"constraints"}';

/**
 * An organisation may change so that a right side comes out negative. That must neither stop the cell nor lift the other limits, so then
 * what stood under the data before stands on, and says so.
 */
function constraintsOf(
  asked: Pick<PolicyInstance, 'run' | 'manifest'> & { readonly data: PolicyData },
  standing: PolicyConstraints | undefined,
): PolicyConstraints {
  const { run, manifest } = asked;
  if (manifest.constraints === undefined || manifest.constraints.length === 0) return NO_CONSTRAINTS;
  try {
    return run(CONSTRAINTS_ENTRYPOINT, bytesOf(NO_ROWS), (result) => readConstraints(result, asked));
  } catch (error) {
    const faults = error instanceof ConstraintsFaulty ? error.faults : [messageOf(error)];
    if (standing === undefined) throw new PolicyRefused('CONSTRAINTS_INVALID', faults.join('; '));
    return { list: standing.list, problems: faults };
  }
}

interface OpenOptions {
  /** JSON text of the whole `data` document. */
  readonly dataBytes: ArrayBuffer;
  /** Pages of 64 KiB. */
  readonly maximum: number;
}

/** Asks entrypoints of any module that OPA compiled, under one `data`. Throws on any fault. */
export function openModule(options: OpenOptions & { readonly wasm: ArrayBuffer }): PolicyInstance['run'] {
  const initial = Math.min(pagesFor(options.dataBytes.byteLength), options.maximum);
  return openFresh({ ...options, module: compile(options.wasm), initial }).run;
}

function pagesFor(dataBytes: number): number {
  return Math.ceil((dataBytes * DATA_EXPANSION) / PAGE_BYTES) + SPARE_PAGES;
}

function openFresh({
  module,
  dataBytes,
  initial,
  maximum,
}: OpenOptions & { readonly module: object; readonly initial: number }): {
  /** The instance that the first run will ask; made by whichever comes first. */
  first: () => LoadedPolicy;
  run: PolicyInstance['run'];
} {
  let live: LoadedPolicy | undefined;
  const ready = (): LoadedPolicy => {
    if (live) return live;
    const loaded = loadPolicySync(module, { initial, maximum });
    loaded.setData(dataBytes);
    live = loaded;
    return loaded;
  };
  const run: PolicyInstance['run'] = (entrypoint, input, read) => {
    if (!(input instanceof ArrayBuffer)) throw new Error('the input must be an ArrayBuffer of JSON text');
    const engine = ready();
    live = undefined;
    const results = engine.evaluate(input, entrypoint);
    const answer = read(Array.isArray(results) && isRecord(results[0]) ? results[0].result : undefined);
    live = engine;
    return answer;
  };
  return { first: ready, run };
}

/** Before activation: nothing is left to the host, and an empty batch is answered by this data. */
function probe(instance: PolicyInstance, first: () => LoadedPolicy): void {
  let wanted: string[];
  try {
    wanted = hostBuiltins(first());
    const whole = { tick: 'probe', n: 0, input: encodeRows('probe', []) };
    const views = { tick: 'probe', n: 0, input: encodeViews('probe', []), views: {} };
    for (const chunk of viewsOf(instance.manifest) ? [whole, views] : [whole]) {
      const answer = answerChunk(instance, chunk);
      if (answer.kind === 'threw') throw new Error(answer.message);
    }
  } catch (error) {
    throw new PolicyRefused('BUNDLE_PROBE_FAILED', messageOf(error));
  }
  if (wanted.length > 0) {
    throw new PolicyRefused('BUNDLE_NEEDS_HOST', `needs the host for ${wanted.join(', ')}`);
  }
}

/** A whole batch in this thread. One Verdict a row, in row order. */
export function evaluateBatch(instance: PolicyInstance, batch: PolicyBatch): Verdict[] {
  const refused = denied('POLICY_INPUT_INVALID');
  const verdicts = batch.rows.map(() => refused);
  const chunks = mixedChunks(soundPlaces(batch.rows));
  const views = viewsOf(instance.manifest);
  const steps = judge(instance.manifest, batch, { chunks, memo: views && new ViewMemo(views), verdicts });
  const answers: ChunkAnswer[] = [];
  for (let step = steps.next(); !step.done; ) {
    if (step.value) answers.push(answerChunk(instance, step.value.chunk));
    step = steps.next(step.value ? undefined : answers.shift());
  }
  return verdicts;
}

export function answerChunk(instance: PolicyInstance, chunk: Chunk): ChunkAnswer {
  const { tick, n, views, input } = chunk;
  const echo = { tick, data: instance.dataRevision };
  const { rules } = instance.manifest;
  try {
    if (views === undefined) {
      const bits = instance.run(BATCH_ENTRYPOINT, input, (result) => readBits(result, rules, { ...echo, n }));
      return { kind: 'bits', bits };
    }
    const clean = instance.run(VIEWS_ENTRYPOINT, input, (result) =>
      readClean(result, rules, { ...echo, views }),
    );
    return { kind: 'clean', clean };
  } catch (error) {
    return { kind: 'threw', message: messageOf(error) };
  }
}

const EXPLAIN_TICK = 'explain';

/** The row's Verdict and, for each code in it, the values that the rule compared. */
export function explain(instance: PolicyInstance, row: PolicyRow): Explanation {
  const refused = explainFault(row);
  if (refused) return refused;
  const [verdict] = evaluateBatch(instance, { tick: EXPLAIN_TICK, rows: [row] }) as [Verdict];
  const expected = { tick: EXPLAIN_TICK, data: instance.dataRevision };
  let found: Finding[] = [];
  try {
    found = instance.run(EXPLAIN_ENTRYPOINT, encodeRows(EXPLAIN_TICK, [row]), (result) => {
      const { n, findings } = checkEcho(result, expected);
      if (n !== 1) throw new Error('the policy explained another row than was put to it');
      return readFindings(findings);
    });
  } catch {
    // A rule that throws has no values to show. The verdict, which does not come from here, denies with POLICY_ERROR.
  }
  return { verdict, findings: completed(verdict, found) };
}

/** The explanation of a row that cannot be put before any policy; undefined for every other row. */
export function explainFault(row: PolicyRow): Explanation | undefined {
  const fault = faultOf(row);
  if (!fault) return undefined;
  const finding = {
    code: 'POLICY_INPUT_INVALID',
    field: fault.field,
    want: null,
    limit: fault.limit,
    policy: 'host',
  };
  return { verdict: denied('POLICY_INPUT_INVALID'), findings: [finding] };
}

/** The explanation of a row that no engine answered for. */
export function explainHost(code: HostCode): Explanation {
  return { verdict: denied(code), findings: completed(denied(code), []) };
}

/** Findings for exactly the verdict's codes: the host's own have no values to show. */
function completed(verdict: Verdict, found: readonly Finding[]): Finding[] {
  const duties = verdict.outcome === 'allow' ? verdict.obligations.map((obligation) => obligation.code) : [];
  const codes = [...(verdict.outcome === 'deny' ? verdict.codes : []), ...duties];
  const all = [...codes, ...verdict.warnings, ...verdict.dryrun].sort(byCodeUnit);
  return all.map(
    (code) =>
      found.find((finding) => finding.code === code) ?? {
        code,
        field: null,
        want: null,
        limit: null,
        policy: 'host',
      },
  );
}

function readFindings(value: unknown): Finding[] {
  if (!Array.isArray(value)) throw new Error('the policy gave no findings');
  return value.map(({ code, field, want, limit, policy }: Record<string, JsonValue>) => {
    if (typeof code !== 'string' || typeof policy !== 'string')
      throw new Error('a finding has no code or policy');
    return {
      code,
      field: typeof field === 'string' ? field : null,
      want: want ?? null,
      limit: limit ?? null,
      policy,
    };
  });
}

/** METADATA of a code: title, owner, remedy, mode. Undefined for a code that is neither the bundle's nor the host's. */
export function ruleOf(manifest: PolicyManifest, code: string): PolicyRule | undefined {
  const host = Object.hasOwn(HOST_RULES, code) ? HOST_RULES[code as HostCode] : undefined;
  return manifest.rules.find((rule) => rule.code === code) ?? host;
}

export function messageOf(error: unknown): string {
  // The SDK throws strings and plain objects, seldom an Error.
  if (error instanceof Error) return error.message;
  return typeof error === 'string' ? error : String(JSON.stringify(error));
}

// The SDK's declarations name an export that its ES module lacks, and TypeScript's libraries declare WebAssembly only
// for the DOM; both are typed here as far as they are used.
interface LoadedPolicy {
  readonly mem: { readonly buffer: ArrayBuffer };
  readonly wasmInstance: { readonly exports: object };
  evaluate(input: ArrayBuffer, entrypoint: string): unknown;
  setData(data: ArrayBuffer): void;
}

const { loadPolicySync } = (sdk as unknown as { default: unknown }).default as {
  loadPolicySync(module: object, memory: { initial: number; maximum: number }): LoadedPolicy;
};

// ABI 1.2 and later, which OPA 1.x emits; without the first two the SDK warns on the console and goes on.
const OPA_EXPORTS = [
  'opa_wasm_abi_version',
  'opa_wasm_abi_minor_version',
  'opa_eval',
  'opa_json_dump',
  'builtins',
  'entrypoints',
] as const;
type OpaExport = (typeof OPA_EXPORTS)[number];

interface WebAssemblyApi {
  readonly Module: {
    new (wasm: ArrayBuffer): object;
    exports(module: object): { readonly name: string }[];
  };
}

function compile(wasm: ArrayBuffer): object {
  const { Module } = (globalThis as unknown as { WebAssembly: WebAssemblyApi }).WebAssembly;
  let module: object;
  try {
    module = new Module(wasm);
  } catch (error) {
    throw new PolicyRefused('BUNDLE_MALFORMED', messageOf(error));
  }
  const names = new Set(Module.exports(module).map((one) => one.name));
  const missing = OPA_EXPORTS.filter((name) => !names.has(name));
  if (missing.length > 0)
    throw new PolicyRefused('BUNDLE_MALFORMED', `the module lacks ${missing.join(', ')}`);
  return module;
}

/** Names of the builtins that the module expects the host to supply, from the table that it exports. */
function hostBuiltins(loaded: LoadedPolicy): string[] {
  const { builtins, opa_json_dump: dump } = loaded.wasmInstance.exports as Record<
    OpaExport,
    (at?: number) => number
  >;
  const from = dump(builtins());
  const memory = new Uint8Array(loaded.mem.buffer);
  const text = new TextDecoder().decode(memory.subarray(from, memory.indexOf(0, from)));
  return Object.keys(JSON.parse(text));
}
