// Solves any program: what is trivial at once, packing programs by the anytime method, all others by an engine's branch and bound.
// Invariant: every point told was checked here, every bound says whose it is. Called by worker.ts, tests and benches.
import { type Conflict, conflictOf, type Feasibility } from '../conflict.ts';
import type { Engine } from '../engines/engine.ts';
import {
  type CheckedPoint,
  checkedPoint,
  claims,
  engineBound,
  type ProgramAnswer,
  type ProgramEngineName,
  type ProvenBound,
  tighter,
} from './answer.ts';
import { type PackedAnswer, packedCrossed, solvePacked, workFor } from './packed.ts';
import { type PackingForm, packingOf } from './packing.ts';
import { isBetter, type Program, programGap, programWith } from './program.ts';
import {
  NO_LIMITS,
  type SearchAnswer,
  type SearchEngine,
  type SearchEngineName,
  type SearchNews,
} from './search.ts';
import { settleTrivially } from './trivial.ts';

export interface ProgramRequest {
  readonly engine: ProgramEngineName;
  /** The counted limit: of `anytime` units of counted work, null DEFAULT_WORK; of `highs` nodes, null none. */
  readonly work: number | null;
  /** The engine's own limit; null: none. `anytime` has none but its work. */
  readonly seconds: number | null;
  /** Look for the smallest clash when there is no point. */
  readonly explain: boolean;
}

export interface ProgramEngines {
  /** For the linear programs of the anytime method. */
  linear(): Promise<Engine | null>;
  /** Null: this installation has none. */
  search(name: SearchEngineName): Promise<SearchEngine | null>;
}

export interface ProgramNews {
  readonly phase: 'anytime' | 'search' | 'explain';
  /** A better point, checked; null: none since the last news. */
  readonly best: CheckedPoint | null;
  readonly proven: ProvenBound | null;
  readonly nodes: number;
  /** Of this phase. */
  readonly seconds: number;
}

export type Tell = (news: ProgramNews) => void;

/** A clash is looked for in many small solves: each has at most so many nodes. */
const EXPLAIN_NODES = 2_000;
const EXPLAIN_SECONDS = 20;

type Settled = Pick<ProgramAnswer, 'status'> & Partial<ProgramAnswer>;

/** `elapsed`: seconds since the question, so that both phases keep one limit together. */
export async function solveProgram(
  given: Program,
  request: ProgramRequest,
  from: { engines: ProgramEngines; elapsed: () => number; tell?: Tell },
): Promise<ProgramAnswer> {
  const tell = from.tell ?? (() => {});
  const answered = (settled: Settled): ProgramAnswer => ({ ...blank(request.engine), ...settled });
  const trivial = settleTrivially(given);
  if (trivial.kind === 'optimal') return answered(pointAnswer(given, trivial.point));
  if (trivial.kind !== 'open') return answered({ status: trivial.kind, notes: [trivial.why] });
  const { program } = trivial;
  const run: Run = { ...from, tell, program, request };
  const packing = packingOf(program);
  if (packing.kind === 'infeasible' || packing.kind === 'unbounded') {
    const conflict = packing.kind === 'infeasible' ? await explained(run, 'highs') : null;
    return answered({ status: packing.kind, notes: [packing.why], conflict });
  }
  if (packing.kind === 'packing' && request.engine !== 'glpk') {
    if (request.engine === 'anytime') return anytime(run, packing.form);
    const first = solvePacked(program, packing.form, { engine: await linearOf(from.engines), work: null });
    tell({ phase: 'anytime', best: first.best, proven: first.proven, nodes: 0, seconds: from.elapsed() });
    return searched(run, { engine: 'highs', first, notes: [] });
  }
  if (request.engine !== 'anytime') return searched(run, { engine: request.engine, first: null, notes: [] });
  const why = packing.kind === 'other' ? packing.why : '';
  return searched(run, {
    engine: 'highs',
    first: null,
    notes: [`no packing program (${why}): HiGHS's branch and bound answers it`],
  });
}

interface Run {
  readonly program: Program;
  readonly request: ProgramRequest;
  readonly engines: ProgramEngines;
  readonly elapsed: () => number;
  readonly tell: Tell;
}

/** No answer yet, in every field. */
function blank(engine: ProgramEngineName): ProgramAnswer {
  return {
    status: 'unknown',
    point: null,
    objective: null,
    bound: null,
    boundFrom: null,
    gap: null,
    checked: null,
    engine,
    engineBuild: 'none',
    work: {},
    ended: 'complete',
    notes: [],
    conflict: null,
  };
}

function pointAnswer(program: Program, point: Float64Array): Settled {
  const best = checkedPoint(program, point);
  if (best === null) throw new Error('a trivial answer does not check');
  // Nothing but arithmetic stands behind it, which anyone can repeat.
  return claims(program, best, { bound: best.objective, boundFrom: 'certificate' });
}

async function linearOf(engines: ProgramEngines): Promise<Engine> {
  const engine = await engines.linear();
  if (engine === null) throw new Error('HiGHS is not installed: npm install brings it');
  return engine;
}

/** The plan of the method, made better by crossing; its bound stays the certificate's. */
async function anytime(run: Run, form: PackingForm): Promise<ProgramAnswer> {
  const { program, request } = run;
  const work = workFor(form.model, request.work);
  const first = solvePacked(program, form, { engine: await linearOf(run.engines), work: work.method });
  const { best, proven, solution } = first;
  run.tell({ phase: 'anytime', best, proven, nodes: 0, seconds: run.elapsed() });
  const answer = packedOnly(program, first);
  // After a fault the prices say little, and the notes call the plan greedy.
  if (work.crossing === 0 || answer.status === 'optimal' || solution.fault !== null) return answer;
  const crossed = packedCrossed(program, form, { first, units: work.crossing });
  return {
    ...packedOnly(program, crossed.answer),
    work: { ...answer.work, crossingEntries: crossed.entries },
  };
}

function packedOnly(program: Program, { best, proven, solution }: PackedAnswer): ProgramAnswer {
  const { termination, fault } = solution;
  return {
    ...blank('anytime'),
    ...claims(program, best, proven),
    engineBuild: solution.engineBuild,
    work: { ...solution.work },
    ended: termination,
    notes: fault === null ? [] : [`the engine failed (${fault}): the plan is greedy`],
  };
}

async function searched(
  run: Run,
  {
    engine: name,
    first,
    notes,
  }: { engine: SearchEngineName; first: PackedAnswer | null; notes: readonly string[] },
): Promise<ProgramAnswer> {
  const { program, request } = run;
  const engine = await run.engines.search(name);
  if (engine === null)
    return { ...blank(name), ended: 'fault', notes: [`the engine ${name} is not installed`] };
  const base = { ...blank(name), engineBuild: engine.build };
  if (first !== null && claims(program, first.best, first.proven).status === 'optimal')
    return packedOnly(program, first);
  const found = engine.search(
    program,
    {
      seconds: request.seconds === null ? null : Math.max(0, request.seconds - run.elapsed()),
      nodes: engine.countsNodes ? request.work : null,
      start: first?.best.point ?? null,
    },
    (news) => run.tell(checkedNews(program, news)),
  );
  const work = { ...first?.solution.work, nodes: found.nodes, treeIterations: found.simplexIterations };
  const outcome = await concluded({ ...run, engine, name }, { found, first });
  return { ...base, ...outcome, work, notes: [...notes, ...(outcome.notes ?? [])] };
}

function checkedNews(program: Program, { point, bound, nodes, seconds }: SearchNews): ProgramNews {
  const best = point && checkedPoint(program, point);
  return { phase: 'search', best, proven: engineBound(program, bound), nodes, seconds };
}

async function concluded(
  run: Run & { engine: SearchEngine; name: SearchEngineName },
  { found, first }: { found: SearchAnswer; first: PackedAnswer | null },
): Promise<Settled> {
  const { program } = run;
  if (found.ended === 'infeasible') {
    if (first !== null) return contradicted(program, first);
    return { status: 'infeasible', conflict: await explained(run, run.name) };
  }
  const own =
    found.point && (checkedPoint(program, found.point) ?? repaired(program, found.point, run.engine));
  const notes: string[] = [];
  if (found.point !== null && own === null)
    notes.push('the engine told a point that breaks a row by more than a relative 1e-6: it is left out');
  if (found.ended === 'unbounded') return { status: 'unbounded', notes: ['the objective has no end'] };
  const best = better(program, first?.best ?? null, own);
  const claimed = engineBound(program, found.bound);
  const credible = best === null || claimed === null || isCredible(program, claimed, best);
  if (!credible)
    notes.push(`the engine told a bound of ${claimed?.bound}, which the plan passes: it is left out`);
  const proven = tighter(program, first?.proven ?? null, credible ? claimed : null);
  return { ...claims(program, best, proven), ended: endedAs(found), notes };
}

function endedAs({ ended }: SearchAnswer): ProgramAnswer['ended'] {
  switch (ended) {
    case 'nodeLimit':
      return 'workLimit';
    case 'timeLimit':
      return 'timeLimit';
    case 'failed':
      return 'fault';
    default:
      return 'complete';
  }
}

function contradicted(program: Program, first: PackedAnswer): Settled {
  return {
    ...claims(program, first.best, first.proven),
    ended: 'fault',
    notes: ['the engine calls the program infeasible, and here is a point of it'],
  };
}

function isCredible(program: Program, { bound }: ProvenBound, { objective }: CheckedPoint): boolean {
  return !isBetter(program, objective, bound) || programGap(bound, objective) <= 1e-6;
}

function better(program: Program, a: CheckedPoint | null, b: CheckedPoint | null): CheckedPoint | null {
  if (a === null || b === null) return a ?? b;
  return isBetter(program, b.objective, a.objective) ? b : a;
}

/** With the whole columns where the engine has them, the rest is a linear program: its point needs no rounding. */
function repaired(program: Program, point: Float64Array, engine: SearchEngine): CheckedPoint | null {
  const { integer } = program;
  if (!integer.includes(0)) return null;
  const fixed = (bounds: Float64Array): Float64Array =>
    bounds.map((bound, j) => (integer[j] === 1 ? Math.round(point[j]!) : bound));
  const rest = programWith(program, {
    lower: fixed(program.lower),
    upper: fixed(program.upper),
    integer: new Uint8Array(integer.length),
  });
  const found = engine.search(rest, NO_LIMITS);
  return found.ended === 'optimal' && found.point !== null ? checkedPoint(program, found.point) : null;
}

/** Null when it was not asked for, or the engine cannot show the clash again. */
async function explained(
  { program, request, engines, tell, elapsed }: Run,
  name: SearchEngineName,
): Promise<Conflict | null> {
  if (!request.explain) return null;
  const engine = await engines.search(name);
  if (engine === null) return null;
  let questions = 0;
  return conflictOf(program, (part): Feasibility => {
    questions++;
    tell({ phase: 'explain', best: null, proven: null, nodes: questions, seconds: elapsed() });
    const { ended } = engine.search(part, { seconds: EXPLAIN_SECONDS, nodes: EXPLAIN_NODES, start: null });
    return ended === 'infeasible' ? 'infeasible' : ended === 'optimal' ? 'feasible' : 'unknown';
  });
}
