// The openb machines as one set of nodes and its pods as requests of one agent: ticks of the production core over them, without a server.
// Invariant: formulate, solve, decode and verify are the live tick's; nothing leaves, so that who does not fit now never will. Called by packing.ts.

import { createHash } from 'node:crypto';
import {
  type AgentId,
  type Assignment,
  apply,
  type Claim,
  type Configuration,
  type DepartmentId,
  decode,
  emptyState,
  formulate,
  leaseId,
  type NodeKind,
  newMemo,
  type Pool,
  type PoolId,
  type RequestId,
  type State,
  shapeKeyOf,
  TICK_BUDGET,
  takeSnapshot,
  verifyPlan,
} from '../scheduler/index.ts';
import type { OpenbMachine, OpenbSize } from '../simulations/index.ts';
import { gapOf, type SolverService } from '../solver/index.ts';
import type { Placement } from './packingCheck.ts';

const NOW = 1_767_225_600_000;
const TENANT = { agent: 'packer' as AgentId, department: 'openb' as DepartmentId };
const SET = 'openb';

export interface TickFigures {
  readonly placements: readonly Placement[];
  readonly columns: number;
  readonly rows: number;
  readonly method: string;
  readonly gap: number;
  readonly formulateMs: number;
  readonly solveMs: number;
}

export class PackingWorld {
  readonly #state: State;
  readonly #solver: SolverService;
  readonly #memo = newMemo();
  #sequence = 0;

  constructor(machines: readonly OpenbMachine[], solver: SolverService) {
    this.#state = emptyState({ cell: 'openb', epoch: 1, configuration: configurationOf(machines) });
    this.#solver = solver;
  }

  /** One tick of these pods beside what is held. Those that get nothing are gone. */
  async tick(pods: readonly OpenbSize[]): Promise<TickFigures> {
    const state = this.#state;
    const sources = new Map<string, string>();
    for (const pod of pods) sources.set(this.#submit(pod), pod.name);
    const startedMs = performance.now();
    const snapshot = takeSnapshot(state, NOW);
    const formulation = formulate(snapshot, this.#memo);
    const formulatedMs = performance.now();
    const { model } = formulation;
    const solution = await this.#solver.solve(model, { engine: 'highs', budget: TICK_BUDGET });
    const plan = decode(formulation, solution, snapshot);
    const solvedMs = performance.now();
    const check = verifyPlan(snapshot, plan);
    if (!check.ok) throw new Error(`the plan breaks ${JSON.stringify(check.breach)}`);
    state.tick += 1;
    for (const [index, assignment] of plan.assignments.entries()) this.#grant(assignment, index);
    for (const id of [...state.requests.keys()]) this.#close(id, 'cancelled');
    const [stage] = solution.stages;
    return {
      placements: plan.assignments.map((assignment) => placementOf(sources, assignment)),
      columns: model.columnCount,
      rows: model.rowCount,
      method: stage?.method ?? 'empty',
      gap: stage ? gapOf(stage.bound, stage.value) : 0,
      formulateMs: formulatedMs - startedMs,
      solveMs: solvedMs - formulatedMs,
    };
  }

  #submit(pod: OpenbSize): string {
    this.#sequence += 1;
    const id = `req_${String(this.#sequence).padStart(26, '0')}` as RequestId;
    const terms = {
      class: 'standard',
      durationSeconds: 3600,
      preemptible: false,
      classification: 'public' as const,
      purpose: 'packing',
      summary: pod.name,
    };
    const request = {
      id,
      ...TENANT,
      clientRequestId: id,
      options: [{ claims: claimsOf(pod) }],
      terms,
      submittedAt: NOW,
    };
    const verdict = { allow: true, codes: [], policyRevision: '', dataRevision: '' };
    apply(this.#state, {
      type: 'requestOpened',
      pending: {
        request,
        sequence: this.#sequence,
        shapeKey: shapeKeyOf(request),
        verdict,
        waitingCodes: null,
      },
    });
    return id;
  }

  #grant({ request, option, allocations, reservations, endsAt }: Assignment, index: number): void {
    const id = leaseId(this.#state.tick, index);
    this.#close(request, 'granted');
    const lease = { id, request, ...TENANT, epoch: 1, option, allocations, reservations, endsAt };
    const times = { grantedAt: NOW, startLimitAt: endsAt, activatedAt: null };
    apply(this.#state, { type: 'leaseGranted', lease: { ...lease, ...times, state: 'granted' } });
  }

  #close(request: RequestId, outcome: 'granted' | 'cancelled'): void {
    apply(this.#state, { type: 'decided', request, ...TENANT, outcome, reasons: [], lease: null });
  }
}

function claimsOf({ gpuMilli, cpuMilli, memoryMiB, models }: OpenbSize): Claim[] {
  const claim = (kind: NodeKind, quantity: number): Claim[] =>
    quantity === 0
      ? []
      : [{ kind, quantity, node: 'main', ...(models.length > 0 && { selector: { model: models } }) }];
  return [...claim('gpu', gpuMilli), ...claim('cpu', cpuMilli), ...claim('memory', memoryMiB)];
}

function placementOf(sources: ReadonlyMap<string, string>, { request, allocations }: Assignment): Placement {
  const node = allocations[0]?.node ?? '';
  const gpus = allocations.flatMap((allocation) => allocation.gpus ?? []);
  return { pod: sources.get(request)!, machine: node.slice(SET.length + 1), gpus };
}

function configurationOf(machines: readonly OpenbMachine[]): Configuration {
  const groups = machines.map(({ name: id, ...rest }) => ({ id, ...rest }));
  const models = [...new Set(machines.flatMap(({ model }) => model ?? []))].sort();
  const pool = (kind: NodeKind, unit: string, capacity: number): Pool => ({
    id: `${SET}-${kind}` as PoolId,
    kind,
    unit,
    capacity,
    labels: { model: models },
    consumable: false,
    priceMinor: 0,
    nodes: { set: SET, groups },
  });
  const sumOf = (of: (machine: OpenbMachine) => number): number =>
    machines.reduce((sum, machine) => sum + of(machine), 0);
  const { agent, department } = TENANT;
  const body = {
    cell: 'openb',
    organisation: 'openb',
    departments: [
      {
        id: department,
        title: 'openb',
        clearanceCeiling: 'public' as const,
        classes: ['standard'],
        requestLimits: {},
      },
    ],
    agents: [
      {
        id: agent,
        department,
        roles: ['agent' as const],
        skills: [],
        clearance: 'public' as const,
        accounts: [],
      },
    ],
    pools: [
      pool(
        'gpu',
        'mGPU',
        sumOf(({ gpus }) => gpus * 1000),
      ),
      pool(
        'cpu',
        'mCPU',
        sumOf(({ cpuMilli }) => cpuMilli),
      ),
      pool(
        'memory',
        'MiB',
        sumOf(({ memoryMiB }) => memoryMiB),
      ),
    ],
    quotas: [],
    cohorts: [],
    accounts: [],
    classes: [{ name: 'standard', rank: 0, targetWaitSeconds: 60, maxDurationSeconds: 86_400 }],
    leaseTerms: { startLimitSeconds: 600, heartbeatTimeoutSeconds: 86_400, graceSeconds: 0 },
  };
  const revision = createHash('sha256').update(JSON.stringify(body)).digest('hex').slice(0, 16);
  return { revision: `cfg_${revision}`, ...body };
}
