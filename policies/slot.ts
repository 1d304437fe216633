// One bundle over one version of the data, in a thread of its own that is started again whenever it is lost.
// Invariants: an evaluation always settles within its deadlines, counted and not measured; what the engine had not decided is denied;
// a policy that runs away on the rows of one department costs the others nothing but time. Called by node.ts and shadow.ts.

import type { PolicyVectors } from './authoring/vectors.ts';
import {
  type Chunk,
  type ChunkAnswer,
  departmentChunks,
  type Gone,
  judge,
  mixedChunks,
  type Step,
  soundPlaces,
} from './batch.ts';
import { type PolicyBundle, type PolicyData, PolicyRefused } from './bundle.ts';
import { NO_CONSTRAINTS, type PolicyConstraints } from './constraints.ts';
import { explainFault, explainHost } from './engine.ts';
import { type Answer, awaited, Thread } from './thread.ts';
import {
  denied,
  type Explanation,
  type HostCode,
  type PolicyBatch,
  type PolicyRow,
  type Verdict,
} from './verdict.ts';
import { ViewMemo } from './viewMemo.ts';
import { viewsOf } from './views.ts';

// Shares of the deadline in tenths. The first pass asks all together and is enough unless a policy runs away; each of the others asks
// department by department, and ends with the one that is to blame. Together they fill the deadline.
const FIRST_TENTHS = 4;
const LATER_TENTHS = 2;
const CHUNK_TENTHS = 1;
const LATER_PASSES = 3;

export interface SlotLimits {
  /** For one batch or one explanation. */
  readonly deadlineMs: number;
  /** For starting a thread with its bundle. */
  readonly startDeadlineMs: number;
  readonly memoryPagesMax: number | undefined;
  /** Of JavaScript, a thread. */
  readonly heapMiBMax: number;
}

/** Rows of one tick that an engine judged, and their Verdicts. */
export interface Judged {
  readonly tick: string;
  readonly rows: readonly PolicyRow[];
  readonly verdicts: readonly Verdict[];
}

/** Is shown what the engine answered, chunk by chunk. Must not throw and must not block. */
export interface Watcher {
  seen(judged: Judged): void;
}

export interface SlotParts {
  readonly bundle: PolicyBundle;
  readonly data: PolicyData;
  /** Held to the bundle before it answers anything. */
  readonly vectors?: PolicyVectors | undefined;
  readonly limits: SlotLimits;
}

interface Foreseen {
  readonly data: PolicyData;
  readonly thread: Thread;
  readonly constraints: PolicyConstraints;
}

export class Slot {
  readonly bundle: PolicyBundle;
  readonly #limits: SlotLimits;
  /** Made with the first evaluation: only then is the manifest known to be sound. */
  #memo: ViewMemo | null | undefined;
  readonly #threads = new Set<Thread>();
  /** Departments on whose rows the policy ran away: asked last, each by itself. */
  readonly #suspects = new Set<string>();
  #data: PolicyData;
  /** As a thread read them; undefined until one has read them under this bundle. */
  #constraints: PolicyConstraints | undefined;
  #starting: Promise<Thread>;
  /** A second thread, made when data is first foreseen; with the active one it changes places. Null: it is lost, and made again. */
  #spare: Promise<Thread | null> = Promise.resolve(null);
  /** What the spare thread would answer by, once it is loaded. */
  #ahead: Foreseen | null = null;
  /** One after the other: each takes the spare thread. */
  #foreseeing: Promise<void> = Promise.resolve();
  #kills = 0;
  #closed = false;

  constructor({ bundle, data, vectors, limits }: SlotParts) {
    this.bundle = bundle;
    this.#data = data;
    this.#limits = limits;
    this.#starting = this.#startThread(vectors);
    void orNull(this.#starting);
  }

  get data(): PolicyData {
    return this.#data;
  }

  get constraints(): PolicyConstraints {
    return this.#constraints ?? NO_CONSTRAINTS;
  }

  /** Rows that nothing had to be asked about, the others, and what is remembered for them; zeros for a bundle without views. */
  get cache(): ViewMemo['counts'] {
    return this.#memo?.counts ?? { hits: 0, misses: 0, entries: 0 };
  }

  /** Threads that were ended at a deadline, or died. */
  get kills(): number {
    return this.#kills;
  }

  get suspects(): readonly string[] {
    return [...this.#suspects];
  }

  /** Throws PolicyRefused if bundle, data or vectors are not sound. */
  async start(): Promise<void> {
    await this.#starting;
  }

  async evaluate(batch: PolicyBatch, watcher?: Watcher): Promise<Verdict[]> {
    const { rows } = batch;
    const refused = denied('POLICY_INPUT_INVALID');
    const verdicts = rows.map(() => refused);
    if (rows.length === 0) return verdicts;
    let chunks = this.#firstChunks(rows);
    for (let pass = 0; pass <= LATER_PASSES; pass += 1) {
      const gone = await this.#pass({ batch, chunks, verdicts, watcher, isFirst: pass === 0 });
      const left = gone === null ? [] : this.#chunksAfter(rows, gone, pass === 0);
      if (left.length === 0) break;
      chunks = left;
    }
    return verdicts;
  }

  async explain(row: PolicyRow): Promise<Explanation> {
    const refused = explainFault(row);
    if (refused) return refused;
    const thread = await this.#livingThread();
    const answer = thread
      ? await thread.within(this.#limits.deadlineMs, () => thread.ask({ kind: 'explain', row }))
      : undefined;
    this.#replaceIfLost(thread);
    if (answer?.kind === 'explained') return answer.explanation;
    return explainHost(answer?.kind === 'lost' ? answer.code : 'POLICY_ERROR');
  }

  /** One chunk as it was encoded for another engine. */
  async answer(chunk: Chunk): Promise<ChunkAnswer> {
    const thread = await this.#livingThread();
    const answer = thread
      ? await thread.within(this.#limits.deadlineMs, () =>
          thread.ask({ kind: 'chunk', chunk }, [chunk.input]),
        )
      : undefined;
    this.#replaceIfLost(thread);
    return chunkAnswer(answer);
  }

  /**
   * Loads data in the spare thread while the active one goes on answering, so that adopting it is a swap. What is refused, or foreseen in
   * vain, is forgotten: `adopt` then loads and tells.
   */
  foresee(data: PolicyData): Promise<void> {
    this.#foreseeing = this.#foreseeing.then(() => this.#load(data));
    return this.#foreseeing;
  }

  async #load(data: PolicyData): Promise<void> {
    if (this.#closed || data === this.#data || data === this.#ahead?.data) return;
    this.#ahead = null;
    const [under, standing] = [this.#data, this.constraints];
    const deadlineMs = this.#limits.startDeadlineMs;
    const found = await this.#spare;
    if (this.#closed) return;
    const isFound = found !== null && !found.isLost;
    const thread = isFound ? found : new Thread(this.#limits.heapMiBMax);
    this.#spare = Promise.resolve(thread);
    const ask = (): Promise<Answer> => thread.ask({ kind: 'data', data, standing });
    const constraints = await orNull(
      isFound ? thread.within(deadlineMs, ask).then(loaded) : this.#loadBundle(thread, { data, standing }),
    );
    if (isFound && thread.isLost && !this.#closed) this.#kills += 1;
    // Constraints stand on those before them: what was adopted meanwhile may have others.
    if (constraints !== null && this.#data === under) this.#ahead = { data, thread, constraints };
  }

  #swap({ data, thread, constraints }: Foreseen): void {
    const active = this.#starting;
    this.#starting = Promise.resolve(thread);
    this.#spare = orNull(active);
    this.#taken(data, constraints);
  }

  #taken(data: PolicyData, constraints: PolicyConstraints): void {
    this.#data = data;
    this.#constraints = constraints;
    this.#ahead = null;
    this.#memo?.clear();
    this.#suspects.clear();
  }

  /** Not during an evaluation. Throws PolicyRefused and changes nothing if the data is not sound. */
  async adopt(data: PolicyData): Promise<void> {
    if (this.#ahead?.data === data && !this.#ahead.thread.isLost) {
      this.#swap(this.#ahead);
      return;
    }
    const thread = await this.#livingThread(this.#limits.startDeadlineMs);
    if (!thread) throw new PolicyRefused('ACTIVATION_TIMEOUT', 'no worker could be started');
    try {
      const { constraints: standing } = this;
      const asked = thread.ask({ kind: 'data', data, standing });
      this.#taken(data, loaded(await thread.within(this.#limits.startDeadlineMs, () => asked)));
    } finally {
      this.#replaceIfLost(thread);
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    await orNull(this.#starting);
    await Promise.all([...this.#threads].map((thread) => thread.end('POLICY_ERROR')));
    await this.#foreseeing;
  }

  #firstChunks(rows: readonly PolicyRow[]): Iterable<readonly number[]> {
    if (this.#suspects.size === 0) return mixedChunks(soundPlaces(rows));
    const sound = [...soundPlaces(rows)];
    const isSuspect = (place: number): boolean => this.#suspects.has((rows[place] as PolicyRow).department);
    return [
      ...mixedChunks(sound.filter((place) => !isSuspect(place))),
      ...departmentChunks(rows, sound.filter(isSuspect)),
    ];
  }

  /** Null: the engine came to the end of the chunks. */
  async #pass(what: {
    readonly batch: PolicyBatch;
    readonly chunks: Iterable<readonly number[]>;
    readonly verdicts: Verdict[];
    readonly watcher: Watcher | undefined;
    readonly isFirst: boolean;
  }): Promise<Gone | null> {
    const { batch, chunks, verdicts, watcher, isFirst } = what;
    const thread = await this.#livingThread();
    // While somebody compares, every row is asked: a candidate that sees only what is new sees no traffic.
    if (this.#memo === undefined) this.#memo = this.#freshMemo();
    const memo = watcher ? this.#freshMemo() : this.#memo;
    const run = async (): Promise<Gone | null> => {
      const steps = judge(this.bundle.manifest, batch, { chunks, memo, verdicts });
      const asked: { readonly places: readonly number[]; readonly answer: Promise<ChunkAnswer> }[] = [];
      let step = steps.next();
      while (!step.done) {
        if (step.value) {
          const { places } = step.value;
          const behind = asked.at(-1)?.answer;
          asked.push({ places, answer: this.#ask(thread, step.value, { batch, isFirst, behind }) });
          step = steps.next();
          continue;
        }
        const oldest = asked.shift();
        const answer = await oldest?.answer;
        step = steps.next(answer);
        if (watcher && oldest && answer?.kind !== 'threw' && answer?.kind !== 'gone')
          watcher.seen({
            tick: batch.tick,
            rows: chosen(batch.rows, oldest.places),
            verdicts: chosen(verdicts, oldest.places),
          });
      }
      return step.value;
    };
    const tenths = isFirst ? FIRST_TENTHS : LATER_TENTHS;
    // Without a thread everything is denied at once: to wait again for each pass would only make the tick later.
    if (!thread) return run().then(() => null);
    const gone = await thread.within(this.#share(tenths), run);
    this.#replaceIfLost(thread);
    return gone;
  }

  async #ask(
    thread: Thread | undefined,
    { chunk, places }: Step,
    how: { batch: PolicyBatch; isFirst: boolean; behind: Promise<ChunkAnswer> | undefined },
  ): Promise<ChunkAnswer> {
    if (!thread) return { kind: 'gone', code: 'POLICY_ERROR' };
    const { rows } = how.batch;
    const isAlone = !how.isFirst || this.#suspects.has((rows[places[0] as number] as PolicyRow).department);
    const asked = (): Promise<Answer> => thread.ask({ kind: 'chunk', chunk }, [chunk.input]);
    if (!isAlone) return chunkAnswer(await asked());
    // Its deadline is for itself: it does not run while another chunk is answered.
    await how.behind;
    return chunkAnswer(await thread.within(this.#share(CHUNK_TENTHS), asked));
  }

  /** Who is to blame stays denied; whoever only stood behind is asked again. */
  #chunksAfter(rows: readonly PolicyRow[], { asked, rest }: Gone, isFirst: boolean): (readonly number[])[] {
    const [department = '', ...others] = new Set(asked.map((place) => (rows[place] as PolicyRow).department));
    if (others.length > 0) return departmentChunks(rows, [...asked, ...rest]);
    this.#suspects.add(department);
    const left = rest.filter((place) => (rows[place] as PolicyRow).department !== department);
    // Of one department alone there is nobody to protect, and asking on would only take longer.
    return isFirst && left.length === 0 ? [] : departmentChunks(rows, left);
  }

  #freshMemo(): ViewMemo | null {
    const views = viewsOf(this.bundle.manifest);
    return views && new ViewMemo(views);
  }

  #share(tenths: number): number {
    return Math.ceil((this.#limits.deadlineMs * tenths) / 10);
  }

  async #startThread(vectors?: PolicyVectors): Promise<Thread> {
    const thread = new Thread(this.#limits.heapMiBMax);
    // A thread that is started again finds what stood, also where the data of now gives none.
    const under = { data: this.#data, standing: this.#constraints, vectors };
    this.#constraints = await this.#loadBundle(thread, under);
    return thread;
  }

  /** The thread is ended where it throws. */
  async #loadBundle(
    thread: Thread,
    under: {
      readonly data: PolicyData;
      readonly standing: PolicyConstraints | undefined;
      readonly vectors?: PolicyVectors | undefined;
    },
  ): Promise<PolicyConstraints> {
    const { data, standing, vectors } = under;
    this.#threads.add(thread);
    void thread.ended.then(() => this.#threads.delete(thread));
    const options = { ...this.bundle, data, memoryPagesMax: this.#limits.memoryPagesMax, standing };
    const load = (): Promise<Answer> => thread.ask({ kind: 'load', options, vectors });
    try {
      return loaded(await thread.within(this.#limits.startDeadlineMs, load));
    } catch (error) {
      await thread.end('POLICY_ERROR');
      throw error;
    }
  }

  /** Undefined if none is there in time: then everything is denied, and the next call looks again. */
  async #livingThread(waitMs: number = this.#limits.deadlineMs): Promise<Thread | undefined> {
    const found = await awaited(orNull(this.#starting), waitMs);
    if (found === undefined || (found !== null && !found.isLost)) return found;
    if (this.#closed) return undefined;
    this.#starting = this.#startThread();
    return (await awaited(orNull(this.#starting), waitMs)) ?? undefined;
  }

  /** At once and not on the next call, so that the next tick finds a warm thread. */
  #replaceIfLost(thread: Thread | undefined): void {
    if (!thread?.isLost || this.#closed) return;
    this.#kills += 1;
    this.#starting = this.#startThread();
    void orNull(this.#starting);
  }
}

function chosen<T>(list: readonly T[], places: readonly number[]): T[] {
  return places.map((place) => list[place] as T);
}

function orNull<T>(promise: Promise<T>): Promise<T | null> {
  return promise.catch(() => null);
}

function loaded(answer: Answer): PolicyConstraints {
  if (answer.kind === 'refused') throw new PolicyRefused(answer.code, answer.message.replace(/^\w+: /, ''));
  if (answer.kind !== 'loaded')
    throw new PolicyRefused('ACTIVATION_TIMEOUT', 'the worker did not load the bundle');
  return answer.constraints;
}

function chunkAnswer(answer: Answer | undefined): ChunkAnswer {
  if (answer?.kind === 'chunk') return answer.answer;
  const code: HostCode = answer?.kind === 'lost' ? answer.code : 'POLICY_ERROR';
  return { kind: 'gone', code };
}
