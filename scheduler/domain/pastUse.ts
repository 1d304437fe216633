// What departments held before, fading: fairness.ts makes it, the state and every tick's record hold it.
// Invariant: integers, and keys of departments and kinds as quotas have them.

import type { Units } from './quantity.ts';

/** Plain JSON, as a tick's record keeps it. Immutable: a later moment is another object. */
export interface PastUse {
  /** Whole seconds since 1970 up to which use is counted. */
  readonly atSeconds: number;
  /** A 32nd of the half-life. */
  readonly stepSeconds: Units;
  /** Sorted by `quotaKey`, without what is nothing: 1024ths of a unit, and unit-seconds of the step under way. */
  readonly levels: readonly (readonly [key: string, level: number, accrued: number])[];
}
