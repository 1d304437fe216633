// A recorded tick decided again: the production tick over a state that was folded from a checkpoint, with recorded inputs in place of a world.
// Invariant: nothing of the record but its inputs reaches the tick; what it decided is only compared. Called by api/cli and tests.

import { type SolverService, solveWithoutEngine } from '../../solver/index.ts';
import { takeUp } from '../adopt.ts';
import { restore } from '../carried.ts';
import type { Configuration } from '../domain/configuration.ts';
import { copyState } from '../domain/copyState.ts';
import type { IntakeRow } from '../domain/intake.ts';
import type { RecordedVerdict } from '../domain/request.ts';
import { emptyState, type State } from '../domain/state.ts';
import type { TickInputs, VerdictBits } from '../domain/tickInputs.ts';
import type { TickRecord } from '../domain/tickRecord.ts';
import { detached } from '../dryRun.ts';
import { newMemo } from '../formulate/index.ts';
import type { Decided, Digest, PolicyGate, TickCommit } from '../ports.ts';
import { runTick, type TickCarry } from '../tick.ts';
import type { Standing } from './checkpoint.ts';
import { firstDifference, type ReplayDifference } from './compare.ts';

export interface ReplayPorts {
  readonly solver: SolverService;
  readonly digest: Digest;
  /** Of a revision that a record names; rejects when it is not at hand. */
  readonly configuration: (revision: string) => Promise<Configuration>;
  /** A live policy: asked again where its revisions are the record's. Absent: verdicts come from the record. */
  readonly policy?: PolicyGate;
}

export interface RecordedTick {
  readonly record: TickRecord;
  /** Every intake row that the record names, in its order. */
  readonly rows: readonly IntakeRow[];
  /** What was written to the log; absent: not compared. */
  readonly events?: TickCommit['events'];
}

export interface ReplayedTick {
  readonly tick: number;
  /** Null: equal in every digest, field and event. */
  readonly difference: ReplayDifference | null;
  /** `evaluated`: the policy was asked again. */
  readonly verdicts: 'recorded' | 'evaluated';
  /** Null: the tick came to nothing to commit. */
  readonly commit: TickCommit | null;
  readonly decided: Decided | null;
  /** From which the next tick goes on. Where there is a difference, of no use. */
  readonly standing: Standing;
}

/** The record cannot be replayed, whoever tries: it lacks what a replay needs, or does not follow the tick before it. */
export class ReplayError extends Error {
  override name = 'ReplayError';
}

/** Of a cell in which no tick was committed yet. */
export function standingOfNothing(cell: string, configuration: Configuration): Standing {
  return { state: emptyState({ cell, epoch: 0, configuration }), carry: freshCarry() };
}

/** @throws {ReplayError} when the record does not follow what stands, or is from before inputs were kept. */
export async function replayTick(
  ports: ReplayPorts,
  before: Standing,
  recorded: RecordedTick,
): Promise<ReplayedTick> {
  const { record, rows } = recorded;
  const inputs = inputsOf(record, before.state);
  checkRows(inputs, rows);
  const { state, carry } = await standingFor(ports, before, { record, inputs });
  const revision = record.configurationRevision;
  const next = await ports.configuration(revision);
  const live = await livePolicy(ports, record, next);
  const policy = live ?? recordedPolicy(record, { inputs, carry });
  const verdicts = live === null ? 'recorded' : 'evaluated';
  let decided: Decided | null = null;
  const result = await runTick(
    {
      ...detached({
        digest: ports.digest,
        policy,
        solver: faulty(ports.solver, inputs),
        solveOptions: { engine: inputs.asked.engine, budget: inputs.asked.budget },
      }),
      configuration: { current: async () => next, revision: async () => next },
      observer: {
        committed: (_commit, on) => {
          decided = on ?? null;
        },
      },
    },
    state,
    {
      intake: { rows, now: record.now, revision },
      heartbeats: {
        heard: record.activated.map((lease, i) => ({ lease, at: inputs.heard.at[i]! })),
        heardThrough: inputs.heard.through,
        ...(inputs.heard.since !== null && { listensSince: inputs.heard.since }),
      },
      carry,
    },
  );
  const commit = result.type === 'committed' ? result.commit : null;
  const difference = firstDifference(recorded, commit);
  return { tick: record.tick, difference, verdicts, commit, decided, standing: { state, carry } };
}

function inputsOf(record: TickRecord, { cell, tick, tickDigest, epoch }: State): TickInputs {
  if (record.inputs === undefined)
    throw new ReplayError(`the record of tick ${record.tick} is from before inputs were kept`);
  if (record.cell !== cell || record.tick !== tick + 1 || record.previousDigest !== tickDigest)
    throw new ReplayError(`tick ${record.tick} of ${record.cell} does not follow tick ${tick} of ${cell}`);
  if (record.epoch < epoch) throw new ReplayError(`tick ${record.tick} is of an epoch before the last one`);
  return record.inputs;
}

function checkRows({ intake }: TickInputs, rows: readonly IntakeRow[]): void {
  const want = intake.flatMap(([first, count]) => Array.from({ length: count }, (_, i) => first + i));
  const missing = want.findIndex((id, i) => rows[i]?.id !== id);
  if (missing >= 0 || rows.length !== want.length)
    throw new ReplayError(`intake row ${want[missing] ?? rows[want.length]?.id} is not the one folded`);
}

async function standingFor(
  ports: ReplayPorts,
  before: Standing,
  { record, inputs }: { record: TickRecord; inputs: TickInputs },
): Promise<Standing> {
  const isSameTerm = record.epoch === before.state.epoch;
  const state = isSameTerm ? copyState(before.state) : succeeded(before.state, record.epoch);
  const carry = isSameTerm ? { ...before.carry } : freshCarry();
  const change = inputs.carried ?? {};
  const taken = change.configuration === undefined ? null : await ports.configuration(change.configuration);
  restore(state, carry, { change, takeUp: () => taken && takeUp(state, taken) });
  if (record.warm !== null && record.warm !== undefined) carry.warm = record.warm;
  else if (record.counts.columns > 0) carry.warm = null;
  for (const [lease, at] of inputs.heard.saved ?? []) state.checkpoints.set(lease, at);
  const silent = new Set(inputs.heard.silent);
  for (const { id, state: stands } of state.leases.values())
    if (stands === 'active') state.heardAt.set(id, silent.has(id) ? 0 : inputs.heard.through);
  return { state, carry };
}

/** What a new leader has of the state: all that is stored, in the order in which it is loaded, and nothing that a term keeps to itself. */
function succeeded(before: State, epoch: number): State {
  const { queue: _, gangTurn: __, nomineeTurn: ___, policyRules: ____, ...stored } = copyState(before);
  return {
    ...stored,
    epoch,
    outsideTick: 0,
    leases: new Map([...stored.leases].sort(([a], [b]) => (a < b ? -1 : 1))),
    earmarks: new Map(
      [...stored.earmarks].sort(([a, one], [b, other]) => one.madeAt - other.madeAt || (a < b ? -1 : 1)),
    ),
    approvals: new Map(
      [...stored.approvals].sort(([a, one], [b, other]) => one.openedAt - other.openedAt || (a < b ? -1 : 1)),
    ),
    checkpoints: new Map(),
    heardAt: new Map(),
    justEnded: new Map(),
  };
}

function freshCarry(): TickCarry {
  return { memo: newMemo(), unfinished: true };
}

/** Calls that ended a child then end it now: what the process made of that is derived again. */
function faulty(solver: SolverService, { faults = [] }: TickInputs): SolverService {
  const ended = new Map(faults);
  let calls = 0;
  return {
    async solve(model, options) {
      const fault = ended.get(calls++);
      if (fault === undefined) return solver.solve(model, options);
      const { engineBuild } = await solver.solve(model, options);
      return solveWithoutEngine(model, { engine: options.engine, engineBuild, fault });
    },
    close: () => solver.close(),
  };
}

/** Null where it is another than the record's, or judges by other data. */
async function livePolicy(
  { policy }: ReplayPorts,
  { policyRevision, dataRevision }: TickRecord,
  configuration: Configuration,
): Promise<PolicyGate | null> {
  if (policy?.policyRevision !== policyRevision) return null;
  await policy.adopt(configuration);
  return policy.dataRevision === dataRevision ? policy : null;
}

function recordedPolicy(
  { policyRevision, dataRevision }: TickRecord,
  { inputs, carry }: { inputs: TickInputs; carry: TickCarry },
): PolicyGate {
  const rules = inputs.rules ?? carry.rules;
  return {
    policyRevision,
    dataRevision,
    ...(rules && { rules }),
    async evaluate(_tick, rows) {
      const verdicts = unpacked(inputs.verdicts, { policyRevision, dataRevision });
      if (verdicts.length !== rows.length)
        throw new ReplayError(
          `${rows.length} requests are to be judged, the record has ${verdicts.length} verdicts`,
        );
      return verdicts;
    },
    async adopt() {},
  };
}

function unpacked(
  bits: VerdictBits | undefined,
  under: Pick<RecordedVerdict, 'policyRevision' | 'dataRevision'>,
): RecordedVerdict[] {
  return (bits?.of ?? []).flatMap(([kind, count]) => {
    const verdict = bits?.kinds[kind];
    if (verdict === undefined) throw new ReplayError(`the record names verdict ${kind} and has none`);
    return Array.from({ length: count }, () => ({ ...verdict, ...under }) as RecordedVerdict);
  });
}
