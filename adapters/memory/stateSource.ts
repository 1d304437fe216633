// Recovery from memory: the committed state of a cell as new objects, so that a leader which drops its state drops nothing else.
// Called by the runner in simulations and tests.

import type {
  Epoch,
  ExtensionId,
  LeaseId,
  Obligations,
  PendingExtension,
  PendingRequest,
  PoolId,
  Reason,
  RecordedVerdict,
  RequestId,
  State,
  StateSource,
} from '../../scheduler/index.ts';
import { currentConfiguration } from './configuration.ts';
import { leaseOf } from './leases.ts';
import { type ExtensionTableRow, headOf, type RequestTableRow, rowKey, type Tables } from './tables.ts';

export class MemoryStateSource implements StateSource {
  readonly #tables: Tables;

  constructor(tables: Tables) {
    this.#tables = tables;
  }

  async load(cell: string, epoch: Epoch): Promise<State> {
    const tables = this.#tables;
    const head = headOf(tables, cell);
    const pastUse = tables.ticks.get(rowKey(cell, head.tick))?.record.pastUse;
    const state: State = {
      cell,
      epoch,
      configuration: currentConfiguration(tables, cell),
      tick: head.tick,
      tickDigest: head.tick_digest,
      eventSequence: head.event_sequence,
      foldSequence: head.fold_sequence,
      requests: new Map(),
      extensions: new Map(),
      leases: new Map(),
      justEnded: new Map(),
      heardAt: new Map(),
      leaseOfRequest: new Map(),
      used: new Map(),
      quotaUse: new Map(),
      ...(pastUse && { pastUse }),
      accounts: new Map(),
      exclusive: new Set(),
      goneConsumables: new Set(),
      gangs: new Map(),
      held: new Map(),
      checkpoints: new Map(),
      earmarks: new Map(),
      outsideTick: 0,
      reserved: new Map(),
      approvals: new Map(),
    };
    const open = [...tables.requests.values()].filter(
      (row) => row.cell === cell && (row.state === 'queued' || row.state === 'waiting'),
    );
    for (const row of open.toSorted(bySequence)) {
      state.requests.set(row.id as RequestId, pendingOf(tables, row));
      if (row.reservation !== null) state.reserved.set(row.id as RequestId, row.reservation);
      const { gang } = row.document.terms;
      if (gang === undefined) continue;
      const members = state.gangs.get(gang.id) ?? new Set();
      state.gangs.set(gang.id, members.add(row.document.id));
    }
    const pending = [...tables.extensions.values()].filter(
      (row) => row.cell === cell && row.outcome === 'pending',
    );
    for (const row of pending.toSorted(bySequence))
      state.extensions.set(row.id as ExtensionId, extensionOf(row));
    readLeases(tables, state);
    for (const row of tables.earmarks.values())
      if (row.cell === cell) state.earmarks.set(row.document.request, row.document);
    readCapacities(tables, state);
    for (const { cell: own, account, period, reserved, spent } of tables.accounts.values()) {
      if (own === cell && reserved + spent > 0)
        state.accounts.set(`${account}/${period}`, { reserved, spent });
    }
    readApprovals(tables, state);
    return state;
  }
}

/** A window's key is no pool's: whether it is used up is plain from its time. */
function readCapacities(tables: Tables, state: State): void {
  const configured = new Set<string>(state.configuration.pools.map(({ id }) => id));
  for (const { cell, key, used, consumable } of tables.capacities.values()) {
    if (cell !== state.cell || used === 0) continue;
    state.used.set(key, used);
    if (consumable && !configured.has(key) && !key.includes('@')) state.goneConsumables.add(key as PoolId);
  }
}

function readApprovals(tables: Tables, state: State): void {
  const standing = [...tables.approvals.values()].filter(
    ({ cell, request_id, state: stands }) =>
      cell === state.cell &&
      (state.requests.has(request_id as RequestId)
        ? stands === 'seeking' || stands === 'scheduled' || stands === 'approved'
        : stands === 'approved' && state.held.has(request_id as RequestId)),
  );
  standing.sort((a, b) => a.opened_tick - b.opened_tick || (a.id < b.id ? -1 : 1));
  for (const { document } of standing) state.approvals.set(document.id, document);
  const duties = new Map(
    [...tables.obligations.values()].flatMap(({ request_id, document }) => {
      const id = request_id as RequestId;
      return state.requests.has(id) || state.held.has(id) ? [[id, document] as const] : [];
    }),
  );
  if (duties.size > 0) state.heldUnder = duties;
}

function bySequence(a: { readonly sequence: number }, b: { readonly sequence: number }): number {
  return a.sequence - b.sequence;
}

function readLeases(tables: Tables, state: State): void {
  const renewable = new Set(
    state.configuration.pools.filter((pool) => !pool.consumable && !pool.calendar).map(({ id }) => id),
  );
  for (const key of [...tables.liveLeases].sort()) {
    const row = tables.leases.get(key);
    if (row?.cell !== state.cell) continue;
    const lease = leaseOf(tables, row);
    state.leases.set(lease.id, lease);
    state.leaseOfRequest.set(lease.request, lease.id);
    const request = tables.requests.get(lease.request)?.document;
    if (request !== undefined) state.held.set(lease.request, request);
    const checkpointAt = tables.heartbeats.get(key)?.checkpoint_at_ms ?? null;
    if (checkpointAt !== null) state.checkpoints.set(lease.id, checkpointAt);
    if (lease.state === 'active' && lease.activatedAt !== null) {
      state.heardAt.set(
        lease.id as LeaseId,
        Math.max(lease.activatedAt, tables.heartbeats.get(key)?.at_ms ?? 0),
      );
    }
    for (const { pool, kind, quantity, exclusive } of lease.allocations) {
      if (exclusive) state.exclusive.add(pool);
      if (!renewable.has(pool)) continue;
      const key = `${lease.department}/${kind}`;
      state.quotaUse.set(key, (state.quotaUse.get(key) ?? 0) + quantity);
    }
  }
}

function pendingOf({ obligations }: Tables, row: RequestTableRow): PendingRequest {
  return {
    request: row.document,
    sequence: row.sequence,
    shapeKey: row.shape_key,
    verdict: verdictOf(row, obligations.get(row.id)?.document),
    waitingCodes:
      row.state === 'waiting' ? [...new Set(row.reasons.map((reason) => reason.code))].sort() : null,
    ...(row.state === 'waiting' && gangUntilOf(row.reasons)),
  };
}

function verdictOf(row: RequestTableRow, obligations: Obligations | undefined): RecordedVerdict | null {
  if (row.verdict_allow === null) return null;
  return {
    allow: row.verdict_allow,
    codes: row.verdict_codes ?? [],
    policyRevision: row.verdict_policy_revision ?? '',
    dataRevision: row.verdict_data_revision ?? '',
    ...(obligations && { obligations }),
  };
}

function extensionOf(row: ExtensionTableRow): PendingExtension {
  return {
    id: row.id,
    lease: row.lease_id,
    department: row.department_id,
    agent: row.agent_id,
    seconds: row.seconds,
    sequence: row.sequence,
  } as PendingExtension;
}

/** Until when its last `waiting` Decision told it to wait for its gang. */
function gangUntilOf(reasons: readonly Reason[]): Pick<PendingRequest, 'gangUntil'> {
  const awaiting = reasons.find((reason) => reason.code === 'AWAITING_GANG');
  return awaiting ? { gangUntil: awaiting.until } : {};
}
