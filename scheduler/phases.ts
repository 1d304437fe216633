// How long each step of a tick took, measured from a stopwatch that is passed in. Never part of a digest. Used by tick.ts.

import type { TickRecord } from './domain/tickRecord.ts';
import type { Stopwatch } from './ports.ts';

const PHASES = ['fold', 'gate', 'formulate', 'solve', 'decode'] as const;
export type Phase = (typeof PHASES)[number];

export interface Phases {
  /** Ends the phase that began with the previous end. */
  end(phase: Phase): void;
  timings(): TickRecord['timings'];
}

export function startPhases(stopwatch: Stopwatch): Phases {
  const took = new Map<Phase, number>();
  let from = stopwatch.elapsedMs();
  const of = (phase: Phase): number => Math.round((took.get(phase) ?? 0) * 1000) / 1000;
  return {
    end(phase) {
      const now = stopwatch.elapsedMs();
      took.set(phase, (took.get(phase) ?? 0) + now - from);
      from = now;
    },
    timings: () => ({
      foldMs: of('fold'),
      gateMs: of('gate'),
      formulateMs: of('formulate'),
      solveMs: of('solve'),
      decodeMs: of('decode'),
    }),
  };
}
