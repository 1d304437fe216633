// What it would have taken to grant a request that a tick left waiting: bounds of what it lacked, and whom a plan with it leaves out.
// Invariant: `atLeast` <= the least raise of its value that puts it into a best plan of its class <= `atMost`; the plan behind `displaced`
// holds every row, checked exactly. One bounded solve of a core a column, by a solver that is not the tick's. Called by the composition roots.

import {
  boundGranting,
  type CertifiedStage,
  checkPlan,
  forcing,
  type Model,
  type SolveOptions,
  type SolverService,
  type StageOutcome,
  type WorkBudget,
} from '../solver/index.ts';
import { columnsOfRequest, type DecidedProgram } from './decidedProgram.ts';
import type { AgentId, DepartmentId, RequestId } from './domain/ids.ts';
import type { Instant, Units } from './domain/quantity.ts';
import type { ColumnMeaning } from './formulate/index.ts';
import type { HolderSight } from './holders.ts';

export interface Displaced {
  readonly department: DepartmentId;
  readonly agent: AgentId;
  readonly request: RequestId;
  /** `extension`: its lease would not have been prolonged. */
  readonly what: 'grant' | 'extension';
  /** Kind -> units. */
  readonly units: Readonly<Record<string, Units>>;
}

/** Those of another department, as a sum. */
export interface DisplacedOthers {
  readonly department: DepartmentId;
  readonly count: number;
  readonly units: Readonly<Record<string, Units>>;
}

export interface WhatItTakes {
  readonly tick: number;
  readonly at: Instant;
  /** `outranked`: it fits beside no plan of the higher classes as that tick granted them, and no raise of its value would help. */
  readonly standing: 'displaces' | 'outranked';
  /** Points of the objective. Null when outranked. */
  readonly atLeast: Units | null;
  readonly atMost: Units | null;
  readonly displaced: readonly Displaced[];
  readonly displacedOthers: readonly DisplacedOthers[];
}

/** Places of one request that are tried: the cheapest first, and no more once none can lack less. */
const SOLVES_MOST = 2;
/**
 * The tick's plan and prices lead most of the way: of all others the groups nearest to a price of zero are solved again, and what more work
 * finds is worth less than an answer at once.
 */
const CORE_GROUPS = 50;
const WORK: WorkBudget = { unitsMax: 15_000, gapEnough: 1e-4 };

export interface TakesInput {
  readonly program: DecidedProgram;
  readonly request: RequestId;
  readonly sight: HolderSight;
}

/** Null where the program granted it, or had no column of it. */
export async function whatItTakes(
  ports: { readonly solver: SolverService; readonly solveOptions: Pick<SolveOptions, 'engine'> },
  { program, request, sight }: TakesInput,
): Promise<WhatItTakes | null> {
  const { formulation, solution, tick, snapshot } = program;
  const { model } = formulation;
  const columns = columnsOfRequest(formulation, request);
  const stage = model.stage[model.group[columns[0] ?? -1] ?? -1];
  const outcome = solution.stages.find((one) => one.stage === stage);
  if (outcome === undefined || columns.some((column) => solution.granted[column] === 1)) return null;
  const { certificate, value } = outcome;
  const frozen = solution.granted.map((entry, j) =>
    model.stage[model.group[j]!]! < outcome.stage ? entry : 0,
  );
  const proved = provedLacks(program, { at: { stage: outcome.stage, frozen, certificate }, value, columns });
  const found = await cheapest(ports, { program, outcome, proved });
  const at = { tick, at: snapshot.now };
  const none = { displaced: [], displacedOthers: [] };
  if (found === null) return { ...at, standing: 'outranked', atLeast: null, atMost: null, ...none };
  const out = [...solution.granted.keys()].filter((j) => solution.granted[j] === 1 && found.plan[j] === 0);
  const displaced = whoIsOut(formulation.columns, { out, plan: found.plan });
  const { atLeast, atMost } = found;
  return { ...at, standing: 'displaces', atLeast, atMost, ...seenBy(sight, displaced) };
}

interface Proved {
  readonly column: number;
  readonly lack: Units;
}

/**
 * Per column that fits beside the grants of higher classes what it lacks at least; the least first. Beyond a core none is proved once as many
 * as will be solved lack nothing: they come first whatever the others lack, and no core that leaves groups out proves more of them.
 */
function provedLacks(
  { formulation: { model } }: DecidedProgram,
  { at, value, columns }: { at: CertifiedStage; value: Units; columns: readonly number[] },
): Proved[] {
  const isBeyondCore = model.stage.filter((stage) => stage === at.stage).length > CORE_GROUPS + 1;
  const proved: Proved[] = [];
  let lackNothing = 0;
  for (const column of columns) {
    const check = boundGranting(model, at, column);
    if (!check.ok) throw new Error(`the certificate of class ${at.stage} fails at ${check.of} ${check.at}`);
    if (check.bound === null) continue;
    const lack = Math.max(0, value - Number(check.bound));
    proved.push({ column, lack });
    if (lack === 0) lackNothing += 1;
    if (isBeyondCore && lackNothing === SOLVES_MOST) break;
  }
  return proved.sort((a, b) => a.lack - b.lack || a.column - b.column);
}

interface Solved {
  readonly atLeast: Units;
  readonly atMost: Units;
  readonly plan: Uint8Array;
}

/** The plan that lacks least, and what all columns together lack at least: of those that were solved by their own proof as well. */
async function cheapest(
  { solver, solveOptions: { engine } }: Parameters<typeof whatItTakes>[0],
  wanted: {
    readonly program: DecidedProgram;
    readonly outcome: StageOutcome;
    readonly proved: readonly Proved[];
  },
): Promise<Solved | null> {
  const { formulation, solution } = wanted.program;
  const { model } = formulation;
  const { stage, value, bound } = wanted.outcome;
  let best: { lack: Units; plan: Uint8Array } | null = null;
  const leasts = wanted.proved.map(({ lack }) => lack);
  const { certificate } = wanted.outcome;
  const coreOf = forcing(model, { stage, granted: solution.granted, certificate, groupsMost: CORE_GROUPS });
  for (const [i, { column, lack: least }] of wanted.proved.slice(0, SOLVES_MOST).entries()) {
    if (best !== null && least >= best.lack) break;
    const core = coreOf(column);
    if (core === null) throw new Error(`column ${column} has a bound and fits nowhere`);
    const nothing = new Uint8Array(core.model.columnCount);
    const answer = nothing.length === 0 ? null : await solver.solve(core.model, { engine, budget: WORK });
    const plan = core.whole(answer?.granted ?? nothing);
    const lack = Math.max(0, bound - stageValue(model, { plan, stage }));
    const others = answer?.stages[0]?.bound ?? 0;
    if (core.isWhole)
      leasts[i] = Math.max(least, value - stageValue(model, { plan: core.kept, stage }) - others);
    if (best === null || lack < best.lack) best = { lack, plan };
  }
  return best && { atLeast: Math.min(...leasts), atMost: best.lack, plan: best.plan };
}

function stageValue(
  model: Model,
  { plan, stage }: { readonly plan: Uint8Array; readonly stage: number },
): Units {
  const check = checkPlan(model, plan);
  if (!check.ok) throw new Error(`a plan with a forced column breaks the program: ${JSON.stringify(check)}`);
  return check.values.get(stage)!;
}

/** Who was granted and would not be, in the order of the program. A request that is served by another column is not out. */
function whoIsOut(
  columns: readonly ColumnMeaning[],
  { out, plan }: { readonly out: readonly number[]; readonly plan: Uint8Array },
): Displaced[] {
  const served = new Set(
    columns.flatMap((meaning, column) =>
      plan[column] === 1 ? grantsOf(meaning).map(({ request }) => request) : [],
    ),
  );
  return out.flatMap((column) => grantsOf(columns[column]!)).filter(({ request }) => !served.has(request));
}

function grantsOf(meaning: ColumnMeaning): Displaced[] {
  if (meaning.type === 'extension') {
    const { department, agent, request, allocations } = meaning.lease;
    return [{ department, agent, request, what: 'extension', units: sumOf(allocations) }];
  }
  const services = meaning.type === 'gang' ? meaning.services : [meaning];
  return services.map(({ request: { request }, choices }) => {
    const units = sumOf(choices.map(({ quantity, place: { kind } }) => ({ kind, quantity })));
    const { department, agent, id } = request;
    return { department, agent, request: id, what: 'grant', units };
  });
}

function sumOf(parts: readonly { readonly kind: string; readonly quantity: Units }[]): Record<string, Units> {
  const sum: Record<string, Units> = {};
  for (const { kind, quantity } of parts) sum[kind] = (sum[kind] ?? 0) + quantity;
  return sum;
}

/** By name inside the reader's own department, as a sum a department for all others. */
export function seenBy(
  sight: HolderSight,
  displaced: readonly Displaced[],
): Pick<WhatItTakes, 'displaced' | 'displacedOthers'> {
  const isNamed = ({ department }: Displaced): boolean =>
    sight.type === 'all' || sight.department === department;
  const others = Map.groupBy(
    displaced.filter((one) => !isNamed(one)),
    ({ department }) => department,
  );
  return {
    displaced: displaced.filter(isNamed),
    displacedOthers: [...others]
      .map(([department, all]) => ({
        department,
        count: all.length,
        units: sumOf(
          all.flatMap(({ units }) => Object.entries(units).map(([kind, quantity]) => ({ kind, quantity }))),
        ),
      }))
      .sort((a, b) => (a.department < b.department ? -1 : 1)),
  };
}
