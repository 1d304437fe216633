// Step 4 of the tick: solve, decode, and refuse whatever does not pass a check by code that did not make it.
// Invariant: a plan that leaves here is feasible in exact integers; where a part was refused, the fault is recorded and the tick dumped as a file.

import type { Solution, Warm } from '../solver/index.ts';
import { stageRecords } from './certificate.ts';
import { decode } from './decode.ts';
import type { Assignment, Plan } from './domain/plan.ts';
import type { StageRecord } from './domain/tickRecord.ts';
import type { Formulation } from './formulate/index.ts';
import type { SchedulerPorts } from './ports.ts';
import type { Snapshot } from './snapshot.ts';
import { tickDigests } from './tickDigests.ts';
import { toTickFile } from './tickFile.ts';
import { verifyPlan } from './verify.ts';

export interface Solved {
  readonly plan: Plan;
  /** Null when there was no column to decide on. */
  readonly solution: Solution | null;
  /** What is claimed of each class's quality, with its proof. */
  readonly stages: readonly StageRecord[];
  /** What the solve started from; null: cold. */
  readonly warm: Warm | null;
}

const EMPTY: Plan = { assignments: [], extensions: [] };

export async function solveVerified(
  ports: SchedulerPorts,
  snapshot: Snapshot,
  { formulation, warm }: { readonly formulation: Formulation; readonly warm: Warm | null },
): Promise<Solved> {
  if (formulation.model.columnCount === 0) return { plan: EMPTY, solution: null, stages: [], warm: null };
  const solution = await ports.solver.solve(formulation.model, { ...ports.solveOptions, warm });
  const plan = decode(formulation, solution, snapshot);
  const { classes } = snapshot.configuration;
  const stages = stageRecords(formulation.model, solution, { classes, digest: ports.digest });
  const check = verifyPlan(snapshot, plan);
  if (check.ok) return { plan, solution, stages, warm };
  // A breach is a defect of the formulation or the decoding: what passes the check alone is kept, so that one request that trips over
  // it cannot starve the cell; the rest goes on waiting, nothing is claimed of the plan's quality, and the case is kept as a file.
  const digests = tickDigests(ports.digest, {
    snapshot,
    model: formulation.model,
    decided: { plan, stages },
  });
  await ports.dump.write(`refused-${snapshot.cell}-${snapshot.now}`, {
    ...toTickFile(snapshot, { decided: { plan, stages, fault: solution.fault, digests }, warm }),
    breach: check.breach,
  });
  return {
    plan: verifiedPart(snapshot, plan),
    solution: {
      ...solution,
      termination: 'fault',
      fault: 'refused',
      granted: new Uint8Array(solution.granted.length),
      stages: [],
    },
    stages: [],
    warm,
  };
}

/** The assignments and extensions that verify beside those kept before them: halves are tried whole, so that few bad ones cost few checks. */
function verifiedPart(snapshot: Snapshot, plan: Plan): Plan {
  const items = [
    ...wholeGangs(snapshot, plan).map((assignments) => ({ assignments })),
    ...plan.extensions.map((extension) => ({ extension })),
  ];
  const planOf = (chosen: typeof items): Plan => ({
    assignments: chosen.flatMap((item) => ('assignments' in item ? item.assignments : [])),
    extensions: chosen.flatMap((item) => ('extension' in item ? [item.extension] : [])),
  });
  const keep = (kept: typeof items, tried: typeof items): typeof items => {
    const both = [...kept, ...tried];
    if (verifyPlan(snapshot, planOf(both)).ok) return both;
    if (tried.length <= 1) return kept;
    const half = Math.ceil(tried.length / 2);
    return keep(keep(kept, tried.slice(0, half)), tried.slice(half));
  };
  return planOf(keep([], items));
}

/** Assignments that stand or fall together: the members of a gang, anybody else alone. */
function wholeGangs({ requests }: Snapshot, { assignments }: Plan): Plan['assignments'][] {
  const gangOf = new Map<string, string | undefined>(
    requests.map(({ request }) => [request.id, request.terms.gang?.id]),
  );
  const items: Assignment[][] = [];
  const byGang = new Map<string, Assignment[]>();
  for (const assignment of assignments) {
    const gang = gangOf.get(assignment.request);
    const known = gang === undefined ? undefined : byGang.get(gang);
    if (known) known.push(assignment);
    else {
      const item = [assignment];
      items.push(item);
      if (gang !== undefined) byGang.set(gang, item);
    }
  }
  return items;
}
