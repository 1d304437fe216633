// Generated workloads: one seed is one workload, as often as it is asked for, within what the mix says; none of it is kept.
import { expect, it } from 'vitest';
import type { Job } from '../../../simulations/job.ts';
import { type GeneratorSpec, generated } from '../../../simulations/scenarios/generator.ts';

const SPEC: GeneratorSpec = {
  requests: 4000,
  agents: 50,
  departments: 6,
  meanSecondsBetween: 3,
  mix: [
    { weight: 3, claims: { gpu: 1 }, runSeconds: { least: 10, most: 20 }, estimatePercent: 150 },
    { weight: 1, claims: { gpu: 8, cpu: 2 }, model: 'a100', runSeconds: { least: 100, most: 200 }, rank: 1 },
  ],
};

it('one seed is one workload, another seed another', () => {
  const jobs = generated(SPEC, 5);
  expect([...jobs]).toEqual([...jobs]);
  expect([...generated(SPEC, 6)]).not.toEqual([...jobs]);
});

it('keeps to the mix, the means and the bounds', () => {
  const jobs: readonly Job[] = [...generated(SPEC, 1)];
  const big = jobs.filter(({ rank }) => rank === 1);
  expect(big.length / jobs.length).toBeCloseTo(0.25, 1);
  expect(jobs.at(-1)!.submitMs / 4000 / 1000).toBeCloseTo(3, 0);
  expect(new Set(jobs.map(({ department }) => department)).size).toBe(6);
  expect(new Set(jobs.map(({ agent }) => agent)).size).toBe(50);
  expect(new Set(jobs.map(({ shape }) => shape)).size).toBe(2);
  for (const { rank, runMs, estimateMs, models } of jobs) {
    const [least, most] = rank === 1 ? [100_000, 200_000] : [10_000, 20_000];
    expect(runMs >= least && runMs <= most).toBe(true);
    expect(estimateMs).toBe(rank === 1 ? runMs : Math.ceil(runMs * 1.5));
    expect(models).toEqual(rank === 1 ? ['a100'] : []);
  }
});
