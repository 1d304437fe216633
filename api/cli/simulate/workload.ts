// What `annona simulate` runs: jobs of a trace and the capacity they run on, from files. Invariant: the same words give the same workload, in
// the command's process and in its workers. Called by simulate.ts and worker.ts.

import { createReadStream } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { createGunzip } from 'node:zlib';
import type { Configuration } from '../../../scheduler/index.ts';
import {
  type Capacity,
  type CapacityPlan,
  type Company,
  capacityOf,
  capacityOfMachines,
  type GeneratorSpec,
  gavelThroughputs,
  generated,
  type Job,
  peopleOf,
  type ReviewTerms,
  readOpenbMachines,
  readTrace,
  type SimulatedPool,
  type SolverHour,
  shaken,
  TRACE_FORMATS,
  type Trace,
  TraceError,
  type TraceFormat,
} from '../../../simulations/index.ts';
import { CommandError, EXIT } from '../io.ts';
import type { Bundles } from './bundles.ts';
import { type CompanySpec, companyOf, recordedCompany } from './company.ts';
import type { RecordedJobs } from './history.ts';

/** As the options or a scenario say it; may be sent to a worker. */
export interface WorkloadSpec {
  /** Of a generated workload the scenario's own file, which only names it. */
  readonly trace: string;
  readonly format?: TraceFormat;
  readonly capacity?: string;
  /** Jobs of this department alone. */
  readonly department?: string;
  /** The first so many jobs alone. */
  readonly limit?: number;
  readonly throughputs?: string;
  readonly gpuModel: string;
  /** Instead of `capacity`. */
  readonly pools?: readonly SimulatedPool[];
  readonly quotas?: readonly { readonly department: string; readonly kind: string; readonly most: number }[];
  readonly budgets?: readonly { readonly department: string; readonly minor: number }[];
  readonly untilMs?: number;
  /** Instead of a trace. */
  readonly generate?: GeneratorSpec;
  /** Instead of `pools` and `capacity`. */
  readonly company?: CompanySpec;
  /** Instead of a trace and a company: requests that were made, and who made them. */
  readonly recorded?: { readonly made: RecordedJobs; readonly configuration: Configuration };
  /** Policies by the names that tasks have them by. */
  readonly bundles?: Bundles;
  /** How capacities change. */
  readonly plan?: CapacityPlan;
  readonly solverHours?: readonly SolverHour[];
  readonly reviews?: ReviewTerms;
}

/** What commands that take a trace are told of it. */
export interface TraceOptions {
  readonly trace: string;
  readonly format?: string;
  readonly capacity?: string;
  readonly department?: string;
  readonly limit?: string;
  readonly throughputs?: string;
  readonly gpuModel: string;
}

export function specOf(options: TraceOptions): WorkloadSpec {
  const { trace, format, capacity, department, limit, throughputs, gpuModel } = options;
  const known = TRACE_FORMATS.find((name) => name === format);
  if (format !== undefined && known === undefined)
    throw new CommandError(
      `--format ${format} is not known (allowed: ${TRACE_FORMATS.join(', ')})`,
      EXIT.usage,
    );
  return {
    trace,
    gpuModel,
    ...(known !== undefined && { format: known }),
    ...(capacity !== undefined && { capacity }),
    ...(department !== undefined && { department }),
    ...(limit !== undefined && { limit: whole('--limit', limit) }),
    ...(throughputs !== undefined && { throughputs }),
  };
}

export function whole(name: string, value: string): number {
  if (/^[1-9]\d{0,8}$/.test(value)) return Number(value);
  throw new CommandError(`${name} ${value} is not a whole number above 0`, EXIT.usage);
}

export interface Workload {
  readonly jobsOf: (seed: number | null) => Iterable<Job>;
  /** How many those are. */
  readonly count: number;
  readonly capacity: Capacity;
  readonly format: TraceFormat | 'generated';
  readonly dropped: ReadonlyMap<string, number>;
  readonly company?: Company;
}

export interface TraceWorkload extends Workload {
  readonly jobs: readonly Job[];
}

export async function loadWorkload(spec: WorkloadSpec): Promise<Workload> {
  const { generate, plan } = spec;
  if (spec.recorded !== undefined) return recordedWorkload(spec.recorded, spec.bundles ?? {});
  const company = spec.company && companyOf(spec.company, spec.bundles ?? {});
  const people = company && peopleOf(company.at(company.startsAt).configuration);
  const bare: Workload =
    generate === undefined
      ? await loadTrace(spec, company)
      : {
          jobsOf: (seed) => generated(generate, seed ?? 1, people),
          count: generate.requests,
          capacity: company ? capacityWith(company, kindsOfMix(generate)) : { pools: spec.pools ?? [] },
          format: 'generated',
          dropped: new Map(),
        };
  return {
    ...bare,
    capacity: { ...bare.capacity, ...(plan !== undefined && { plan }) },
    ...(company !== undefined && { company }),
  };
}

function recordedWorkload(
  { made, configuration }: NonNullable<WorkloadSpec['recorded']>,
  bundles: Bundles,
): Workload {
  const { jobs, dropped, requests = [] } = made;
  const options = requests.flatMap((request) => request.options);
  const claims = [...jobs, ...options].flatMap((one) => one.claims.map(({ kind }) => kind));
  const company = recordedCompany(made, configuration, bundles);
  const capacity = capacityOf(configuration, new Set(claims));
  return { jobsOf: () => jobs, count: jobs.length, capacity, format: 'annona', dropped, company };
}

function capacityWith(company: Company, kinds: ReadonlySet<string>): Capacity {
  return capacityOf(company.at(company.startsAt).configuration, kinds);
}

function kindsOfMix({ mix }: GeneratorSpec): Set<string> {
  return new Set(mix.flatMap(({ claims }) => Object.keys(claims)));
}

export async function loadTrace(spec: WorkloadSpec, company?: Company): Promise<TraceWorkload> {
  try {
    const trace = await traceOf(spec);
    const wanted = trace.jobs.filter(({ department }) => (spec.department ?? department) === department);
    const jobs = wanted.slice(0, spec.limit).map((job, index) => ({ ...job, index }));
    if (jobs.length === 0) throw new CommandError(`${spec.trace} has no job to simulate`, EXIT.usage);
    const { format, dropped } = trace;
    const kinds = new Set(jobs.flatMap(({ claims }) => claims.map(({ kind }) => kind)));
    const capacity = company
      ? capacityWith(company, kinds)
      : spec.pools === undefined
        ? await capacityOfTrace(spec, trace)
        : { pools: spec.pools };
    return { jobs, jobsOf: (seed) => shaken(jobs, seed), count: jobs.length, capacity, format, dropped };
  } catch (error) {
    if (error instanceof TraceError) throw new CommandError(error.message, EXIT.usage);
    if (error instanceof Error && 'code' in error && String(error.code).startsWith('Z_'))
      throw new CommandError(
        `${spec.trace} is cut off or damaged (${error.code}): fetch it again`,
        EXIT.usage,
      );
    if (error instanceof Error && 'syscall' in error)
      throw new CommandError(
        `${error.message}; docs/data.md says where the public traces come from`,
        EXIT.usage,
      );
    throw error;
  }
}

async function traceOf({ trace, format, throughputs, gpuModel }: WorkloadSpec): Promise<Trace> {
  const rates =
    throughputs === undefined
      ? {}
      : { throughputs: gavelThroughputs(JSON.parse(await textOf(throughputs)), gpuModel, throughputs) };
  const lines = await linesOf(trace);
  return readTrace({ name: trace, lines, ...(format !== undefined && { format }), ...rates });
}

/** Unpacked where the file begins as gzip does, whatever its name. */
async function linesOf(file: string): Promise<AsyncIterable<string>> {
  const isPacked = await isGzip(file);
  const source = createReadStream(file);
  const input = isPacked ? source.pipe(createGunzip()) : source;
  return createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY });
}

async function isGzip(file: string): Promise<boolean> {
  const handle = await open(file);
  try {
    const { buffer } = await handle.read(Buffer.alloc(2), 0, 2, 0);
    return buffer[0] === 0x1f && buffer[1] === 0x8b;
  } finally {
    await handle.close();
  }
}

async function textOf(file: string): Promise<string> {
  let text = '';
  for await (const line of await linesOf(file)) text += `${line}\n`;
  return text;
}

/** What is stated, else what the trace says of its machine. */
async function capacityOfTrace({ capacity }: WorkloadSpec, trace: Trace): Promise<Capacity> {
  if (capacity === undefined) {
    if (trace.capacity !== null) return trace.capacity;
    throw new CommandError(
      `a ${trace.format} trace does not say what it ran on: --capacity gpu=96, or a node list for openb`,
      EXIT.usage,
    );
  }
  if (/^\d+$/.test(capacity)) {
    const [first] = trace.jobs;
    const kinds = new Set(first?.claims.map(({ kind }) => kind));
    if (kinds.size > 1)
      throw new CommandError(
        `--capacity ${capacity}: say of which kind, as in cpu=${capacity}; the jobs ask for ${[...kinds].join(', ')}`,
        EXIT.usage,
      );
    return { pools: [poolOf(`${[...kinds][0]}=${capacity}`)] };
  }
  if (/^[a-z][^=]*=/.test(capacity)) return poolsOf(capacity, trace);
  const text = await readFile(capacity, 'utf8');
  async function* lines(): AsyncGenerator<string> {
    yield* text.split(/\r?\n/);
  }
  return capacityOfMachines(await readOpenbMachines(lines(), capacity));
}

function poolsOf(capacity: string, { jobs }: Trace): Capacity {
  const pools = capacity.split(',').map(poolOf);
  const isOfNodes = pools.some(({ unitsPerNode }) => unitsPerNode !== undefined);
  if (isOfNodes && (pools.length > 1 || jobs.some(({ claims }) => claims.length > 1)))
    throw new CommandError(
      `--capacity ${capacity}: nodes that a job may take several of are of one kind, and so are its jobs' claims`,
      EXIT.usage,
    );
  return { pools };
}

/** "kind=units", "kind:model=units", "kind=NODESxUNITS", and "@minor" for a price of a unit and an hour. */
function poolOf(text: string): SimulatedPool {
  const found =
    /^([a-z][a-z0-9-]*)(?::([A-Za-z0-9.-]+))?=(?:([1-9]\d{0,4})x)?(\d{1,10})(?:@(\d{1,9}))?$/.exec(text);
  if (found === null)
    throw new CommandError(
      `--capacity ${text}: want kind=units, kind:model=units, kind=12x8 for nodes, or with a price kind=units@minor, separated by commas`,
      EXIT.usage,
    );
  const [, kind, model, nodes, units, price] = found;
  return {
    id: model === undefined ? kind! : `${kind}-${model.toLowerCase()}`,
    kind: kind!,
    capacity: Number(nodes ?? 1) * Number(units),
    ...(nodes !== undefined && { unitsPerNode: Number(units) }),
    ...(model !== undefined && { model }),
    ...(price !== undefined && { priceMinor: Number(price) }),
  };
}
