// The loop of one cell: be elected, load, tick when there is something to do, step down when the epoch is lost.
// Invariant: one tick decides at a time, while the one before it may be on its way to the database (commitLine.ts); after any failure the memory is thrown away and loaded again, so that it can never drift from the database.

import { CommitLine } from './commitLine.ts';
import type { Instant } from './domain/quantity.ts';
import type { State } from './domain/state.ts';
import { newMemo } from './formulate/index.ts';
import type { Heartbeats } from './lifecycle.ts';
import type { SchedulerPorts } from './ports.ts';
import { recollect } from './recollect.ts';
import { CheckpointWriting } from './replay/writing.ts';
import { runTick, type TickCarry, type TickResult } from './tick.ts';

/** What was audited without a tick is chained at least once a second; ticks that find nothing to do come every 100 ms. */
const SEAL_MS = 800;

export interface RunnerSettings {
  readonly cell: string;
  /** Rows folded by one tick at most: bounds the tick, the rest is the next one's. */
  readonly intakeRowsMax: number;
  /** Wait between looks at the intake when nobody wakes us. Bounds the delay of time-driven work and of a lost wake-up hint. */
  readonly pollMs: number;
  /** Least time between two starts of a tick: batches what arrives meanwhile, bounds the commits per second. */
  readonly intervalMs: number;
  readonly heartbeatPollMs: number;
  /** A quarter of the lease row's time to live, so that three renewals may fail. */
  readonly renewMs: number;
  /** Pause before another election attempt, and after a failure. */
  readonly electionMs: number;
}

export type RunnerEvent =
  | { readonly type: 'elected'; readonly epoch: number }
  | {
      readonly type: 'steppedDown';
      readonly epoch: number;
      readonly why: 'epochLost' | 'stopped' | 'failure';
    }
  | { readonly type: 'failure'; readonly error: unknown };

export interface Runner {
  /** A hint that there is something to do; losing it costs at most `pollMs`. */
  wake(): void;
  /** A hint that leadership may be had; losing it costs at most `electionMs`. */
  stand(): void;
  /** The leader's memory, or null while not leading. Readers must not keep it across an await. */
  state(): State | null;
  stop(): Promise<void>;
}

export function startRunner(
  ports: SchedulerPorts,
  settings: RunnerSettings,
  report: (event: RunnerEvent) => void,
): Runner {
  const loop = new RunnerLoop(ports, settings, report);
  const done = loop.run();
  return {
    wake: () => loop.wake(),
    stand: () => loop.stand(),
    state: () => loop.leading,
    stop: async () => {
      loop.halt();
      await done;
    },
  };
}

/** From one row back to 5,000 in 208 ticks, about 4 s; a batch that really is too big is tried, and fails, in one of 17 ticks. */
const FULL_BATCHES = 16;

class RunnerLoop {
  leading: State | null = null;
  readonly #ports: SchedulerPorts;
  readonly #settings: RunnerSettings;
  readonly #report: (event: RunnerEvent) => void;
  readonly #stopping = new AbortController();
  #woken = false;
  /** Halved by a tick that failed; doubled again by a run of ticks that did not, for what failed may have been the line and not the batch. */
  #rowsMax: number;
  /** Full batches committed since the last change of `#rowsMax`. */
  #fullBatches = 0;
  /** Only while resting: a wake-up in the middle of a turn needs no signal, and an abort costs an exception with its stack. */
  #pause: AbortController | null = null;
  /** Only between two elections. */
  #waiting: AbortController | null = null;

  constructor(ports: SchedulerPorts, settings: RunnerSettings, report: (event: RunnerEvent) => void) {
    this.#ports = ports;
    this.#settings = settings;
    this.#rowsMax = settings.intakeRowsMax;
    this.#report = report;
  }

  wake(): void {
    this.#woken = true;
    this.#pause?.abort();
    this.#pause = null;
  }

  stand(): void {
    this.#waiting?.abort();
  }

  halt(): void {
    this.#stopping.abort();
    this.wake();
    this.stand();
  }

  async run(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      try {
        await this.#term();
      } catch (error) {
        this.#report({ type: 'failure', error });
      }
      if (this.#stopping.signal.aborted) return;
      this.#waiting = new AbortController();
      await this.#ports.timers.sleep(this.#settings.electionMs, this.#waiting.signal);
      this.#waiting = null;
    }
  }

  /** One term of office, from election to stepping down. */
  async #term(): Promise<void> {
    const { leadership, stateSource } = this.#ports;
    const { cell } = this.#settings;
    const epoch = await leadership.acquire(cell);
    if (epoch === null) return;
    this.#report({ type: 'elected', epoch });
    const term = new AbortController();
    const renewing = this.#renew(epoch, term);
    const line = new CommitLine(this.#ports);
    const ports = { ...this.#ports, store: line, observer: line };
    let why: 'epochLost' | 'stopped' | 'failure' = 'failure';
    try {
      this.leading = recollect(await stateSource.load(cell, epoch));
      why = await this.#lead({ ports, line, state: this.leading }, term.signal);
    } finally {
      this.leading = null;
      term.abort();
      await line.settled().catch(() => undefined);
      await renewing;
      this.#report({ type: 'steppedDown', epoch, why });
      if (why !== 'epochLost') await leadership.release(cell, epoch);
    }
  }

  async #renew(epoch: number, term: AbortController): Promise<void> {
    const { leadership, timers } = this.#ports;
    while (!term.signal.aborted) {
      await timers.sleep(this.#settings.renewMs, term.signal);
      if (term.signal.aborted) return;
      const ours = await leadership.renew(this.#settings.cell, epoch).catch((error: unknown) => {
        this.#report({ type: 'failure', error });
        return true;
      });
      if (ours) continue;
      term.abort();
      this.#pause?.abort();
    }
  }

  async #lead(term: Term, signal: AbortSignal): Promise<'epochLost' | 'stopped'> {
    const { state, line } = term;
    // The first turn decides anew about all who wait: the term before may have ended on a promise of another turn.
    const carry: TickCarry = { memo: newMemo(), unfinished: true };
    const heartbeats = new HeartbeatTail(this.#ports, this.#settings);
    const checkpoints = new CheckpointWriting(this.#ports, (error) =>
      this.#report({ type: 'failure', error }),
    );
    let sealedAtMs = Number.NEGATIVE_INFINITY;
    this.#woken = true;
    while (!signal.aborted) {
      const startedMs = this.#ports.stopwatch.elapsedMs();
      const result = await this.#turn(term, { carry, heartbeats: await heartbeats.next() });
      if (result.type === 'epochLost') return 'epochLost';
      if (result.type === 'committed') {
        checkpoints.sent({ state, carry }, { now: result.commit.record.now, arrived: line.settled() });
        sealedAtMs = startedMs;
      } else if (startedMs - sealedAtMs >= SEAL_MS) {
        sealedAtMs = startedMs;
        if ((await this.#ports.sealer?.seal(state.cell, state.epoch)) === 'epochLost') return 'epochLost';
      }
      if (this.#stopping.signal.aborted) {
        if ((await line.settled()) === 'epochLost') return 'epochLost';
        await checkpoints.settled();
        return 'stopped';
      }
      if (carry.unfinished) this.#woken = true;
      await this.#rest(startedMs);
    }
    return 'epochLost';
  }

  async #turn(
    { ports, line, state }: Term,
    work: { carry: TickCarry; heartbeats: Heartbeats },
  ): Promise<TickResult> {
    this.#woken = false;
    const intake = await line.take(this.#ports.intake, this.#settings.cell, this.#rowsMax);
    const { length } = intake.rows;
    if (length === this.#rowsMax) this.#woken = true;
    const sent = line.settled();
    try {
      const result = await runTick(ports, state, { intake, ...work });
      this.#widen(length);
      // A turn that sends nothing is the one that learns how the last commit ended.
      if (result.type === 'idle' && (await sent) === 'epochLost') return { type: 'epochLost' };
      return result;
    } catch (error) {
      // A batch too big to be committed in time would be as big in every term to come.
      const tried = (await hasFailed(sent)) ? line.rowsSent : length;
      if (tried > 0) this.#rowsMax = Math.ceil(tried / 2);
      this.#fullBatches = 0;
      throw error;
    }
  }

  #widen(rows: number): void {
    const { intakeRowsMax } = this.#settings;
    if (rows < this.#rowsMax) this.#rowsMax = intakeRowsMax;
    else if (++this.#fullBatches >= FULL_BATCHES) this.#rowsMax = Math.min(intakeRowsMax, 2 * this.#rowsMax);
    else return;
    this.#fullBatches = 0;
  }

  /** Until the interval is over and somebody wakes us, or the poll is due. */
  async #rest(startedMs: number): Promise<void> {
    const { timers, stopwatch } = this.#ports;
    const tookMs = stopwatch.elapsedMs() - startedMs;
    if (tookMs < this.#settings.intervalMs)
      await timers.sleep(this.#settings.intervalMs - tookMs, this.#stopping.signal);
    if (this.#woken || this.#stopping.signal.aborted) return;
    this.#pause = new AbortController();
    await timers.sleep(this.#settings.pollMs, this.#pause.signal);
    this.#pause = null;
  }
}

/** What one term of office works on. */
interface Term {
  readonly ports: SchedulerPorts;
  readonly state: State;
  readonly line: CommitLine;
}

const hasFailed = (sent: Promise<unknown>): Promise<boolean> =>
  sent.then(
    () => false,
    () => true,
  );

/** Reads heartbeats at most every `heartbeatPollMs`; silence counts only up to the last read. */
class HeartbeatTail {
  readonly #ports: SchedulerPorts;
  readonly #settings: RunnerSettings;
  #since = 0;
  #listensSince: Instant | null = null;
  #readAtMs = Number.NEGATIVE_INFINITY;

  constructor(ports: SchedulerPorts, settings: RunnerSettings) {
    this.#ports = ports;
    this.#settings = settings;
  }

  async next(): Promise<Heartbeats> {
    const nowMs = this.#ports.stopwatch.elapsedMs();
    if (this.#listensSince !== null && nowMs - this.#readAtMs < this.#settings.heartbeatPollMs)
      return { heard: [], heardThrough: this.#since, listensSince: this.#listensSince };
    this.#readAtMs = nowMs;
    const { heard, readThrough } = await this.#ports.heartbeats.since(this.#settings.cell, this.#since);
    this.#since = readThrough;
    this.#listensSince ??= readThrough;
    return { heard, heardThrough: readThrough, listensSince: this.#listensSince };
  }
}
