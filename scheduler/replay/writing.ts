// Writes checkpoints beside the ticks: every 1,000 ticks or 60 s one is frozen behind a tick, and written in pieces while the next ticks run.
// Invariant: one at a time, and a tick waits for none of it but the copy; a failure is reported and costs a longer replay, nothing else.
// Called by runner.ts.

import type { SchedulerPorts } from '../ports.ts';
import { checkpointLines, freezeStanding, type Standing } from './checkpoint.ts';

/** Deciding 1,000 ticks again takes seconds to a minute. */
const TICKS_MOST = 1000;
const AGE_MOST_MS = 60_000;
/** About a tenth of a millisecond a line: the event loop is free again after a few. */
const LINES_A_PIECE = 50;

export class CheckpointWriting {
  readonly #ports: SchedulerPorts;
  readonly #report: (error: unknown) => void;
  #last: { readonly tick: number; readonly at: number } | null = null;
  #writing: Promise<void> | null = null;

  constructor(ports: SchedulerPorts, report: (error: unknown) => void) {
    this.#ports = ports;
    this.#report = report;
  }

  /**
   * After a tick was sent, before anything else changes the state; what is frozen is written once the commit has arrived, and dropped if it
   * did not. `now`: the tick's. The first commit of a term makes one.
   */
  sent(
    standing: Standing,
    { now, arrived }: { now: number; arrived: Promise<'committed' | 'epochLost'> },
  ): void {
    const { checkpoints } = this.#ports;
    const { tick } = standing.state;
    if (checkpoints === undefined || this.#writing !== null) return;
    const last = this.#last;
    if (last !== null && tick - last.tick < TICKS_MOST && now - last.at < AGE_MOST_MS) return;
    this.#last = { tick, at: now };
    const { cell, epoch, tickDigest } = standing.state;
    const frozen = freezeStanding(standing);
    const keep = (): Promise<unknown> =>
      checkpoints.keep({ cell, tick, epoch, tickDigest }, this.#pieces(frozen));
    this.#writing = arrived
      .then(
        (outcome) => (outcome === 'committed' ? keep().catch(this.#report) : undefined),
        // The loop reports a commit that failed.
        () => undefined,
      )
      .then(() => {
        this.#writing = null;
      });
  }

  /** When the one under way is written. */
  async settled(): Promise<void> {
    await this.#writing;
  }

  async *#pieces(frozen: Standing): AsyncGenerator<string> {
    let lines: string[] = [];
    for (const line of checkpointLines(frozen)) {
      lines.push(line);
      if (lines.length < LINES_A_PIECE) continue;
      yield lines.join('');
      lines = [];
      await this.#ports.timers.sleep(0);
    }
    yield lines.join('');
  }
}
