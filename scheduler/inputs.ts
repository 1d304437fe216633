// Notes what comes into a tick while it runs, for its record: intake, verdicts, heartbeats, faults, and what turns without a commit left behind.
// Invariant: changes nothing that the tick decides. Called by tick.ts alone.

import type { SolverFault, SolverService } from '../solver/index.ts';
import { carriedChange, carriedOf } from './carried.ts';
import type { Change } from './domain/change.ts';
import type { LeaseId } from './domain/ids.ts';
import type { Instant } from './domain/quantity.ts';
import type { State } from './domain/state.ts';
import type { CarriedChange, HeardFacts, Run, TickInputs, VerdictBits } from './domain/tickInputs.ts';
import type { SchedulerPorts } from './ports.ts';
import type { Snapshot } from './snapshot.ts';
import type { TickCarry, TickInput } from './tick.ts';

export interface NotedInputs {
  /** The tick's ports, with a solver whose faults are noted. */
  readonly ports: SchedulerPorts;
  /** `gated`: what the gate recorded; `happened`: that, and what time and people did. */
  of(seen: {
    readonly gated: readonly Change[];
    readonly happened: readonly Change[];
    readonly snapshot: Snapshot;
  }): TickInputs;
  /** After the commit, when nothing of the turn is left to do. */
  remember(snapshot: Snapshot): void;
}

/** Before the turn does anything. */
export function noteInputs(ports: SchedulerPorts, state: State, input: TickInput): NotedInputs {
  const { carry, intake, heartbeats } = input;
  const carried: CarriedChange | null = carriedChange(carry.remembered, state, carry);
  const faults: (readonly [number, SolverFault])[] = [];
  const { engine, budget } = ports.solveOptions;
  return {
    ports: { ...ports, solver: noting(ports.solver, faults) },
    of({ gated, happened, snapshot }) {
      const verdicts = verdictBits(gated);
      const isNewRules = isOther(state, carry);
      return {
        intake: runsOf(intake.rows.map(({ id }) => id)),
        ...(verdicts && { verdicts }),
        ...(isNewRules && { rules: state.policyRules ?? {} }),
        heard: heardFacts({ heartbeats, happened, saved: newlySaved(snapshot, carry) }),
        asked: { engine, budget },
        ...(faults.length > 0 && { faults: [...faults] }),
        ...(carried && { carried }),
      };
    },
    remember(snapshot) {
      carry.saved = savedOf(snapshot);
      carry.rules = state.policyRules;
      carry.remembered = carriedOf(state, carry);
    },
  };
}

/** A fault that a check of this process found follows from the inputs; what ended a child does not. */
function noting(solver: SolverService, faults: (readonly [number, SolverFault])[]): SolverService {
  let calls = 0;
  return {
    async solve(model, options) {
      const call = calls++;
      const solution = await solver.solve(model, options);
      if (solution.fault !== null) faults.push([call, solution.fault]);
      return solution;
    },
    close: () => solver.close(),
  };
}

/** Consecutive whole numbers as runs, in the order given. */
export function runsOf(numbers: readonly number[]): Run[] {
  const runs: [number, number][] = [];
  for (const number of numbers) {
    const last = runs.at(-1);
    if (last !== undefined && last[0] + last[1] === number) last[1] += 1;
    else runs.push([number, 1]);
  }
  return runs;
}

function verdictBits(gated: readonly Change[]): VerdictBits | null {
  const kinds: VerdictBits['kinds'][number][] = [];
  const numbers = new Map<string, number>();
  const of: [number, number][] = [];
  for (const change of gated) {
    if (change.type !== 'verdictRecorded') continue;
    const { policyRevision: _, dataRevision: __, ...kind } = change.verdict;
    const text = JSON.stringify(kind);
    let number = numbers.get(text);
    if (number === undefined) {
      number = kinds.push(kind) - 1;
      numbers.set(text, number);
    }
    const last = of.at(-1);
    if (last?.[0] === number) last[1] += 1;
    else of.push([number, 1]);
  }
  return kinds.length === 0 ? null : { kinds, of };
}

function heardFacts(seen: {
  heartbeats: TickInput['heartbeats'];
  happened: readonly Change[];
  saved: HeardFacts['saved'] & {};
}): HeardFacts {
  const { heardThrough: through, listensSince: since = null } = seen.heartbeats;
  const at: Instant[] = [];
  const silent: LeaseId[] = [];
  for (const change of seen.happened) {
    if (change.type === 'leaseActivated') at.push(change.at);
    if (change.type === 'leaseEnded' && change.cause === 'heartbeat') silent.push(change.lease);
  }
  return { through, since, at, silent, ...(seen.saved.length > 0 && { saved: seen.saved }) };
}

function savedOf({ held }: Snapshot): ReadonlyMap<LeaseId, Instant> {
  return new Map(
    held.flatMap(({ lease, checkpointAt }) => (checkpointAt === undefined ? [] : [[lease.id, checkpointAt]])),
  );
}

function newlySaved(snapshot: Snapshot, { saved }: TickCarry): (readonly [LeaseId, Instant])[] {
  return [...savedOf(snapshot)].filter(([lease, at]) => saved?.get(lease) !== at);
}

/** By identity first: a gate has one object while nothing changes. */
function isOther({ policyRules = {} }: State, { rules = {} }: TickCarry): boolean {
  return rules !== policyRules && JSON.stringify(rules) !== JSON.stringify(policyRules);
}
