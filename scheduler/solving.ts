// Step 4 of the tick: solve, decode, and refuse whatever does not pass a check by code that did not make it.
// Invariant: a plan that leaves here is feasible in exact integers, or empty with the fault recorded and the tick dumped as a file.

import type { Solution } from '../solver/index.ts';
import { decode } from './decode.ts';
import type { Plan } from './domain/plan.ts';
import type { TickDigests } from './domain/tickRecord.ts';
import type { Formulation } from './formulate/index.ts';
import type { Digest, SchedulerPorts } from './ports.ts';
import { type Snapshot, snapshotDigest } from './snapshot.ts';
import { toTickFile } from './tickFile.ts';
import { verifyPlan } from './verify.ts';

export interface Solved {
  readonly plan: Plan;
  /** Null when there was no column to decide on. */
  readonly solution: Solution | null;
}

const EMPTY: Plan = { assignments: [], extensions: [] };

export async function solveVerified(
  ports: SchedulerPorts,
  snapshot: Snapshot,
  formulation: Formulation,
): Promise<Solved> {
  if (formulation.model.columnCount === 0) return { plan: EMPTY, solution: null };
  const solution = await ports.solver.solve(formulation.model, ports.solveOptions);
  const plan = decode(formulation, solution, snapshot);
  const check = verifyPlan(snapshot, plan);
  if (check.ok) return { plan, solution };
  // A breach is a defect of the formulation or the decoding: nothing is granted, the requests go on waiting, and the case is kept.
  await ports.dump.write(`refused-${snapshot.cell}-${snapshot.now}`, {
    ...toTickFile(snapshot),
    breach: check.breach,
  });
  return {
    plan: EMPTY,
    solution: {
      ...solution,
      termination: 'fault',
      fault: 'refused',
      granted: new Uint8Array(solution.granted.length),
    },
  };
}

export function tickDigests(
  digest: Digest,
  tick: { snapshot: Snapshot; formulation: Formulation; solved: Solved },
): TickDigests {
  const { model } = tick.formulation;
  return {
    snapshot: snapshotDigest(tick.snapshot, digest),
    model: digest([
      bytes(model.objective),
      bytes(model.rhs),
      bytes(model.starts),
      bytes(model.indices),
      bytes(model.values),
      bytes(model.group),
      bytes(model.stage),
    ]),
    plan: digest([JSON.stringify(tick.solved.plan)]),
    certificate: digest([JSON.stringify(tick.solved.solution?.stages ?? [])]),
  };
}

function bytes(array: Float64Array | Int32Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}
