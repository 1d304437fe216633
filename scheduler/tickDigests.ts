// What a tick is held to and known by: its bound of work, and the digests of what went in and came out. For live ticks and for files of them.
// Invariant: equal snapshots solved alike have equal digests, in every process and on every machine. Called by tick.ts and tickFile.ts.

import type { Model, SolveOptions } from '../solver/index.ts';
import type { TickDigests } from './domain/tickRecord.ts';
import type { Formulation } from './formulate/index.ts';
import type { Digest } from './ports.ts';
import { type Snapshot, snapshotDigest } from './snapshot.ts';
import type { Solved } from './solving.ts';

/**
 * The work of one tick: about 100 ms of simplex at a few thousand columns; a solve that needs more is cut off and says so. A tick file is
 * decided with the same, else it could be decided otherwise.
 */
export const TICK_BUDGET: SolveOptions['budget'] = { simplexIterationsMax: 20_000, lpCallsMax: 64 };

export function tickDigests(
  digest: Digest,
  tick: { snapshot: Snapshot; formulation: Formulation; solved: Solved },
): TickDigests {
  const { model } = tick.formulation;
  const { programs } = tick.solved.revocations;
  return {
    snapshot: snapshotDigest(tick.snapshot, digest),
    model: digest([...partsOf(model), ...programs.flatMap((program) => partsOf(program.model))]),
    plan: digest([JSON.stringify(tick.solved.plan)]),
    certificate: digest([
      JSON.stringify(tick.solved.solution?.stages ?? []),
      ...programs.map(({ stages }) => JSON.stringify(stages)),
    ]),
  };
}

/** Everything but the names. */
function partsOf(model: Model): Uint8Array[] {
  const { objective, rhs, starts, indices, values, group, stage } = model;
  return [objective, rhs, starts, indices, values, group, stage].map(bytes);
}

function bytes(array: Float64Array | Int32Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}
