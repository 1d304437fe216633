// Step 4 of the tick: solve, decode, and refuse whatever does not pass a check by code that did not make it.
// Invariant: a plan that leaves here is feasible in exact integers; where a part was refused, the fault is recorded and the tick dumped as a file.

import type { Solution, Warm } from '../solver/index.ts';
import { stageRecords } from './certificate.ts';
import { decode } from './decode.ts';
import type { Assignment, Plan } from './domain/plan.ts';
import type { StageRecord } from './domain/tickRecord.ts';
import type { Formulation } from './formulate/index.ts';
import type { SchedulerPorts } from './ports.ts';
import type { Honoured } from './preemption/honour.ts';
import { NO_REVOCATIONS, planRevocations, type Revocations } from './preemption/planning.ts';
import type { Snapshot } from './snapshot.ts';
import { tickDigests } from './tickDigests.ts';
import { type DecidedTick, toTickFile } from './tickFile.ts';
import { verifyPlan } from './verify.ts';
import { breachOfPreemptions } from './verifyPreemption.ts';

export interface Solved {
  readonly plan: Plan;
  /** Null when there was no column to decide on. */
  readonly solution: Solution | null;
  /** What is claimed of each class's quality, with its proof. */
  readonly stages: readonly StageRecord[];
  /** What the solve started from; null: cold. */
  readonly warm: Warm | null;
  /** What the plan's revocations follow from. */
  readonly revocations: Revocations;
}

/** One tick's problem on its way to the solver. */
export interface Formulated {
  readonly snapshot: Snapshot;
  readonly honoured: Honoured;
  /** Of `honoured.rest`. */
  readonly formulation: Formulation;
  /** Prices that the solve starts from; null: cold. */
  readonly warm: Warm | null;
}

const EMPTY: Plan = { assignments: [], extensions: [] };

export async function solveVerified(ports: SchedulerPorts, tick: Formulated): Promise<Solved> {
  const solved = await solveGrants(ports, tick);
  const { snapshot, formulation } = tick;
  const revocations = await planRevocations(ports, snapshot, { plan: solved.plan, formulation });
  const plan = withRevocations(solved.plan, revocations);
  const breach = breachOfPreemptions(snapshot, plan);
  if (breach === null && revocations.refused === 0) return { ...solved, plan, revocations };
  await ports.dump.write(`refused-${snapshot.cell}-${snapshot.now}`, {
    ...toTickFile(snapshot, {
      decided: decidedOf(ports, tick, { ...solved, plan, revocations }),
      warm: tick.warm,
    }),
    breach: breach ?? { what: 'a choice of victims passes its check', lhs: revocations.refused, rhs: 0 },
  });
  if (breach === null) return { ...solved, plan, revocations };
  // A right that cannot be shown twice is no right: nobody loses anything by this tick's plans.
  return { ...solved, revocations: { ...NO_REVOCATIONS, refused: revocations.refused + 1 } };
}

export function withRevocations(plan: Plan, { preemptions }: Revocations): Plan {
  return preemptions.length === 0 ? plan : { ...plan, preemptions };
}

/** Earmarks that are honoured, and what the program grants beside them. */
export function plannedOf(
  { honoured, formulation }: Pick<Formulated, 'honoured' | 'formulation'>,
  solution: Pick<Solution, 'granted'> | null,
): Plan {
  const { assignments, dropped, rest } = honoured;
  const main = solution === null ? EMPTY : decode(formulation, solution, rest);
  return {
    assignments: [...assignments, ...main.assignments],
    extensions: main.extensions,
    ...(dropped.length > 0 && { dropped }),
  };
}

/** What a file of the tick says of it. */
export function decidedOf(
  { digest }: Pick<SchedulerPorts, 'digest'>,
  { snapshot, formulation }: Pick<Formulated, 'snapshot' | 'formulation'>,
  { plan, solution, stages, revocations }: Omit<Solved, 'warm'>,
): DecidedTick {
  const decided = { plan, stages, programs: revocations.programs };
  const digests = tickDigests(digest, { snapshot, model: formulation.model, decided });
  return { plan, stages, fault: solution?.fault ?? null, digests };
}

async function solveGrants(ports: SchedulerPorts, tick: Formulated): Promise<Omit<Solved, 'revocations'>> {
  const { snapshot, formulation } = tick;
  const { model } = formulation;
  const warm = model.columnCount === 0 ? null : tick.warm;
  const solution =
    model.columnCount === 0 ? null : await ports.solver.solve(model, { ...ports.solveOptions, warm });
  const plan = plannedOf(tick, solution);
  const { classes } = snapshot.configuration;
  const stages = solution === null ? [] : stageRecords(model, solution, { classes, digest: ports.digest });
  const check = verifyPlan(snapshot, plan);
  if (check.ok) return { plan, solution, stages, warm };
  // A breach is a defect of the formulation or the decoding: what passes the check alone is kept, so that one request that trips over
  // it cannot starve the cell; the rest goes on waiting, nothing is claimed of the plan's quality, and the case is kept as a file.
  const claimed = decidedOf(ports, tick, { plan, solution, stages, revocations: NO_REVOCATIONS });
  await ports.dump.write(`refused-${snapshot.cell}-${snapshot.now}`, {
    ...toTickFile(snapshot, { decided: claimed, warm }),
    breach: check.breach,
  });
  return {
    plan: verifiedPart(snapshot, plan),
    solution: solution && {
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
    ...(plan.dropped && { dropped: plan.dropped }),
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
