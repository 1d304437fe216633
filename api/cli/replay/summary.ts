// What a replay found out, and how it is printed.

import type { CommandIo } from '../io.ts';

export interface ReplaySummary {
  readonly submitted: number;
  readonly granted: number;
  readonly denied: number;
  /** Refused at submit: no pool could ever hold it. */
  readonly neverFitting: number;
  /** Still waiting when everything else had ended; cancelled. */
  readonly unplaced: number;
  readonly waitSeconds: { readonly p50: number; readonly p99: number };
  readonly submitToDecisionMs: { readonly p50: number; readonly p99: number };
  /** Share of all GPU thousandths held, over the time of the replay. */
  readonly gpuAllocation: { readonly mean: number; readonly peak: number };
  readonly largestGap: number;
  readonly ticks: number;
  readonly wallSeconds: number;
  readonly speed: number;
  readonly agents: number;
}

export function printSummary(summary: ReplaySummary, io: CommandIo): void {
  const percent = (share: number): string => `${(share * 100).toFixed(2)} %`;
  const { waitSeconds, submitToDecisionMs, gpuAllocation } = summary;
  io.out(`submitted            ${summary.submitted}`);
  io.out(`granted              ${summary.granted}`);
  io.out(`denied               ${summary.denied}`);
  io.out(`never fitting        ${summary.neverFitting}`);
  io.out(`unplaced at the end  ${summary.unplaced}`);
  io.out(`wait                 p50 ${waitSeconds.p50.toFixed(3)} s, p99 ${waitSeconds.p99.toFixed(3)} s`);
  io.out(
    `submit to decision   p50 ${submitToDecisionMs.p50.toFixed(1)} ms, p99 ${submitToDecisionMs.p99.toFixed(1)} ms`,
  );
  io.out(`GPU allocation       mean ${percent(gpuAllocation.mean)}, peak ${percent(gpuAllocation.peak)}`);
  io.out(`largest gap          ${percent(summary.largestGap)} over ${summary.ticks} ticks`);
  io.out(
    `took                 ${summary.wallSeconds.toFixed(1)} s at ${summary.speed} trace seconds a second, ${summary.agents} agents`,
  );
}

/** The value below which `share` of the sorted sample lies; 0 of an empty one. */
export function percentile(sample: readonly number[], share: number): number {
  const sorted = [...sample].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? 0;
}
