// Which faults a run suffers, and when: all of it drawn from the seed before anything begins. Invariant: pure. Called by run.ts.

import type { Chance } from '../world/chance.ts';
import type { LineFaults } from './client.ts';
import type { GateFaults } from './gate.ts';
import { CALL_FAULTS, type CallFault } from './network.ts';
import type { SolverFaults } from './solver.ts';
import type { StreamFaults } from './stream.ts';

export type FaultEvent =
  /** One of the next calls of a process is struck. */
  | {
      readonly type: 'strike';
      readonly process: string;
      readonly fault: CallFault;
      readonly after: number;
      readonly only: string | null;
    }
  | { readonly type: 'crash'; readonly process: string; readonly downMs: number }
  | { readonly type: 'pause'; readonly process: string; readonly ms: number }
  | { readonly type: 'storeDown'; readonly ms: number }
  | { readonly type: 'policy' };

export interface FaultPlan {
  readonly schedulers: readonly string[];
  readonly edges: readonly string[];
  /** Process -> its clock, from the store's. */
  readonly skewMs: ReadonlyMap<string, number>;
  /** When faults end, and everything is healed. */
  readonly healsAtMs: number;
  readonly events: readonly { readonly atMs: number; readonly event: FaultEvent }[];
  readonly rates: LineFaults & GateFaults & SolverFaults & StreamFaults;
  /** In a hundred hints that a runner or a relay should look. */
  readonly hintsLost: number;
}

/** A world in which nothing goes wrong: what a rig starts from that plants one fault. */
export const NO_FAULTS: Pick<FaultPlan, 'rates' | 'hintsLost' | 'events'> = {
  rates: {
    dropped: 0,
    repeated: 0,
    late: 0,
    broken: 0,
    refusesData: 0,
    slow: 0,
    faulty: 0,
    garbage: 0,
    gone: 0,
    torn: 0,
    unfit: 0,
  },
  hintsLost: 0,
  events: [],
};

const SKEW_MOST_MS = 300_000;
const PAUSE_MOST_MS = 60_000;
/** Longer than the lease of a leader: what is shorter takes the office from nobody. */
const PAUSE_LEAST_MS = 200;
const STORE_DOWN_MOST_MS = 6000;
const EVENTS_LEAST = 4;
const EVENTS_MOST = 12;
/** Calls that change something: more often struck than looks. */
const WRITES = {
  scheduler: ['commit', 'commit', 'acquire', 'advance', 'publish'],
  api: ['write', 'write', 'heartbeat', 'swap'],
} as const;
/** Which calls of a tick and its neighbours a strike may skip. */
const CALLS_SKIPPED_MOST = 9;

export function faultPlanOf(chance: Chance, { lastsMs }: { readonly lastsMs: number }): FaultPlan {
  const schedulers = names('scheduler', chance.between(2, 3));
  const edges = names('api', 2);
  const processes = [...schedulers, ...edges];
  const skewMs = new Map(processes.map((name) => [name, chance.between(-SKEW_MOST_MS, SKEW_MOST_MS)]));
  // A run in four is spared one kind of fault altogether: what others hide is seen then.
  const rate = (most: number): number => (chance.percent(25) ? 0 : chance.between(0, most));
  const rates = {
    dropped: rate(8),
    repeated: rate(8),
    late: rate(8),
    broken: rate(4),
    refusesData: rate(15),
    slow: rate(6),
    faulty: rate(10),
    garbage: rate(15),
    gone: rate(4),
    torn: rate(25),
    unfit: rate(15),
  };
  const count = chance.between(EVENTS_LEAST, EVENTS_MOST);
  const events = Array.from({ length: count }, () => ({
    atMs: chance.below(lastsMs),
    event: eventOf(chance, processes),
  })).sort((a, b) => a.atMs - b.atMs);
  return { schedulers, edges, skewMs, healsAtMs: lastsMs, events, rates, hintsLost: rate(60) };
}

function names(role: string, count: number): string[] {
  return Array.from({ length: count }, (_, n) => `${role}-${n + 1}`);
}

function eventOf(chance: Chance, processes: readonly string[]): FaultEvent {
  const process = chance.pick(processes);
  const kind = chance.below(100);
  if (kind < 50) {
    const fault = chance.pick(CALL_FAULTS);
    const names = process.startsWith('scheduler') ? WRITES.scheduler : WRITES.api;
    if (chance.percent(40))
      return { type: 'strike', process, fault, after: chance.below(2), only: chance.pick(names) };
    return { type: 'strike', process, fault, after: chance.below(CALLS_SKIPPED_MOST), only: null };
  }
  if (kind < 60) return { type: 'crash', process, downMs: chance.between(100, 5000) };
  if (kind < 80) {
    // Mostly around the lease of a leader, now and then a whole minute.
    const most = chance.percent(15) ? PAUSE_MOST_MS : 6000;
    return { type: 'pause', process, ms: chance.between(PAUSE_LEAST_MS, most) };
  }
  if (kind < 88) return { type: 'storeDown', ms: chance.between(100, STORE_DOWN_MOST_MS) };
  return { type: 'policy' };
}
