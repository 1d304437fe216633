// What the instances of bench/solver.ts are made of: seeded draws and the fixed part of their organisation.
// Invariant: a seed is an instance, on every machine. Called by instance.ts.
import { seededDraw } from '../syntheticTick.ts';

export type Draw = ReturnType<typeof seededDraw>;
export { seededDraw };

export const DEPARTMENTS = 20;
/** Departments next to each other lend to one another. */
export const DEPARTMENTS_OF_COHORT = 5;
export const REQUESTS_OF_AGENT = 5;
export const ZONES = ['z1', 'z2', 'z3', 'z4'] as const;
export const GPU_MODELS = ['a100', 'h100'] as const;
export const CPU_GRADES = ['fast', 'plain'] as const;
export const DATASETS = 50;
export const SKILLS = 8;
export const WINDOWS_OF_SKILL = 5;

/** Minor units of money for a unit and hour. */
export const PRICES = { a100: 250, h100: 400, fast: 4, plain: 2 } as const;

export const NOW = Date.UTC(2026, 10, 24, 9);
export const HOUR = 3_600_000;
export const PERIOD = {
  id: '2026-11',
  startsAt: Date.UTC(2026, 10, 1),
  endsAt: Date.UTC(2026, 11, 1),
} as const;

export const departmentId = (index: number): string => `department-${String(index + 1).padStart(2, '0')}`;
export const agentId = (index: number): string => `agent-${String(index + 1).padStart(5, '0')}`;

/** By weights that are whole numbers. */
export function weighted<T>(draw: Draw, choices: readonly (readonly [value: T, weight: number])[]): T {
  let left = draw(
    1,
    choices.reduce((sum, [, weight]) => sum + weight, 0),
  );
  for (const [value, weight] of choices) {
    left -= weight;
    if (left <= 0) return value;
  }
  throw new Error('no choice has a weight');
}
