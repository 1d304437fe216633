// What a plan must reach, as words: "p95-wait=10m,utilisation=40%". Invariant: a target that cannot be read is refused with what can.
// Called by api/cli/plan and plan.ts.

import type { Metrics } from '../metrics/metrics.ts';

const NAMES = [
  'mean-wait',
  'p50-wait',
  'p95-wait',
  'p99-wait',
  'max-wait',
  'slowdown',
  'utilisation',
] as const;
export type TargetName = (typeof NAMES)[number];

export interface Target {
  readonly name: TargetName;
  /** Seconds, a slowdown, or a part of the units; waits and slowdowns at most, use at least. */
  readonly bound: number;
}

export class TargetError extends Error {
  override name = 'TargetError';
}

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

/** Throws `TargetError`. */
export function targetsOf(text: string): Target[] {
  return text.split(',').map((part) => {
    const found = /^([a-z0-9-]+)=(\d+(?:\.\d+)?)(s|m|h|d|%)?$/.exec(part.trim());
    const name = NAMES.find((one) => one === found?.[1]);
    if (found === null || name === undefined)
      throw new TargetError(`${part}: want one of ${NAMES.join(', ')} with a bound, as in p95-wait=10m`);
    const [, , number, unit] = found;
    const isWait = name.endsWith('-wait');
    const fits = isWait
      ? unit !== undefined && unit in UNITS
      : name === 'utilisation'
        ? unit === '%'
        : unit === undefined;
    if (!fits)
      throw new TargetError(`${part}: a wait is in s, m, h or d, a use in %, a slowdown a bare number`);
    return { name, bound: (Number(number) * (isWait ? UNITS[unit!]! : 1)) / (unit === '%' ? 100 : 1) };
  });
}

export function figureOf(metrics: Metrics, name: TargetName): number {
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
    default: {
      const never: never = name;
      throw new Error(`unknown target ${JSON.stringify(never)}`);
    }
  }
}

/** Nobody dropped, all ended, and every bound kept. */
export function meets(metrics: Metrics, targets: readonly Target[]): boolean {
  if (metrics.dropped > 0 || metrics.end !== 'drained') return false;
  return targets.every(({ name, bound }) =>
    name === 'utilisation' ? metrics.utilisation >= bound : figureOf(metrics, name) <= bound,
  );
}
