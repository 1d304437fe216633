// `annona replay-trace`: a public trace as pools and HTTP submissions by many agents, against a server process of its own.
// Invariant: leases are held for the trace's durations; every pod ends granted, denied, or cancelled when nothing could free a place for it.

import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import {
  modelsFor,
  type OpenbMachine,
  type OpenbModel,
  type OpenbPod,
  readOpenbMachines,
  readOpenbNodes,
  readOpenbPods,
  TraceError,
} from '../../simulations/index.ts';
import { CommandError, type CommandIo, EXIT } from './io.ts';
import { replayPods } from './replay/replay.ts';
import { printSummary } from './replay/summary.ts';
import { stopSignal } from './stopSignal.ts';

export interface ReplayTraceOptions {
  readonly format: string;
  readonly nodes: string;
  readonly pods: string;
  readonly speed: string;
  readonly agents: string;
  readonly limit?: string;
  readonly placement: string;
  readonly json?: boolean;
}

export async function replayTrace(options: ReplayTraceOptions, io: CommandIo): Promise<number> {
  if (options.format !== 'openb')
    throw new CommandError(`--format ${options.format} is not known (allowed: openb)`, EXIT.usage);
  if (options.placement !== 'models' && options.placement !== 'nodes')
    throw new CommandError(
      `--placement ${options.placement} is not known (allowed: models, nodes)`,
      EXIT.usage,
    );
  const speed = positive('--speed', options.speed);
  const agents = whole('--agents', options.agents);
  const limit = options.limit === undefined ? Number.POSITIVE_INFINITY : whole('--limit', options.limit);
  const trace = await readTrace(options, limit);
  if (trace.pods.length === 0) throw new CommandError(`${options.pods} has no pod to replay`, EXIT.usage);
  for (const [why, count] of trace.dropped) io.err(`left out ${count} lines: ${why}`);
  io.err(
    `${trace.pods.length} pods over ${trace.models.length} GPU models, ${agents} agents, ${speed} trace seconds a second`,
  );
  const signal = stopSignal((line) => io.err(line));
  const summary = await replayPods({ ...trace, speed, agents, signal }, io);
  if (options.json) io.out(JSON.stringify(summary));
  else printSummary(summary, io);
  return EXIT.done;
}

interface Trace {
  readonly models: readonly OpenbModel[];
  /** Of `--placement nodes` alone. */
  readonly machines?: readonly OpenbMachine[];
  readonly pods: readonly OpenbPod[];
  readonly dropped: ReadonlyMap<string, number>;
}

async function readTrace(options: ReplayTraceOptions, limit: number): Promise<Trace> {
  try {
    const models = await readOpenbNodes(linesOf(options.nodes), options.nodes);
    const { pods, dropped } = await readOpenbPods(linesOf(options.pods), options.pods);
    const placeable = pods.filter((pod) => modelsFor(pod, models).length > 0);
    const lost = pods.length - placeable.length;
    const all = new Map([
      ...dropped,
      ...(lost > 0 ? [['no node of any allowed model could hold it', lost] as const] : []),
    ]);
    const trace = { models, pods: placeable.slice(0, limit), dropped: all };
    if (options.placement === 'models') return trace;
    return { ...trace, machines: await readOpenbMachines(linesOf(options.nodes), options.nodes) };
  } catch (error) {
    if (error instanceof TraceError) throw new CommandError(error.message, EXIT.usage);
    if (error instanceof Error && 'syscall' in error) {
      const where = 'docs/data.md says where the public traces come from';
      throw new CommandError(`${error.message}; ${where}`, EXIT.usage);
    }
    throw error;
  }
}

async function* linesOf(file: string): AsyncGenerator<string> {
  yield* createInterface({ input: createReadStream(file, 'utf8'), crlfDelay: Number.POSITIVE_INFINITY });
}

function positive(name: string, value: string): number {
  const number = Number(value);
  if (Number.isFinite(number) && number > 0) return number;
  throw new CommandError(`${name} ${value} is not a positive number`, EXIT.usage);
}

function whole(name: string, value: string): number {
  if (/^[1-9]\d{0,8}$/.test(value)) return Number(value);
  throw new CommandError(`${name} ${value} is not a whole number above 0`, EXIT.usage);
}
