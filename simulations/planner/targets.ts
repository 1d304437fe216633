// What a plan must reach, as words: "p95-wait=10m,p95-wait@research=1h,utilisation=40%,budget=500000". Invariant: a target that cannot be read is
// refused with what can. Called by api/cli/plan and plan.ts.

import type { Metrics } from '../metrics/metrics.ts';

const NAMES = [
  'mean-wait',
  'p50-wait',
  'p95-wait',
  'p99-wait',
  'max-wait',
  'slowdown',
  'utilisation',
  'budget',
] as const;
export type TargetName = (typeof NAMES)[number];

/** Figures that departments have too. */
const OF_DEPARTMENTS: readonly TargetName[] = ['mean-wait', 'p95-wait', 'max-wait', 'budget'];

export interface Target {
  readonly name: TargetName;
  /** Of this one alone; absent: of all. */
  readonly department?: string;
  /** Seconds, a slowdown, a part of the units, or minor units of currency spent in the run; use at least, all others at most. */
  readonly bound: number;
}

export class TargetError extends Error {
  override name = 'TargetError';
}

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

/** Throws `TargetError`. */
export function targetsOf(text: string): Target[] {
  return text.split(',').map((part) => {
    const found = /^([a-z0-9-]+)(?:@([^=]+))?=(\d+(?:\.\d+)?)(s|m|h|d|%)?$/.exec(part.trim());
    const name = NAMES.find((one) => one === found?.[1]);
    if (found === null || name === undefined)
      throw new TargetError(`${part}: want one of ${NAMES.join(', ')} with a bound, as in p95-wait=10m`);
    const [, , department, number, unit] = found;
    const isWait = name.endsWith('-wait');
    const fits = isWait
      ? unit !== undefined && unit in UNITS
      : name === 'utilisation'
        ? unit === '%'
        : unit === undefined;
    if (!fits)
      throw new TargetError(
        `${part}: a wait is in s, m, h or d, a use in %, a slowdown and a budget bare numbers`,
      );
    if (department !== undefined && !OF_DEPARTMENTS.includes(name))
      throw new TargetError(`${part}: of a department there are ${OF_DEPARTMENTS.join(', ')}`);
    const bound = (Number(number) * (isWait ? UNITS[unit!]! : 1)) / (unit === '%' ? 100 : 1);
    return { name, ...(department !== undefined && { department }), bound };
  });
}

/** As it was written, without the bound. */
export function wordOf({ name, department }: Pick<Target, 'name' | 'department'>): string {
  return department === undefined ? name : `${name}@${department}`;
}

/** 0 of a department that asked for nothing. */
export function figureOf(
  metrics: Metrics,
  { name, department }: Pick<Target, 'name' | 'department'>,
): number {
  if (department !== undefined) return figureOfDepartment(metrics, name, department);
  switch (name) {
    case 'mean-wait':
      return metrics.waitMeanSeconds;
    case 'p50-wait':
      return metrics.waitP50Seconds;
    case 'p95-wait':
      return metrics.waitP95Seconds;
    case 'p99-wait':
      return metrics.waitP99Seconds;
    case 'max-wait':
      return metrics.waitMaxSeconds;
    case 'slowdown':
      return metrics.boundedSlowdownMean;
    case 'utilisation':
      return metrics.utilisation;
    case 'budget':
      return metrics.costMinor;
    default: {
      const never: never = name;
      throw new Error(`unknown target ${JSON.stringify(never)}`);
    }
  }
}

function figureOfDepartment({ departments }: Metrics, name: TargetName, department: string): number {
  const own = departments[department];
  if (own === undefined) return 0;
  if (name === 'mean-wait') return own.waitMeanSeconds;
  if (name === 'p95-wait') return own.waitP95Seconds;
  if (name === 'max-wait') return own.waitMaxSeconds;
  if (name === 'budget') return own.costMinor;
  throw new Error(`a department has no ${name}`);
}

/** Nobody dropped, all ended, and every bound kept. */
export function meets(metrics: Metrics, targets: readonly Target[]): boolean {
  if (metrics.dropped > 0 || metrics.end !== 'drained') return false;
  return targets.every((target) =>
    target.name === 'utilisation'
      ? metrics.utilisation >= target.bound
      : figureOf(metrics, target) <= target.bound,
  );
}
