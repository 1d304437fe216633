// Past use: what each department held of each kind, weighed down by half in every half-life. Fairness counts it beside present use.
// Invariant: counted over whole seconds on one grid of steps, so that how often anybody looks changes nothing; integers only. Called by tick.ts and decide.ts,
// written with every tick's record and read back from the last one, so that a new leader goes on where the old one stood.

import type { Change } from './domain/change.ts';
import type { Configuration } from './domain/configuration.ts';
import type { AgentId, RequestId } from './domain/ids.ts';
import type { PastUse } from './domain/pastUse.ts';
import { type Instant, multiplyDivideDown, type Units } from './domain/quantity.ts';
import type { State } from './domain/state.ts';

/*
 * The half-life has 32 steps on a grid from 1970 on. At the end of a step, with m the mean use in it:
 *
 *   level = floor((K level + (2^20 - K) m) / 2^20),      K = round(2^20 * 2^(-1/32)),   level and m in 1024ths of a unit
 *
 * So level is the mean of the past, in units like present use; whoever holds n for ever comes to level n.
 */
const STEPS = 32;
const KEEP = 1_026_107;
const ONE = 1_048_576;
const PARTS = 1024;

/** A week: ten median runs of up to 16 hours. */
export const HALF_LIFE_SECONDS = 604_800;

interface PastLevel {
  readonly level: number;
  readonly accrued: number;
}

/** Brings the state's past use up to `now`, before any change of the tick. Answers up to when it was counted before; now, in a new cell. */
export function countUse(state: State, now: Instant): Instant {
  const since = state.pastUse === undefined ? now : state.pastUse.atSeconds * 1000;
  state.pastUse = accrue(state, now);
  return since;
}

/** Past use at `now`, with the use that stood since it was counted last. */
export function accrue(state: State, now: Instant): PastUse {
  const stepSeconds = stepOf(state.configuration);
  const to = Math.floor(now / 1000);
  const before = state.pastUse;
  if (before === undefined) return { atSeconds: to, stepSeconds, levels: [] };
  if (to <= before.atSeconds) return before;
  // Another half-life has another grid: the step under way counts from now on.
  const isOnGrid = before.stepSeconds === stepSeconds;
  const span = { from: isOnGrid ? before.atSeconds : to, to, stepSeconds };
  const known = new Map(before.levels.map(([key, level, accrued]) => [key, { level, accrued }]));
  const levels: (readonly [string, number, number])[] = [];
  for (const key of [...new Set([...known.keys(), ...state.quotaUse.keys()])].sort()) {
    const { level, accrued } = known.get(key) ?? { level: 0, accrued: 0 };
    const start = { level, accrued: isOnGrid ? accrued : 0 };
    const next = passed(start, state.quotaUse.get(key) ?? 0, span);
    if (next.level > 0 || next.accrued > 0) levels.push([key, next.level, next.accrued]);
  }
  return { atSeconds: to, stepSeconds, levels };
}

function stepOf({ fairness }: Configuration): Units {
  return Math.max(1, Math.floor((fairness?.halfLifeSeconds ?? HALF_LIFE_SECONDS) / STEPS));
}

function passed(
  start: PastLevel,
  use: Units,
  { from, to, stepSeconds }: { from: number; to: number; stepSeconds: number },
): PastLevel {
  let { level, accrued } = start;
  let at = from;
  for (let end = (Math.floor(at / stepSeconds) + 1) * stepSeconds; end <= to; end += stepSeconds) {
    const mean = multiplyDivideDown(accrued + use * (end - at), PARTS, stepSeconds);
    const next = multiplyDivideDown(level, KEEP, ONE) + multiplyDivideDown(mean, ONE - KEEP, ONE);
    const isSettled = next === level && accrued === 0 && end - at === stepSeconds;
    level = next;
    accrued = 0;
    at = end;
    // Every later whole step would be this one again.
    if (isSettled) at = end = Math.floor(to / stepSeconds) * stepSeconds;
  }
  return { level, accrued: accrued + use * (to - at) };
}

/** No department or kind has a space in its name. */
const MISSES = 'missed-deadlines ';

/** A deadline that the lease is allowed to outlast was none: counted against its agent, and forgotten like past use. Of a tick's Decisions. */
export function noteMisses(state: State, changes: readonly Change[], now: Instant): void {
  const pastUse = state.pastUse ?? accrue(state, now);
  const levels = new Map(pastUse.levels.map(([key, level, accrued]) => [key, { level, accrued }]));
  let isMissed = false;
  for (const change of changes) {
    if (change.type !== 'extensionDecided' || change.endsAt === null) continue;
    const lease = state.leases.get(change.lease);
    const deadline = state.held.get(lease?.request ?? ('' as RequestId))?.terms.deadline;
    if (lease === undefined || deadline === undefined || change.endsAt <= deadline) continue;
    const key = `${MISSES}${lease.agent}`;
    const { level, accrued } = levels.get(key) ?? { level: 0, accrued: 0 };
    levels.set(key, { level: level + PARTS, accrued });
    isMissed = true;
  }
  if (!isMissed) return;
  const sorted = [...levels].sort(([a], [b]) => (a < b ? -1 : 1));
  const noted = sorted.map(([key, { level, accrued }]) => [key, level, accrued] as const);
  state.pastUse = { ...pastUse, levels: noted };
}

/** Agent -> deadlines that it let pass, in whole ones: half a one is left after a half-life, and then none. */
export function missedDeadlines(past: PastUse | undefined): Map<AgentId, number> {
  const misses = new Map<AgentId, number>();
  for (const [key, level] of past?.levels ?? [])
    if (key.startsWith(MISSES) && level * 2 >= PARTS)
      misses.set(key.slice(MISSES.length) as AgentId, Math.round(level / PARTS));
  return misses;
}

/** `quotaKey` -> whole units, where there are any. */
export function pastUnits(past: PastUse | undefined): Map<string, Units> {
  const units = new Map<string, Units>();
  for (const [key, level] of past?.levels ?? [])
    if (level >= PARTS && !key.startsWith(MISSES)) units.set(key, Math.floor(level / PARTS));
  return units;
}
