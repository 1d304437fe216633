// The policy service of a process: bundles from disk, the engine in a worker thread, a watchdog over it.
// Invariants: an evaluation always settles, and what the engine had not decided when it was ended is denied.
// Called by api/roles and by tests; everything else asks the port in service.ts.
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { type ChunkAnswer, judge } from './batch.ts';
import {
  type PolicyBundle,
  type PolicyData,
  type PolicyManifest,
  PolicyRefused,
  verifyBundle,
} from './bundle.ts';
import { NO_CONSTRAINTS, type PolicyConstraints } from './constraints.ts';
import { explainFault, explainHost, ruleOf } from './engine.ts';
import { type PolicyActivation, type PolicyService, type ServiceOptions, turns } from './service.ts';
import { type Answer, Thread } from './thread.ts';
import type { Explanation, PolicyBatch, PolicyRow, PolicyRule, Verdict } from './verdict.ts';

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

// A tick must be decided within a second; 2,000 rows take about 10 ms, so only a runaway policy comes near.
const DEADLINE_MS = 1_000;
// Starting a thread, compiling and setting 1 MB of data takes 0.1 to 0.5 s on a loaded machine of two cores.
const START_DEADLINE_MS = 30_000;

export interface WorkerPolicyOptions extends ServiceOptions {
  /** For one batch or one explanation; then the worker is ended and everything undecided denied. */
  readonly deadlineMs?: number;
  readonly startDeadlineMs?: number;
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

/** The service over a worker thread. Throws PolicyRefused if the first bundle or data is not sound. */
export async function workerPolicy(options: WorkerPolicyOptions): Promise<PolicyService> {
  const service = new WorkerPolicy(options);
  await service.start();
  return service;
}

interface Active {
  readonly bundle: PolicyBundle;
  readonly data: PolicyData;
  /** As they stand; undefined until a thread has read them under this bundle. */
  readonly constraints?: PolicyConstraints | undefined;
}

class WorkerPolicy implements PolicyService {
  readonly #deadlineMs: number;
  readonly #startDeadlineMs: number;
  readonly #memoryPagesMax: number | undefined;
  readonly #turns = turns();
  readonly #threads = new Set<Thread>();
  #active: Active;
  #starting: Promise<Thread>;

  constructor({ bundle, data, memoryPagesMax, deadlineMs, startDeadlineMs }: WorkerPolicyOptions) {
    this.#active = { bundle, data };
    this.#memoryPagesMax = memoryPagesMax;
    this.#deadlineMs = deadlineMs ?? DEADLINE_MS;
    this.#startDeadlineMs = startDeadlineMs ?? START_DEADLINE_MS;
    this.#starting = this.#startThread();
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
    return this.#active.constraints ?? NO_CONSTRAINTS;
  }

  rule(code: string): PolicyRule | undefined {
    return ruleOf(this.manifest, code);
  }

  async start(): Promise<void> {
    await this.#starting;
  }

  evaluate(batch: PolicyBatch): Promise<Verdict[]> {
    return this.#turns.take(async () => {
      const thread = await this.#livingThread();
      const verdicts = await this.#within(thread, async () => {
        const steps = judge(this.manifest, batch);
        let step = steps.next();
        while (!step.done) {
          const chunk = step.value;
          step = steps.next(chunkAnswer(await thread?.ask({ kind: 'chunk', chunk }, [chunk.input])));
        }
        return step.value;
      });
      this.#replaceIfLost(thread);
      return verdicts;
    });
  }

  explain(row: PolicyRow): Promise<Explanation> {
    return this.#turns.take(async () => {
      const refused = explainFault(row);
      if (refused) return refused;
      const thread = await this.#livingThread();
      const answer = await this.#within(thread, async () => thread?.ask({ kind: 'explain', row }));
      this.#replaceIfLost(thread);
      if (answer?.kind === 'explained') return answer.explanation;
      return explainHost(answer?.kind === 'lost' ? answer.code : 'POLICY_ERROR');
    });
  }

  activate(next: PolicyActivation): Promise<void> {
    return this.#turns.take(async () => {
      const { bundle, data, constraints: standing } = this.#active;
      const constraints = next.bundle === undefined ? standing : undefined;
      const wanted = { bundle: next.bundle ?? bundle, data: next.data ?? data, constraints };
      const thread = await this.#livingThread();
      if (!thread) throw new PolicyRefused('ACTIVATION_TIMEOUT', 'no worker could be started');
      try {
        this.#active = await this.#load(thread, wanted);
      } finally {
        this.#replaceIfLost(thread);
      }
    });
  }

  async close(): Promise<void> {
    await this.#turns.close();
    await this.#starting.catch(() => undefined);
    await Promise.all([...this.#threads].map((thread) => thread.end('POLICY_ERROR')));
  }

  async #startThread(): Promise<Thread> {
    const thread = new Thread();
    this.#threads.add(thread);
    void thread.ended.then(() => this.#threads.delete(thread));
    try {
      this.#active = await this.#load(thread, this.#active);
    } catch (error) {
      await thread.end('POLICY_ERROR');
      throw error;
    }
    return thread;
  }

  /** `active` with its constraints as the thread read them. */
  async #load(thread: Thread, active: Active): Promise<Active> {
    const { bundle, data, constraints: standing } = active;
    const options = { ...bundle, data, memoryPagesMax: this.#memoryPagesMax, standing };
    const answer = await thread.within(this.#startDeadlineMs, () => thread.ask({ kind: 'load', options }));
    if (answer.kind === 'refused') throw new PolicyRefused(answer.code, answer.message);
    if (answer.kind !== 'loaded')
      throw new PolicyRefused('ACTIVATION_TIMEOUT', 'the worker did not load the bundle');
    return { bundle, data, constraints: answer.constraints };
  }

  /** Undefined if no thread can be started: then everything is denied, and the next call tries again. */
  async #livingThread(): Promise<Thread | undefined> {
    const thread = await this.#starting.catch(() => undefined);
    if (thread && !thread.isLost) return thread;
    this.#starting = this.#startThread();
    return this.#starting.catch(() => undefined);
  }

  #within<T>(thread: Thread | undefined, act: () => Promise<T>): Promise<T> {
    return thread ? thread.within(this.#deadlineMs, act) : act();
  }

  /** At once and not on the next call, so that the next tick finds a warm thread. */
  #replaceIfLost(thread: Thread | undefined): void {
    if (!thread?.isLost) return;
    this.#starting = this.#startThread();
    this.#starting.catch(() => undefined);
  }
}

function chunkAnswer(answer: Answer | undefined): ChunkAnswer {
  if (answer?.kind === 'chunk') return answer.answer;
  return { kind: 'gone', code: answer?.kind === 'lost' ? answer.code : 'POLICY_ERROR' };
}
