// The policy service of a process: bundles from disk, the engine in a worker thread, a watchdog over it.
// Invariants: an evaluation always settles, and what the engine had not decided when it was ended is denied.
// Called by api/roles and by tests; everything else asks the port in service.ts.
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import {
  type PolicyBundle,
  type PolicyData,
  type PolicyManifest,
  PolicyRefused,
  verifyBundle,
} from './bundle.ts';
import type { PolicyConstraints } from './constraints.ts';
import { ruleOf } from './engine.ts';
import { RuleHits } from './ruleHits.ts';
import {
  type LivePolicy,
  type PolicyActivation,
  type PolicyCandidate,
  type PolicyStanding,
  type PreparedPolicy,
  type ServiceOptions,
  turns,
} from './service.ts';
import { Shadow } from './shadow.ts';
import type { ShadowReport } from './shadowReport.ts';
import { Slot, type SlotLimits } from './slot.ts';
import { HEAP_MIB_MAX } from './thread.ts';
import type { Explanation, PolicyBatch, PolicyRow, PolicyRule, Verdict } from './verdict.ts';

export { type PackedCompiler, packedCompiler } from './authoring/module.ts';
export { type CompilerOptions, type PolicyCompiler, policyCompiler } from './authoring/node.ts';
export {
  type CompilerAnswer,
  CompilerFault,
  type CompilerRequest,
  type CoverageFile,
  type PolicyCoverage,
  type PolicyProblem,
  type PolicySource,
  type TestResult,
} from './authoring/protocol.ts';
export { readPolicySources, type SourcesRead, stableName } from './authoring/sources.ts';
export {
  type ConstraintResult,
  heldConstraints,
  type PolicyVectors,
  parseVectors,
  runVectors,
  type VectorResult,
} from './authoring/vectors.ts';

export {
  BUNDLE_BYTES_MAX,
  newSigningKey,
  openSignedBundle,
  type SignedBundle,
  signBundle,
  type TrustedKey,
  trustedKeys,
} from './signedBundle.ts';

// A tick must be decided within a second; 2,000 rows take about 10 ms, so only a runaway policy comes near.
const DEADLINE_MS = 1_000;
// Starting a thread, compiling and setting 1 MB of data takes 0.1 to 0.5 s on a loaded machine of two cores.
const START_DEADLINE_MS = 30_000;

export interface WorkerPolicyOptions extends ServiceOptions {
  /** For one batch or one explanation; then the worker is ended and everything undecided denied. */
  readonly deadlineMs?: number;
  readonly startDeadlineMs?: number;
  /** JavaScript's heap of a worker thread, MiB; default 256. A thread that needs more is ended, and what it was asked denied. */
  readonly heapMiBMax?: number;
}

/** The policies that ship with the product. */
export function defaultBundle(): Promise<PolicyBundle> {
  return readBundle(fileURLToPath(new URL('./rego/default', import.meta.url)));
}

/** Reads `PREFIX.wasm` and `PREFIX.manifest.json` and checks one against the other. Throws PolicyRefused. */
export async function readBundle(prefix: string): Promise<PolicyBundle> {
  const [wasm, text] = await Promise.all([
    readFile(`${prefix}.wasm`),
    readFile(`${prefix}.manifest.json`, 'utf8'),
  ]);
  let manifest: unknown;
  try {
    manifest = JSON.parse(text);
  } catch {
    throw new PolicyRefused('BUNDLE_MALFORMED', `${prefix}.manifest.json is not JSON`);
  }
  // readFile's Buffer may be a view into a shared pool: its own bytes, and no others.
  return verifyBundle({ wasm: new Uint8Array(wasm).buffer, manifest });
}

/** The service over worker threads. Throws PolicyRefused if the first bundle or data is not sound. */
export async function workerPolicy(options: WorkerPolicyOptions): Promise<LivePolicy> {
  const service = new WorkerPolicy(options);
  await service.start();
  return service;
}

interface Shadowing {
  readonly slot: Slot;
  readonly shadow: Shadow;
}

class WorkerPolicy implements LivePolicy {
  readonly #limits: SlotLimits;
  readonly #turns = turns();
  #hits = new RuleHits();
  #active: Slot;
  /** What was active before, ready to be it again. */
  #kept: Slot | null = null;
  #shadowing: Shadowing | null = null;

  constructor(options: WorkerPolicyOptions) {
    this.#limits = {
      deadlineMs: options.deadlineMs ?? DEADLINE_MS,
      startDeadlineMs: options.startDeadlineMs ?? START_DEADLINE_MS,
      memoryPagesMax: options.memoryPagesMax,
      heapMiBMax: options.heapMiBMax ?? HEAP_MIB_MAX,
    };
    this.#active = new Slot({ ...options, limits: this.#limits });
  }

  get revision(): string {
    return this.manifest.revision;
  }

  get dataRevision(): string {
    return this.#active.data.revision;
  }

  get manifest(): PolicyManifest {
    return this.#active.bundle.manifest;
  }

  get constraints(): PolicyConstraints {
    return this.#active.constraints;
  }

  rule(code: string): PolicyRule | undefined {
    return ruleOf(this.manifest, code);
  }

  async start(): Promise<void> {
    try {
      await this.#active.start();
    } catch (error) {
      await this.#active.close();
      throw error;
    }
  }

  evaluate(batch: PolicyBatch): Promise<Verdict[]> {
    return this.#turns.take(async () => {
      const verdicts = await this.#active.evaluate(batch, this.#shadowing?.shadow);
      this.#hits.count(verdicts);
      return verdicts;
    });
  }

  explain(row: PolicyRow): Promise<Explanation> {
    return this.#turns.take(() => this.#active.explain(row));
  }

  async activate({ bundle, data }: PolicyActivation): Promise<void> {
    if (bundle) {
      const { slot } = await this.#open({ bundle }, data ?? this.#active.data);
      await this.#commit(slot, data);
    } else if (data) {
      await this.#turns.take(async () => {
        await this.#active.adopt(data);
        this.#shadowAdopts(data);
      });
    }
  }

  foresee(data: PolicyData): Promise<void> {
    return this.#active.foresee(data);
  }

  async prepare(next: PolicyCandidate): Promise<PreparedPolicy> {
    const { slot, isOurs } = await this.#open(next, this.#active.data);
    return {
      revision: next.bundle.manifest.revision,
      commit: () => this.#commit(slot),
      discard: async () => {
        if (isOurs) await slot.close();
      },
    };
  }

  async shadow(
    next: PolicyCandidate | null,
    onTick: (report: ShadowReport) => void = () => {},
  ): Promise<void> {
    if (next === null) return this.#endShadow();
    const slot = new Slot({ ...next, data: this.#active.data, limits: this.#limits });
    await slot.start().catch(async (error: unknown) => {
      await slot.close();
      throw error;
    });
    await this.#turns.take(async () => {
      await this.#endShadow();
      const shadow = new Shadow({
        candidate: next.bundle.manifest,
        answer: (chunk) => slot.answer(chunk),
        onTick,
      });
      this.#shadowing = { slot, shadow };
      if (slot.data !== this.#active.data) this.#shadowAdopts(this.#active.data);
    });
  }

  standing(): PolicyStanding {
    const { cache, kills, suspects } = this.#active;
    return {
      revision: this.revision,
      kept: this.#kept?.bundle.manifest.revision ?? null,
      rows: this.#hits.rows,
      rules: this.#hits.uses(this.manifest),
      cache,
      kills,
      suspects,
      shadow: this.#shadowing?.shadow.report() ?? null,
    };
  }

  async close(): Promise<void> {
    await this.#turns.close();
    await Promise.all([this.#active.close(), this.#kept?.close(), this.#endShadow()]);
  }

  /** `isOurs`: made here, and to be closed if it is not wanted. */
  async #open(next: PolicyCandidate, data: PolicyData): Promise<{ slot: Slot; isOurs: boolean }> {
    const ready = [this.#active, this.#kept].find((slot) => slot && isSame(slot.bundle, next.bundle));
    if (ready) return { slot: ready, isOurs: false };
    const slot = new Slot({ ...next, data, limits: this.#limits });
    try {
      await slot.start();
    } catch (error) {
      await slot.close();
      throw error;
    }
    return { slot, isOurs: true };
  }

  #commit(slot: Slot, data?: PolicyData): Promise<void> {
    return this.#turns.take(async () => {
      const wanted = data ?? this.#active.data;
      if (slot.data !== wanted) await slot.adopt(wanted);
      if (slot === this.#active) return;
      const [active, kept] = [this.#active, this.#kept];
      this.#active = slot;
      this.#kept = active;
      this.#hits = new RuleHits();
      // What a candidate was compared with is gone, and with it what the comparison says.
      await Promise.all([this.#endShadow(), kept === slot ? undefined : kept?.close()]);
    });
  }

  async #endShadow(): Promise<void> {
    const ending = this.#shadowing;
    this.#shadowing = null;
    await ending?.slot.close();
  }

  /** A candidate that refuses the data has nothing to be compared by. */
  #shadowAdopts(data: PolicyData): void {
    const shadowing = this.#shadowing;
    if (!shadowing) return;
    void shadowing.shadow.without(() => shadowing.slot.adopt(data)).catch(() => this.#endShadow());
  }
}

function isSame(a: PolicyBundle, b: PolicyBundle): boolean {
  return a.manifest.revision === b.manifest.revision && a.manifest.wasm.sha256 === b.manifest.wasm.sha256;
}
