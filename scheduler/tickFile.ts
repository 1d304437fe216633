// A tick as a file: written when a tick fails, read by `annona tick`, decided by the same code as a live one.
// Invariant: parse(write(snapshot)) is the snapshot; every problem of a file is told at once, with its JSON pointer and what is allowed there.

import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js';
import {
  type EngineName,
  isReplayable,
  type Solution,
  type SolverFault,
  type SolverService,
  type Warm,
} from '../solver/index.ts';
import { stageRecords } from './certificate.ts';
import type { AgentId, ExtensionId, NodeId, PoolId, RequestId } from './domain/ids.ts';
import type { Allocation, Reservation } from './domain/lease.ts';
import type { NodeUse } from './domain/nodes.ts';
import type { Plan } from './domain/plan.ts';
import type { Instant } from './domain/quantity.ts';
import type { Reason } from './domain/reason.ts';
import { shapeKeyOf } from './domain/shapeKey.ts';
import type { GangTurn } from './domain/state.ts';
import type { PreemptionRecord, StageRecord, TickDigests } from './domain/tickRecord.ts';
import { explainer } from './explain.ts';
import { formulate, newMemo } from './formulate/index.ts';
import type { Digest } from './ports.ts';
import { honourEarmarks } from './preemption/honour.ts';
import { planRevocations } from './preemption/planning.ts';
import { afterPlan, afterRevocations, type Snapshot, snapshotDigest } from './snapshot.ts';
import { decidedOf, plannedOf, withRevocations } from './solving.ts';
import { TICK_BUDGET } from './tickDigests.ts';
import { checkReferences } from './tickFileChecks.ts';
import { TICK_FILE_SCHEMA, TICK_FILE_VERSION } from './tickFileSchema.ts';
import { verifyPlan } from './verify.ts';
import { breachOfPreemptions } from './verifyPreemption.ts';

/** The document as JSON has it: Maps as objects with sorted keys, shape keys left out (they follow from the requests). */
export interface TickFile extends Pick<Snapshot, 'cell' | 'now' | 'configuration'> {
  readonly version: typeof TICK_FILE_VERSION;
  readonly requests: readonly Omit<Snapshot['requests'][number], 'shapeKey' | 'awaitsApproval'>[];
  /** Absent: none. */
  readonly missedDeadlines?: Readonly<Record<string, number>>;
  /** Absent: none. */
  readonly policyRows?: Snapshot['policyRows'];
  /** Absent: none. */
  readonly policyWeights?: Snapshot['policyWeights'];
  /** Absent: none. */
  readonly separations?: Snapshot['separations'];
  /** Absent: none. */
  readonly approvals?: Snapshot['approvals'];
  /** Absent: none. */
  readonly exclusive?: readonly PoolId[];
  /** What is held of each node, and the sizes of the bundles that are held. Absent: nothing. */
  readonly nodes?: {
    readonly use: Readonly<Record<string, NodeUse>>;
    readonly bundles: Readonly<Record<string, number>>;
  };
  /** Absent: nothing is promised. */
  readonly reservations?: Snapshot['reservations'];
  readonly checkpoints?: readonly {
    readonly at: Instant;
    readonly used: Readonly<Record<string, number>>;
    readonly quotaUse: Readonly<Record<string, number>>;
  }[];
  /** Absent: the gangs are looked at from the first on. */
  readonly gangTurn?: GangTurn;
  /** Absent: no lease is being revoked, and nobody who waits may have a right to one. */
  readonly held?: Snapshot['held'];
  /** Absent: none. */
  readonly earmarks?: Snapshot['earmarks'];
  /** Absent: 0, nothing has happened outside. */
  readonly outsideTick?: number;
  /** Absent: the nominees are looked at from the first on. */
  readonly nomineeTurn?: GangTurn;
  readonly extensions: Snapshot['extensions'];
  readonly used: Readonly<Record<string, number>>;
  readonly quotaUse: Readonly<Record<string, number>>;
  /** Absent: none. */
  readonly pastUse?: Readonly<Record<string, number>>;
  readonly accounts: Readonly<Record<string, { readonly reserved: number; readonly spent: number }>>;
  /** Prices that the solve started from. Absent: cold. */
  readonly warm?: Warm;
  /** Absent: a tick still to be decided. */
  readonly decided?: DecidedTick;
}

/** What a tick decided, and what it claims of it: enough to check it without trusting who decided. */
export interface DecidedTick {
  readonly plan: Plan;
  readonly stages: readonly StageRecord[];
  readonly fault: SolverFault | null;
  readonly digests: TickDigests;
}

export interface TickFileProblem {
  /** JSON pointer into the document; "" is the document itself. */
  readonly pointer: string;
  readonly message: string;
  readonly allowed?: readonly string[];
}

export type ParsedTickFile =
  | {
      readonly ok: true;
      readonly snapshot: Snapshot;
      readonly warm: Warm | null;
      readonly decided: DecidedTick | null;
    }
  | { readonly ok: false; readonly problems: readonly TickFileProblem[] };

export function toTickFile(
  snapshot: Snapshot,
  { decided, warm }: { readonly decided?: DecidedTick; readonly warm?: Warm | null } = {},
): TickFile {
  return {
    version: TICK_FILE_VERSION,
    cell: snapshot.cell,
    now: snapshot.now,
    configuration: snapshot.configuration,
    requests: snapshot.requests.map(({ shapeKey: _, ...pending }) => pending),
    ...(snapshot.exclusive.size > 0 && { exclusive: [...snapshot.exclusive].sort() }),
    ...(snapshot.nodes.use.size + snapshot.nodes.bundles.size > 0 && {
      nodes: { use: sortedRecord(snapshot.nodes.use), bundles: sortedRecord(snapshot.nodes.bundles) },
    }),
    ...(snapshot.gangTurn && { gangTurn: snapshot.gangTurn }),
    ...(snapshot.held.length > 0 && { held: snapshot.held }),
    ...(snapshot.earmarks.length > 0 && { earmarks: snapshot.earmarks }),
    ...(snapshot.outsideTick > 0 && { outsideTick: snapshot.outsideTick }),
    ...(snapshot.nomineeTurn && { nomineeTurn: snapshot.nomineeTurn }),
    ...(snapshot.reservations.length > 0 && {
      reservations: snapshot.reservations,
      checkpoints: snapshot.checkpoints.map(({ at, used, quotaUse }) => ({
        at,
        used: sortedRecord(used),
        quotaUse: sortedRecord(quotaUse),
      })),
    }),
    extensions: snapshot.extensions,
    used: sortedRecord(snapshot.used),
    quotaUse: sortedRecord(snapshot.quotaUse),
    ...(snapshot.missedDeadlines && { missedDeadlines: sortedRecord(snapshot.missedDeadlines) }),
    ...(snapshot.policyRows && { policyRows: snapshot.policyRows }),
    ...(snapshot.policyWeights && { policyWeights: snapshot.policyWeights }),
    ...(snapshot.separations && { separations: snapshot.separations }),
    ...(snapshot.approvals && { approvals: snapshot.approvals }),
    ...(snapshot.pastUse && { pastUse: sortedRecord(snapshot.pastUse) }),
    accounts: sortedRecord(snapshot.accounts),
    ...(warm && { warm }),
    ...(decided && { decided }),
  };
}

/** Never throws: whatever is wrong with the document is a problem. `document` is parsed JSON. */
export function parseTickFile(document: unknown): ParsedTickFile {
  return tickFileParser()(document);
}

/** For many files: the schema is compiled once, which takes longer than reading a file. */
export function tickFileParser(): (document: unknown) => ParsedTickFile {
  const ajv = new Ajv2020({ allErrors: true, strict: true, allowUnionTypes: true });
  const validate = ajv.compile<TickFile>(TICK_FILE_SCHEMA);
  return (document) => {
    if (!validate(document)) return { ok: false, problems: (validate.errors ?? []).map(problemOf) };
    const problems = checkReferences(document);
    if (problems.length > 0) return { ok: false, problems };
    const { warm = null, decided = null } = document;
    return { ok: true, snapshot: snapshotOf(document), warm, decided };
  };
}

function snapshotOf(document: TickFile): Snapshot {
  const { cell, now, configuration, requests, extensions, used, quotaUse, accounts } = document;
  const pending = requests.map(({ request, sequence, verdict, waitingCodes, gangUntil }) => ({
    request,
    sequence,
    shapeKey: shapeKeyOf(request),
    verdict,
    waitingCodes: waitingCodes ?? null,
    ...(gangUntil !== undefined && { gangUntil }),
  }));
  return Object.freeze({
    version: 1,
    cell,
    now,
    configuration,
    requests: Object.freeze(pending),
    extensions: Object.freeze(extensions ?? []),
    used: new Map(Object.entries(used)),
    quotaUse: new Map(Object.entries(quotaUse)),
    ...(document.pastUse && { pastUse: new Map(Object.entries(document.pastUse)) }),
    accounts: new Map(Object.entries(accounts)),
    exclusive: new Set(document.exclusive),
    ...(document.missedDeadlines && {
      missedDeadlines: new Map(Object.entries(document.missedDeadlines)) as Map<AgentId, number>,
    }),
    ...(document.policyRows && { policyRows: document.policyRows }),
    ...(document.policyWeights && { policyWeights: document.policyWeights }),
    ...(document.separations && { separations: document.separations }),
    ...(document.approvals && { approvals: document.approvals }),
    nodes: {
      use: new Map(Object.entries(document.nodes?.use ?? {}) as [NodeId, NodeUse][]),
      bundles: new Map(Object.entries(document.nodes?.bundles ?? {})),
    },
    reservations: document.reservations ?? [],
    checkpoints: (document.checkpoints ?? []).map((checkpoint) => ({
      at: checkpoint.at,
      used: new Map(Object.entries(checkpoint.used)),
      quotaUse: new Map(Object.entries(checkpoint.quotaUse)),
    })),
    ...(document.gangTurn && { gangTurn: document.gangTurn }),
    held: Object.freeze(document.held ?? []),
    earmarks: Object.freeze(document.earmarks ?? []),
    outsideTick: document.outsideTick ?? 0,
    ...(document.nomineeTurn && { nomineeTurn: document.nomineeTurn }),
  });
}

export interface TickFileDecision {
  readonly request: RequestId;
  readonly outcome: 'granted' | 'waiting';
  readonly option: number | null;
  readonly allocations: readonly Allocation[];
  readonly reservations: readonly Reservation[];
  readonly endsAt: Instant | null;
  readonly reasons: readonly Reason[];
}

export interface TickFileExtension {
  readonly extension: ExtensionId;
  readonly outcome: 'granted' | 'denied';
  readonly endsAt: Instant | null;
  readonly reservations: readonly Reservation[];
  readonly reasons: readonly Reason[];
}

export interface TickFileAnswer {
  readonly decisions: readonly TickFileDecision[];
  readonly extensions: readonly TickFileExtension[];
  /** The certificate: per stage what was reached, what is proven, and by what. */
  readonly stages: readonly StageRecord[];
  readonly solution:
    | (Pick<Solution, 'termination' | 'fault' | 'engine' | 'engineBuild' | 'engineCalled' | 'work'> & {
        /** False when a clock limited a part of the solve. */
        readonly replayable: boolean;
      })
    | null;
  /** Leases taken back, in the order in which they were planned; absent: none. */
  readonly revocations?: readonly PreemptionRecord[];
  readonly model: { readonly columns: number; readonly rows: number; readonly truncated: boolean };
  readonly digests: { readonly snapshot: string; readonly model: string; readonly plan: string };
  /** As the record of a live tick has them: of a tick that was taken home, equal to its own. */
  readonly recordDigests: TickDigests;
  /** The tick with what was decided, for `annona verify`. */
  readonly file: TickFile;
}

/** Decides the file as the tick would: formulate, solve, decode, verify. Throws when the plan does not verify: that is a defect. */
export async function decideTickFile(
  snapshot: Snapshot,
  ports: {
    readonly solver: SolverService;
    readonly digest: Digest;
    readonly engine?: EngineName;
    /** Absent or null: cold. */
    readonly warm?: Warm | null;
  },
): Promise<TickFileAnswer> {
  const honoured = honourEarmarks(snapshot);
  const formulation = formulate(honoured.rest, newMemo());
  const { model, columns, truncated } = formulation;
  const { solver, digest, engine = 'highs', warm = null } = ports;
  const solveOptions = { engine, budget: TICK_BUDGET };
  const solution = columns.length === 0 ? null : await solver.solve(model, { ...solveOptions, warm });
  const grants = plannedOf({ honoured, formulation }, solution);
  const verification = verifyPlan(snapshot, grants);
  if (!verification.ok) throw new Error(`the plan breaks ${JSON.stringify(verification.breach)}`);
  const revocations = await planRevocations({ solver, solveOptions }, snapshot, {
    plan: grants,
    formulation,
  });
  const plan = withRevocations(grants, revocations);
  const breach = breachOfPreemptions(snapshot, plan);
  if (breach !== null) throw new Error(`the plan's revocations break ${JSON.stringify(breach)}`);
  const { classes } = snapshot.configuration;
  const stages = solution === null ? [] : stageRecords(model, solution, { classes, digest });
  const decided = decidedOf(ports, { snapshot, formulation }, { plan, solution, stages, revocations });
  return {
    ...decisionsOf(snapshot, plan, formulation),
    stages,
    solution: solution && withoutPlan(solution),
    model: { columns: model.columnCount, rows: model.rowCount, truncated },
    digests: {
      snapshot: snapshotDigest(snapshot, ports.digest),
      model: modelDigest(model, ports.digest),
      plan: ports.digest([JSON.stringify(plan)]),
    },
    recordDigests: decided.digests,
    file: toTickFile(snapshot, { decided, warm }),
    ...(revocations.records.length > 0 && { revocations: revocations.records }),
  };
}

function decisionsOf(
  snapshot: Snapshot,
  plan: Plan,
  formulation: Parameters<typeof explainer>[1],
): Pick<TickFileAnswer, 'decisions' | 'extensions'> {
  const explain = explainer(afterRevocations(afterPlan(snapshot, plan), plan), formulation);
  const assigned = new Map(plan.assignments.map((assignment) => [assignment.request, assignment]));
  const prolonged = new Map(plan.extensions.map((grant) => [grant.extension, grant]));
  return {
    decisions: snapshot.requests.map((pending): TickFileDecision => {
      const request = pending.request.id;
      const granted = assigned.get(request);
      if (granted) return { ...granted, request, outcome: 'granted', reasons: [] };
      const reasons = explain.reasons(pending);
      return {
        request,
        outcome: 'waiting',
        option: null,
        allocations: [],
        reservations: [],
        endsAt: null,
        reasons,
      };
    }),
    extensions: snapshot.extensions.map(({ extension }): TickFileExtension => {
      const granted = prolonged.get(extension.id);
      if (granted) return { ...granted, outcome: 'granted', reasons: [] };
      const reasons = explain.extensionReasons(extension);
      return { extension: extension.id, outcome: 'denied', endsAt: null, reservations: [], reasons };
    }),
  };
}

function withoutPlan(solution: Solution): TickFileAnswer['solution'] {
  const { termination, fault, engine, engineBuild, engineCalled, work } = solution;
  const replayable = isReplayable(solution);
  return { termination, fault, engine, engineBuild, engineCalled, replayable, work };
}

/** Everything that the solver sees, names included, as text: independent of the machine's byte order. */
export function modelDigest(model: ReturnType<typeof formulate>['model'], digest: Digest): string {
  const { rowNames, group, stage, objective, rhs, starts, indices, values } = model;
  const { excessUpper, excessCost, definingRow } = model;
  const vectors = [
    group,
    stage,
    objective,
    rhs,
    starts,
    indices,
    values,
    excessUpper,
    excessCost,
    definingRow,
  ];
  return digest([JSON.stringify(rowNames), ...vectors.map((vector) => `\n${vector.join(' ')}`)]);
}

function problemOf(error: ErrorObject): TickFileProblem {
  const { instancePath: at, params, keyword } = error;
  const message = error.message ?? keyword;
  const token = (name: string): string => name.replaceAll('~', '~0').replaceAll('/', '~1');
  if (keyword === 'additionalProperties')
    return { pointer: `${at}/${token(params.additionalProperty)}`, message: 'no such field' };
  if (keyword === 'required')
    return { pointer: `${at}/${token(params.missingProperty)}`, message: 'is missing' };
  if (keyword === 'enum') return { pointer: at, message, allowed: params.allowedValues.map(String) };
  if (keyword === 'const') return { pointer: at, message, allowed: [String(params.allowedValue)] };
  return { pointer: at, message };
}

function sortedRecord<T>(map: ReadonlyMap<string, T>): Record<string, T> {
  return Object.fromEntries([...map].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
}
