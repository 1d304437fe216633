// A tick as a file: written when a tick fails, read by `annona tick`, decided by the same code as a live one.
// Invariant: parse(write(snapshot)) is the snapshot; every problem of a file is told at once, with its JSON pointer and what is allowed there.

import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js';
import {
  type EngineName,
  isReplayable,
  type Solution,
  type SolverService,
  type StageOutcome,
} from '../solver/index.ts';
import { shapeKeyOf } from './commands/submit.ts';
import { decode } from './decode.ts';
import type { ExtensionId, PoolId, RequestId } from './domain/ids.ts';
import type { Allocation, Reservation } from './domain/lease.ts';
import type { Plan } from './domain/plan.ts';
import type { Instant } from './domain/quantity.ts';
import type { Reason } from './domain/reason.ts';
import type { GangTurn } from './domain/state.ts';
import type { TickDigests } from './domain/tickRecord.ts';
import { explainer } from './explain.ts';
import { formulate, newMemo } from './formulate/index.ts';
import type { Digest } from './ports.ts';
import { afterPlan, type Snapshot, snapshotDigest } from './snapshot.ts';
import { TICK_BUDGET, tickDigests } from './tickDigests.ts';
import { checkReferences } from './tickFileChecks.ts';
import { TICK_FILE_SCHEMA, TICK_FILE_VERSION } from './tickFileSchema.ts';
import { verifyPlan } from './verify.ts';

/** The document as JSON has it: Maps as objects with sorted keys, shape keys left out (they follow from the requests). */
export interface TickFile extends Pick<Snapshot, 'cell' | 'now' | 'configuration'> {
  readonly version: typeof TICK_FILE_VERSION;
  readonly requests: readonly Omit<Snapshot['requests'][number], 'shapeKey'>[];
  /** Absent: none. */
  readonly exclusive?: readonly PoolId[];
  /** Absent: nothing is promised. */
  readonly reservations?: Snapshot['reservations'];
  readonly checkpoints?: readonly {
    readonly at: Instant;
    readonly used: Readonly<Record<string, number>>;
    readonly quotaUse: Readonly<Record<string, number>>;
  }[];
  /** Absent: the gangs are looked at from the first on. */
  readonly gangTurn?: GangTurn;
  readonly extensions: Snapshot['extensions'];
  readonly used: Readonly<Record<string, number>>;
  readonly quotaUse: Readonly<Record<string, number>>;
  readonly accounts: Readonly<Record<string, { readonly reserved: number; readonly spent: number }>>;
}

export interface TickFileProblem {
  /** JSON pointer into the document; "" is the document itself. */
  readonly pointer: string;
  readonly message: string;
  readonly allowed?: readonly string[];
}

export type ParsedTickFile =
  | { readonly ok: true; readonly snapshot: Snapshot }
  | { readonly ok: false; readonly problems: readonly TickFileProblem[] };

export function toTickFile(snapshot: Snapshot): TickFile {
  return {
    version: TICK_FILE_VERSION,
    cell: snapshot.cell,
    now: snapshot.now,
    configuration: snapshot.configuration,
    requests: snapshot.requests.map(({ shapeKey: _, ...pending }) => pending),
    ...(snapshot.exclusive.size > 0 && { exclusive: [...snapshot.exclusive].sort() }),
    ...(snapshot.gangTurn && { gangTurn: snapshot.gangTurn }),
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
    accounts: sortedRecord(snapshot.accounts),
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
    return problems.length > 0 ? { ok: false, problems } : { ok: true, snapshot: snapshotOf(document) };
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
    accounts: new Map(Object.entries(accounts)),
    exclusive: new Set(document.exclusive),
    reservations: document.reservations ?? [],
    checkpoints: (document.checkpoints ?? []).map((checkpoint) => ({
      at: checkpoint.at,
      used: new Map(Object.entries(checkpoint.used)),
      quotaUse: new Map(Object.entries(checkpoint.quotaUse)),
    })),
    ...(document.gangTurn && { gangTurn: document.gangTurn }),
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
  /** The certificate: per stage what was reached, what is proven, and the multipliers by row name over 2^20. */
  readonly stages: readonly (Omit<StageOutcome, 'certificate'> & {
    readonly name: string;
    readonly multipliers: readonly (readonly [row: string, numerator: number])[];
  })[];
  readonly solution:
    | (Pick<Solution, 'termination' | 'fault' | 'engine' | 'engineBuild' | 'engineCalled' | 'work'> & {
        /** False when a clock limited a part of the solve. */
        readonly replayable: boolean;
      })
    | null;
  readonly model: { readonly columns: number; readonly rows: number; readonly truncated: boolean };
  readonly digests: { readonly snapshot: string; readonly model: string; readonly plan: string };
  /** As the record of a live tick has them: of a tick that was taken home, equal to its own. */
  readonly recordDigests: TickDigests;
}

/** Decides the file as the tick would: formulate, solve, decode, verify. Throws when the plan does not verify: that is a defect. */
export async function decideTickFile(
  snapshot: Snapshot,
  ports: { readonly solver: SolverService; readonly digest: Digest; readonly engine?: EngineName },
): Promise<TickFileAnswer> {
  const formulation = formulate(snapshot, newMemo());
  const { model, columns, truncated } = formulation;
  const options = { engine: ports.engine ?? 'highs', budget: TICK_BUDGET };
  const solution = columns.length === 0 ? null : await ports.solver.solve(model, options);
  const plan: Plan =
    solution === null ? { assignments: [], extensions: [] } : decode(formulation, solution, snapshot);
  const verification = verifyPlan(snapshot, plan);
  if (!verification.ok) throw new Error(`the plan breaks ${JSON.stringify(verification.breach)}`);
  const classes = new Map(snapshot.configuration.classes.map(({ rank, name }) => [rank, name]));
  return {
    ...decisionsOf(snapshot, plan, formulation),
    stages: (solution?.stages ?? []).map(({ certificate, ...outcome }) => ({
      ...outcome,
      name: classes.get(outcome.stage) ?? `stage ${outcome.stage}`,
      multipliers: certificate.multipliers.map(
        ({ row, numerator }) => [model.rowNames[row] ?? '', numerator] as const,
      ),
    })),
    solution: solution && withoutPlan(solution),
    model: { columns: model.columnCount, rows: model.rowCount, truncated },
    digests: {
      snapshot: snapshotDigest(snapshot, ports.digest),
      model: modelDigest(model, ports.digest),
      plan: ports.digest([JSON.stringify(plan)]),
    },
    recordDigests: tickDigests(ports.digest, { snapshot, formulation, solved: { plan, solution } }),
  };
}

function decisionsOf(
  snapshot: Snapshot,
  plan: Plan,
  formulation: Parameters<typeof explainer>[1],
): Pick<TickFileAnswer, 'decisions' | 'extensions'> {
  const explain = explainer(afterPlan(snapshot, plan), formulation);
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
  const { rowNames, group, stage, objective, rhs, starts, indices, values, excessUpper, definingRow } = model;
  const vectors = [group, stage, objective, rhs, starts, indices, values, excessUpper, definingRow];
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
