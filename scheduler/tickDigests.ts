// What a tick is held to and known by: its bound of work, and the digests of what went in and came out. For live ticks and for files of them.
// Invariant: equal snapshots solved alike have equal digests, in every process and on every machine. Called by tick.ts and tickFile.ts.

import type { Model, SolveOptions } from '../solver/index.ts';
import { certificateDigest } from './certificate.ts';
import type { TickDigests } from './domain/tickRecord.ts';
import type { Digest } from './ports.ts';
import type { SolvedProgram } from './preemption/choose.ts';
import { type Snapshot, snapshotDigest } from './snapshot.ts';
import type { Solved } from './solving.ts';

/**
 * The work of one tick: a unit is about a microsecond, so 50 ms for a hundred requests, 0.3 s for 2,000 and 0.35 s for 10,000, a third of
 * the second that a tick must never pass. A tick file is decided with the same, else it could be decided otherwise.
 */
export const TICK_BUDGET: SolveOptions['budget'] = { unitsMax: 350_000, unitsPerColumn: 60 };

/** What was decided, and the programs that chose whom to take leases from; absent where nobody solved them again. */
type Claims = Pick<Solved, 'plan' | 'stages'> & { readonly programs?: readonly SolvedProgram[] };

export function tickDigests(
  digest: Digest,
  tick: { snapshot: Snapshot; model: Model; decided: Claims },
): TickDigests {
  const { model } = tick;
  const { plan, stages, programs = [] } = tick.decided;
  return {
    snapshot: snapshotDigest(tick.snapshot, digest),
    model: digest(partsOf(model)),
    plan: digest([JSON.stringify(plan)]),
    certificate: certificateDigest(stages, digest),
    ...(programs.length > 0 && { revocations: programsDigest(programs, digest) }),
  };
}

function programsDigest(programs: readonly SolvedProgram[], digest: Digest): string {
  return digest(programs.flatMap(({ model, stages }) => [...partsOf(model), JSON.stringify(stages)]));
}

/** Everything but the names. */
function partsOf(model: Model): Uint8Array[] {
  const { objective, rhs, starts, indices, values, group, stage } = model;
  const { excessUpper, excessCost, definingRow } = model;
  const parts = [objective, rhs, starts, indices, values, group, stage, excessUpper, excessCost, definingRow];
  return parts.map(bytes);
}

function bytes(array: Float64Array | Int32Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}
