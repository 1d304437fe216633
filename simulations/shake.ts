// Input shaking: each submit moves a little, so that several runs of one trace tell chance from difference (Tsafrir, Ouaknine, Feitelson:
// "Reducing performance evaluation sensitivity and variability by input shaking", MASCOTS 2007). Called by compare.ts.

import type { Job } from './job.ts';
import { Chance } from './world/chance.ts';

/** Far below what people notice, far above what ties two jobs together. */
export const SHAKE_MS = 60_000;

/** Null: as they are. Seed by seed another order of almost the same jobs; submits, deadlines and places in the order move, nothing else. */
export function shaken(jobs: readonly Job[], seed: number | null): readonly Job[] {
  if (seed === null) return jobs;
  const chance = new Chance(seed);
  const moved = jobs.map((job) => ({ ...job, submitMs: job.submitMs + chance.below(SHAKE_MS) }));
  moved.sort((a, b) => a.submitMs - b.submitMs || a.index - b.index);
  return moved.map((job, index) => ({ ...job, index }));
}

/** The same jobs in less time, or more: 120 is a fifth more work an hour. Run times stay. Called by the planner. */
export function demandOf(jobs: readonly Job[], percent: number): readonly Job[] {
  if (percent === 100) return jobs;
  return jobs.map(({ deadlineMs, ...job }) => {
    const submitMs = Math.round((job.submitMs * 100) / percent);
    const deadline = deadlineMs === undefined ? {} : { deadlineMs: deadlineMs + submitMs - job.submitMs };
    return { ...job, ...deadline, submitMs };
  });
}
