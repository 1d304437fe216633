// A sweep: values that are tried in place of any number or word of a scenario, each with each of the others. Invariant: the order is that of the
// file; a path leads to a place that is there, and what it leads to is replaced in a copy. Called by scenario.ts.

import { isMapping } from './layers.ts';

export type Scalar = number | string | boolean;
export type Steps = readonly (string | number)[];

export interface SweptPoint {
  readonly value: unknown;
  /** What was tried, by the sweep's own words. */
  readonly point: Readonly<Record<string, Scalar>>;
}

/** What is run side by side already, or says what is swept. */
const NOT_SWEPT: readonly string[] = ['policies', 'schedulers', 'seeds', 'sweep'];

/** Without a `/` it is a pool, whose capacity is swept. Of lists the steps are ids or numbers. Null: it leads nowhere. */
export function stepsOf(value: unknown, key: string): Steps | null {
  const words = key.includes('/') ? key.split('/') : ['pools', key, 'capacity'];
  if (NOT_SWEPT.includes(words[0]!)) return null;
  const steps: (string | number)[] = [];
  let at = value;
  for (const word of words) {
    if (Array.isArray(at)) {
      const named = at.findIndex((one) => isMapping(one) && one.id === word);
      const number = named >= 0 ? named : /^\d+$/.test(word) ? Number(word) : -1;
      if (number < 0 || number >= at.length) return null;
      steps.push(number);
      at = at[number];
    } else if (isMapping(at) && Object.hasOwn(at, word)) {
      steps.push(word);
      at = at[word];
    } else return null;
  }
  return typeof at === 'object' ? null : steps;
}

export function swept(
  value: unknown,
  sweep: readonly { readonly key: string; readonly steps: Steps; readonly values: readonly Scalar[] }[],
): SweptPoint[] {
  let points: SweptPoint[] = [{ value, point: {} }];
  for (const { key, steps, values } of sweep)
    points = points.flatMap((one) =>
      values.map((tried) => ({
        value: replaced(one.value, steps, tried),
        point: { ...one.point, [key]: tried },
      })),
    );
  return points;
}

function replaced(value: unknown, [step, ...rest]: Steps, by: Scalar): unknown {
  if (step === undefined) return by;
  if (Array.isArray(value)) return value.map((one, i) => (i === step ? replaced(one, rest, by) : one));
  const mapping = value as Record<string, unknown>;
  return { ...mapping, [step]: replaced(mapping[step], rest, by) };
}
