// The one moment at which tests happen, and spans around it.
// Invariant: constants; no test reads a clock for what it decides.

/** 2026-11-23T09:00:00Z, a Monday. */
export const NOW = 1_795_424_400_000;
export const MINUTE = 60_000;
export const HOUR = 3_600_000;
export const DAY = 24 * HOUR;
