// `npm run bench:library`: instances with published optima, solved by HiGHS until proved, by GLPK as far as it comes in a few seconds, and
// knapsacks by the anytime method. Invariant: a wrong value or status is a failure (exit code 1); times and gaps are figures.
import { parseArgs } from 'node:util';
import {
  type Program,
  type ProgramAnswer,
  type ProgramEngineName,
  type ProgramRequest,
  solveProgram,
} from '../solver/index.ts';
import { engineAbsence, programEngines } from '../solver/node.ts';
import { machine, mean, rounded, spread } from './figures.ts';
import { choice, wholeNumber } from './options.ts';
import {
  dataFolder,
  gapInstances,
  hasData,
  type Instance,
  mipInstances,
  mknap1Instances,
  mknapcbInstances,
  REFERENCE_SETS,
  sac94Instances,
} from './orLibrary.ts';

const SETS = {
  mip: { data: 'mip', instances: mipInstances },
  sac94: { data: 'mkp', instances: sac94Instances },
  mknap1: { data: 'mkp', instances: mknap1Instances },
  gap: { data: 'gap', instances: gapInstances },
  mknapcb1: { data: 'mkp', instances: () => mknapcbInstances('mknapcb1') },
  mknapcb2: { data: 'mkp', instances: () => mknapcbInstances('mknapcb2') },
  mknapcb4: { data: 'mkp', instances: () => mknapcbInstances('mknapcb4') },
  mknapcb7: { data: 'mkp', instances: () => mknapcbInstances('mknapcb7') },
} as const;
type SetName = keyof typeof SETS;
/** Their references are no optima: they are for the anytime method alone. */
const isReference = (set: string): boolean => REFERENCE_SETS.some((known) => known === set);
const SET_NAMES = Object.keys(SETS) as SetName[];

interface Solved {
  readonly instance: string;
  readonly want: Instance['want'];
  readonly status: ProgramAnswer['status'];
  readonly objective: number | null;
  readonly bound: number | null;
  readonly boundFrom: ProgramAnswer['boundFrom'];
  readonly gap: number | null;
  /** (best known - objective) / |best known|, signed so that more is worse; null without an objective. */
  readonly behind: number | null;
  readonly seconds: number;
  /** Of this process: what it would have taken on a machine of its own. */
  readonly processorSeconds: number;
  /** What contradicts the published value; null: nothing. */
  readonly wrong: string | null;
}

const engines = programEngines();

async function solved({ name, program, want, set }: Instance, request: ProgramRequest): Promise<Solved> {
  const from = performance.now();
  const processor = process.cpuUsage();
  const elapsed = (): number => (performance.now() - from) / 1000;
  const answer = await solveProgram(program, request, { engines, elapsed });
  const { user, system } = process.cpuUsage(processor);
  const { status, objective, bound, boundFrom, gap } = answer;
  const behind = objective === null || want === 'infeasible' ? null : behindOf(program, objective, want);
  const isOptimum = !isReference(set);
  return {
    instance: name,
    want,
    status,
    objective,
    bound,
    boundFrom,
    gap,
    behind,
    seconds: rounded(elapsed()),
    processorSeconds: rounded((user + system) / 1e6),
    wrong: wrongIn(answer, { want, behind, isOptimum, program }),
  };
}

function behindOf({ sense }: Program, objective: number, want: number): number {
  return (sense === 'maximise' ? want - objective : objective - want) / Math.max(1, Math.abs(want)) + 0;
}

/** Published optima have up to eight digits. */
const TOLERANCE = 1e-6;

function wrongIn(
  { status, bound }: ProgramAnswer,
  {
    want,
    behind,
    isOptimum,
    program,
  }: { want: Instance['want']; behind: number | null; isOptimum: boolean; program: Program },
): string | null {
  if (want === 'infeasible')
    return status === 'infeasible' || status === 'unknown' ? null : `${status}, and it is infeasible`;
  if (status === 'infeasible' || status === 'unbounded') return `${status}, and its optimum is ${want}`;
  if (behind !== null && isOptimum && behind < -TOLERANCE) return 'better than the optimum';
  if (behind !== null && isOptimum && status === 'optimal' && behind > TOLERANCE)
    return 'called optimal, and it is not';
  if (bound !== null && behindOf(program, bound, want) > TOLERANCE)
    return `a bound of ${bound}, which ${want} passes`;
  return null;
}

interface Run {
  readonly set: SetName;
  readonly engine: ProgramEngineName;
  readonly instances: number;
  readonly proved: number;
  readonly wrong: number;
  readonly meanBehindPercent: number | null;
  readonly meanGapPercent: number | null;
  readonly seconds: ReturnType<typeof spread>;
  readonly processorSeconds: ReturnType<typeof spread>;
  readonly solved: readonly Solved[];
}

async function run(set: SetName, request: ProgramRequest, tell: (line: string) => void): Promise<Run> {
  const all: Solved[] = [];
  for (const instance of SETS[set].instances()) {
    const one = await solved(instance, request);
    all.push(one);
    tell(
      `${request.engine} ${set} ${one.instance}: ${one.status} ${one.objective} (want ${one.want}), ${one.seconds} s${one.wrong === null ? '' : ` WRONG: ${one.wrong}`}`,
    );
  }
  const percent = (values: readonly (number | null)[]): number | null =>
    mean(values.filter((value) => value !== null).map((value) => value * 100));
  return {
    set,
    engine: request.engine,
    instances: all.length,
    proved: all.filter(({ status }) => status === 'optimal' || status === 'infeasible').length,
    wrong: all.filter(({ wrong }) => wrong !== null).length,
    meanBehindPercent: percent(all.map(({ behind }) => behind)),
    meanGapPercent: percent(all.map(({ gap }) => gap)),
    seconds: spread(all.map(({ seconds }) => seconds)),
    processorSeconds: spread(all.map(({ processorSeconds }) => processorSeconds)),
    solved: all,
  };
}

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    sets: { type: 'string', default: SET_NAMES.join(',') },
    seconds: { type: 'string', default: '300' },
    'glpk-seconds': { type: 'string', default: '5' },
  },
});
const sets = values.sets.split(',').map((name) => choice('--sets', name, SET_NAMES));
const absent = sets.filter((set) => !hasData(SETS[set].data));
if (absent.length > 0) {
  process.stderr.write(
    `no data for ${absent.join(', ')} in ${dataFolder()}: set ANNONA_DATA; docs/data.md says where the sets come from\n`,
  );
  process.exit(2);
}
const before = machine();
const glpkAbsence = await engineAbsence('glpk');
const runs: Run[] = [];
const tell = (line: string): void => void process.stderr.write(`${line}\n`);
const asking = (engine: ProgramEngineName, seconds: string): ProgramRequest => ({
  engine,
  work: null,
  seconds: wholeNumber('--seconds', seconds),
  explain: false,
});
for (const set of sets) {
  if (isReference(set)) {
    // Limited by its own counted work, whatever the clock says.
    runs.push(await run(set, { engine: 'anytime', work: null, seconds: null, explain: false }, tell));
    continue;
  }
  runs.push(await run(set, asking('highs', values.seconds), tell));
  if (glpkAbsence === null) runs.push(await run(set, asking('glpk', values['glpk-seconds']), tell));
}
const after = machine();
if (glpkAbsence !== null) tell(glpkAbsence);
const result = { bench: 'library', machine: { ...before, loadAverageAfter: after.loadAverage }, runs };
if (values.json) process.stdout.write(`${JSON.stringify(result)}\n`);
else {
  for (const run of runs) {
    const { set, engine, instances, proved, wrong, processorSeconds: processor } = run;
    process.stdout.write(
      `${set} ${engine}: ${proved} of ${instances} proved, ${wrong} wrong, ${run.meanBehindPercent} % behind the best known, proven gap ${run.meanGapPercent} %, processor median ${processor.p50} s, at most ${processor.max} s\n`,
    );
  }
}
process.exitCode = runs.some(({ wrong }) => wrong > 0) ? 1 : 0;
