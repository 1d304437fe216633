// One line a second about what the scheduler did: the pulse of `annona start`. An observer of commits that keeps sums only.

import type { CommitObserver, TickCommit } from '../../scheduler/index.ts';

export interface Pulse extends CommitObserver {
  /** The line of the time since the last call, and a fresh start. */
  line(): string;
  /** Totals since the start. */
  totals(): {
    readonly granted: number;
    readonly waiting: number;
    readonly denied: number;
    readonly ticks: number;
  };
}

interface Sums {
  pending: number;
  granted: number;
  waiting: number;
  denied: number;
  ticks: number;
  worstGap: number;
  slowestMs: number;
}

export function createPulse(): Pulse {
  const total = emptySums();
  let since = emptySums();
  return {
    committed(commit) {
      note(total, commit);
      note(since, commit);
    },
    line() {
      const { pending, granted, waiting, denied, ticks, worstGap, slowestMs } = since;
      const gap = `${(worstGap * 100).toFixed(2)} %`;
      const text = [
        `pending ${pad(pending)}`,
        `granted ${pad(granted)}`,
        `waiting ${pad(waiting)}`,
        `denied ${pad(denied)}`,
        `worst gap ${gap.padStart(7)}`,
        `slowest tick ${slowestMs.toFixed(1).padStart(6)} ms of ${ticks}`,
      ].join('  ');
      since = { ...emptySums(), pending };
      return text;
    },
    totals: () => total,
  };
}

function emptySums(): Sums {
  return { pending: 0, granted: 0, waiting: 0, denied: 0, ticks: 0, worstGap: 0, slowestMs: 0 };
}

function note(sums: Sums, { record }: TickCommit): void {
  const { counts, timings, stages } = record;
  sums.pending = counts.pending;
  sums.granted += counts.granted;
  sums.waiting += counts.waiting;
  sums.denied += counts.denied;
  sums.ticks += 1;
  sums.worstGap = Math.max(sums.worstGap, ...stages.map((stage) => stage.gap));
  const tookMs = timings.foldMs + timings.gateMs + timings.formulateMs + timings.solveMs + timings.decodeMs;
  sums.slowestMs = Math.max(sums.slowestMs, tookMs);
}

function pad(count: number): string {
  return String(count).padStart(4);
}
