// The shape of POST /v1/simulations: a scenario whole in the body, and what a server is willing to compute for it.
// Invariant: nothing in it names a file or an address; what passes here is what the runner gets, which asks `simulationFaults` once more when it
// knows the jobs. Called by ../simulations.ts and by api/roles/sideJobs/simulationRunner.ts.

import { type Static, Type } from 'typebox';
import type { ProblemDetail } from '../../errors.ts';
import { Amount, Name, PositiveAmount } from './fields.ts';

const CLOSED = { additionalProperties: false } as const;
const Kind = Type.String({ pattern: '^[a-z][a-z0-9-]{0,62}$' });

/** Jobs of one run, and runs of one simulation: beyond them the arrays of a run no longer fit its process. */
export const SIMULATED_JOBS_MOST = 50_000;
const RUNS_MOST = 50;
/**
 * What all runs count together: a job 1 under a baseline, 50 under `annona`, which is about what they cost beside each other. So many count a
 * few minutes of one core.
 */
export const SIMULATED_WORK_MOST = 500_000;
const LIVE_WEIGHT = 50;
/** A year: further ahead nobody's requests are known. */
const HORIZON_SECONDS_MOST = 366 * 86_400;
/** A month of history. */
const HISTORY_HOURS_MOST = 31 * 24;
/** Of the text of a trace, as every text of a body; the body as a whole has 256 KB. */
const PIECES_MOST = 1000;
/** As every text of a body, which is held to as many bytes. */
const PIECE_LENGTH_MOST = 4096;

export const SIMULATED_SCHEDULERS = [
  'annona',
  'fcfs',
  'easy',
  'sjf',
  'priority',
  'drf',
  'bestfit',
  'fgd',
] as const;
/** Those that need no second file. */
export const SIMULATED_FORMATS = ['swf', 'philly', 'annona'] as const;

const Mix = Type.Object(
  {
    weight: Type.Integer({ minimum: 1, maximum: 1_000_000, description: 'How often, beside the others.' }),
    claims: Type.Record(Kind, PositiveAmount, { minProperties: 1, description: 'Kind and units.' }),
    model: Type.Optional(Name),
    runSeconds: Type.Object(
      {
        least: Type.Integer({ minimum: 1, maximum: HORIZON_SECONDS_MOST }),
        most: Type.Integer({ minimum: 1, maximum: HORIZON_SECONDS_MOST }),
      },
      CLOSED,
    ),
    estimatePercent: Type.Optional(Type.Integer({ minimum: 100, maximum: 10_000 })),
    rank: Type.Optional(Type.Integer({ minimum: 0, maximum: 3 })),
  },
  CLOSED,
);

const Generate = Type.Object(
  {
    requests: Type.Integer({ minimum: 1, maximum: SIMULATED_JOBS_MOST }),
    agents: Type.Integer({ minimum: 1, maximum: 10_000 }),
    departments: Type.Integer({ minimum: 1, maximum: 99 }),
    meanMillisecondsBetween: Type.Integer({ minimum: 1, maximum: 86_400_000 }),
    mix: Type.Array(Mix, { minItems: 1, maxItems: 64 }),
  },
  { ...CLOSED, description: 'Requests made by chance, from the seed of each run.' },
);

const Trace = Type.Object(
  {
    text: Type.Array(Type.String({ maxLength: PIECE_LENGTH_MOST }), {
      minItems: 1,
      maxItems: PIECES_MOST,
      description: 'The text of the trace in pieces of at most 4,096 bytes, joined as they are.',
    }),
    format: Type.Optional(Type.Enum([...SIMULATED_FORMATS])),
    department: Type.Optional(Name),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: SIMULATED_JOBS_MOST })),
  },
  CLOSED,
);

const History = Type.Object(
  {
    hours: Type.Integer({
      minimum: 1,
      maximum: HISTORY_HOURS_MOST,
      description: 'The requests of the last so many hours that the asker may read.',
    }),
    department: Type.Optional(Name),
  },
  CLOSED,
);

const Pool = Type.Object(
  {
    id: Name,
    kind: Kind,
    capacity: Amount,
    model: Type.Optional(Name),
    priceMinor: Type.Optional(Amount),
    pricePer: Type.Optional(PositiveAmount),
  },
  CLOSED,
);

export const SimulationBody = Type.Object(
  {
    workload: Type.Object(
      {
        generate: Type.Optional(Generate),
        trace: Type.Optional(Trace),
        history: Type.Optional(History),
      },
      { ...CLOSED, minProperties: 1, maxProperties: 1, description: 'One of the three.' },
    ),
    pools: Type.Optional(
      Type.Array(Pool, {
        minItems: 1,
        maxItems: 64,
        description: 'What it runs on; those of the server when left out.',
      }),
    ),
    quotas: Type.Optional(
      Type.Array(Type.Object({ department: Name, kind: Kind, most: Amount }, CLOSED), { maxItems: 200 }),
    ),
    budgets: Type.Optional(
      Type.Array(Type.Object({ department: Name, minor: Amount }, CLOSED), { maxItems: 200 }),
    ),
    horizonSeconds: Type.Optional(Type.Integer({ minimum: 1, maximum: HORIZON_SECONDS_MOST })),
    schedulers: Type.Array(Type.Enum([...SIMULATED_SCHEDULERS]), {
      minItems: 1,
      maxItems: SIMULATED_SCHEDULERS.length,
      uniqueItems: true,
    }),
    seeds: Type.Optional(
      Type.Array(Type.Integer({ minimum: 1, maximum: 2_147_483_647 }), {
        minItems: 1,
        maxItems: RUNS_MOST,
        uniqueItems: true,
        description: 'By default [1]. A trace or a history with one seed is taken as it is.',
      }),
    ),
  },
  CLOSED,
);
export type SimulationBody = Static<typeof SimulationBody>;

/** What a shape cannot say. */
export function simulationFaults({ workload, pools }: SimulationBody): ProblemDetail[] {
  const faults: ProblemDetail[] = [];
  const add = (pointer: string, code: ProblemDetail['code'], message: string): void =>
    void faults.push({ pointer, code, message });
  const ids = (pools ?? []).map(({ id }) => id);
  for (const [i, id] of ids.entries())
    if (ids.indexOf(id) < i) add(`/pools/${i}/id`, 'duplicate', `a pool ${id} is there already`);
  for (const [i, { runSeconds, claims }] of (workload.generate?.mix ?? []).entries()) {
    const at = `/workload/generate/mix/${i}`;
    if (runSeconds.least > runSeconds.most) add(`${at}/runSeconds/least`, 'range', 'least is more than most');
    for (const kind of Object.keys(claims))
      if (pools !== undefined && !pools.some((pool) => pool.kind === kind))
        add(`${at}/claims/${kind}`, 'unknown', `no pool is of kind ${kind}`);
  }
  return faults;
}

/** Why so many jobs are too many for what was asked; null: they are not. */
export function tooLarge({ schedulers, seeds = [1] }: SimulationBody, jobs: number): string | null {
  const runs = schedulers.length * seeds.length;
  if (runs > RUNS_MOST)
    return `${schedulers.length} schedulers with ${seeds.length} seeds are ${runs} runs, and at most ${RUNS_MOST} are done`;
  if (jobs > SIMULATED_JOBS_MOST)
    return `the workload has ${jobs} jobs, and at most ${SIMULATED_JOBS_MOST} are simulated`;
  const weights = schedulers.reduce((sum, name) => sum + (name === 'annona' ? LIVE_WEIGHT : 1), 0);
  const work = jobs * seeds.length * weights;
  return work <= SIMULATED_WORK_MOST
    ? null
    : `${jobs} jobs in ${runs} runs count ${work}, of which those under annona ${LIVE_WEIGHT} a job, and at most ${SIMULATED_WORK_MOST} are done`;
}

/** As many jobs as the body tells; those of a history, and of a trace, show when they are read. */
export function toldJobs({ workload }: SimulationBody): number {
  return workload.generate?.requests ?? workload.trace?.limit ?? 1;
}
