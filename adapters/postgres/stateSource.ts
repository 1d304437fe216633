// Recovery: the committed state of a cell, read whole in one snapshot of the database.
// Invariant: what comes out equals what the leader's memory was after the last commit. Called by the runner when elected.

import type {
  AccountUse,
  Approval,
  Configuration,
  DepartmentId,
  Earmark,
  Epoch,
  ExtensionId,
  Instant,
  Lease,
  LeaseId,
  Obligations,
  PastUse,
  PendingExtension,
  PendingRequest,
  PoolId,
  Reason,
  RequestId,
  ResourceRequest,
  StartReservation,
  State,
  StateSource,
} from '../../scheduler/index.ts';
import type { MendingConnection, Queries } from './connection.ts';
import { type LeaseRow, leaseOf } from './leaseRows.ts';

interface RequestRow {
  readonly document: ResourceRequest;
  readonly sequence: number;
  readonly shapeKey: string;
  readonly state: 'queued' | 'waiting';
  readonly reasons: readonly Reason[];
  readonly allow: boolean | null;
  readonly codes: readonly string[] | null;
  readonly policyRevision: string | null;
  readonly dataRevision: string | null;
  readonly reservation: StartReservation | null;
}

interface ObligationRow {
  readonly id: RequestId;
  readonly document: Obligations;
}

interface HeldRow extends LeaseRow {
  readonly document: ResourceRequest | null;
  readonly checkpointAt: Instant | null;
}

interface CapacityRow {
  readonly key: string;
  readonly used: number;
  readonly consumable: boolean;
}

interface HeadRow {
  readonly tick: number;
  readonly tickDigest: string;
  readonly eventSequence: number;
  readonly foldSequence: number;
  readonly pastUse: PastUse | null;
}

export class NoConfigurationError extends Error {
  override name = 'NoConfigurationError';
}

export class PostgresStateSource implements StateSource {
  readonly #connection: MendingConnection;

  constructor(connection: MendingConnection) {
    this.#connection = connection;
  }

  load(cell: string, epoch: Epoch): Promise<State> {
    return this.#connection.snapshot((queries) => readState(queries, cell, epoch));
  }
}

async function readState(queries: Queries, cell: string, epoch: Epoch): Promise<State> {
  const [configured] = await queries.run<{ document: Configuration }>('configuration-current', [cell]);
  if (!configured) throw new NoConfigurationError(`no configuration is stored for cell ${cell}`);
  const [head] = await queries.run<HeadRow>('state-head', [cell]);
  const requests = await queries.run<RequestRow>('state-requests', [cell]);
  const extensions = await queries.run<PendingExtension>('state-extensions', [cell]);
  const heldRows = await queries.run<HeldRow>('state-leases', [cell]);
  const earmarks = await queries.run<{ document: Earmark }>('state-earmarks', [cell]);
  const approvals = await queries.run<{ document: Approval }>('state-approvals', [cell]);
  const obliged = await queries.run<ObligationRow>('state-obligations', [cell]);
  const used = await queries.run<CapacityRow>('state-capacity', [cell]);
  const accounts = await queries.run<AccountUse & { account: string; period: string }>('state-accounts', [
    cell,
  ]);
  const leaseRows = heldRows.map(({ document: _, checkpointAt: __, ...row }): LeaseRow => row);
  const leases = leaseRows.map(leaseOf);
  const duties = new Map(obliged.map(({ id, document }) => [id, document]));
  const pending = requests.map((row) => pendingOf(row, duties));
  return {
    cell,
    epoch,
    configuration: configured.document,
    tick: head?.tick ?? 0,
    tickDigest: head?.tickDigest ?? '',
    eventSequence: head?.eventSequence ?? 0,
    foldSequence: head?.foldSequence ?? 0,
    requests: new Map(pending.map((one) => [one.request.id, one] as [RequestId, PendingRequest])),
    extensions: new Map(
      extensions.map((extension) => [extension.id, extension] as [ExtensionId, PendingExtension]),
    ),
    leases: new Map(leases.map((lease) => [lease.id, lease] as [LeaseId, Lease])),
    justEnded: new Map(),
    heardAt: heardAtOf(leaseRows),
    leaseOfRequest: new Map(leases.map((lease) => [lease.request, lease.id] as [RequestId, LeaseId])),
    used: new Map(used.filter((row) => row.used > 0).map((row) => [row.key, row.used])),
    quotaUse: quotaUseOf(configured.document, leases),
    ...(head?.pastUse && { pastUse: head.pastUse }),
    accounts: new Map(
      accounts
        .filter(({ reserved, spent }) => reserved + spent > 0)
        .map(({ account, period, reserved, spent }) => [`${account}/${period}`, { reserved, spent }]),
    ),
    exclusive: exclusivePools(leases),
    goneConsumables: goneConsumables(configured.document, used),
    gangs: openGangs(pending),
    held: new Map(
      heldRows.flatMap(({ document }) => (document === null ? [] : [[document.id, document] as const])),
    ),
    checkpoints: new Map(
      heldRows.flatMap(({ id, checkpointAt }) =>
        checkpointAt === null ? [] : [[id, checkpointAt] as const],
      ),
    ),
    earmarks: new Map(earmarks.map(({ document }) => [document.request, document])),
    outsideTick: 0,
    reserved: new Map(
      requests.flatMap(({ document, reservation }) => (reservation ? [[document.id, reservation]] : [])),
    ),
    approvals: new Map(approvals.map(({ document }) => [document.id, document])),
    ...(duties.size > 0 && { heldUnder: duties }),
  };
}

function pendingOf(row: RequestRow, duties: ReadonlyMap<RequestId, Obligations>): PendingRequest {
  const { document: request, sequence, shapeKey, allow, codes, policyRevision, dataRevision } = row;
  const obligations = duties.get(request.id);
  const verdict =
    allow === null
      ? null
      : {
          allow,
          codes: codes ?? [],
          policyRevision: policyRevision!,
          dataRevision: dataRevision!,
          ...(obligations && { obligations }),
        };
  const waitingCodes =
    row.state === 'waiting' ? [...new Set(row.reasons.map((reason) => reason.code))].sort() : null;
  const awaited = row.state === 'waiting' ? gangUntilOf(row.reasons) : {};
  return { request, sequence, shapeKey, verdict, waitingCodes, ...awaited };
}

/** Of active leases: a granted one's heartbeat is news that the first tick has yet to fold. */
function heardAtOf(rows: readonly LeaseRow[]): Map<LeaseId, Instant> {
  const heard = new Map<LeaseId, Instant>();
  for (const { id, state, activatedAt, heartbeatAt } of rows) {
    if (state === 'active' && activatedAt !== null) heard.set(id, Math.max(activatedAt, heartbeatAt ?? 0));
  }
  return heard;
}

/** Units of renewable pools that live leases hold, per department and kind. */
function quotaUseOf(configuration: Configuration, leases: readonly Lease[]): Map<string, number> {
  const renewable = new Set<string>();
  for (const pool of configuration.pools)
    if (!pool.consumable && pool.calendar === undefined) renewable.add(pool.id);
  const use = new Map<string, number>();
  for (const { department, allocations } of leases) {
    for (const { pool, kind, quantity } of allocations) {
      if (!renewable.has(pool)) continue;
      const key = `${department satisfies DepartmentId}/${kind}`;
      use.set(key, (use.get(key) ?? 0) + quantity);
    }
  }
  return use;
}

/** Until when its last `waiting` Decision told it to wait for its gang. */
function gangUntilOf(reasons: readonly Reason[]): Pick<PendingRequest, 'gangUntil'> {
  const awaiting = reasons.find((reason) => reason.code === 'AWAITING_GANG');
  return awaiting ? { gangUntil: awaiting.until } : {};
}

function openGangs(requests: readonly PendingRequest[]): State['gangs'] {
  const gangs: State['gangs'] = new Map();
  for (const { request } of requests) {
    const { gang } = request.terms;
    if (gang !== undefined) gangs.set(gang.id, (gangs.get(gang.id) ?? new Set()).add(request.id));
  }
  return gangs;
}

/** The store keeps the rows of pools that are gone, as they were. A window's key is no pool's: what became of it is plain from its time. */
function goneConsumables({ pools }: Configuration, rows: readonly CapacityRow[]): Set<PoolId> {
  const configured = new Set<string>(pools.map(({ id }) => id));
  const gone = rows.filter(
    ({ key, used, consumable }) => consumable && used > 0 && !configured.has(key) && !key.includes('@'),
  );
  return new Set(gone.map(({ key }) => key as PoolId));
}

function exclusivePools(leases: readonly Lease[]): Set<PoolId> {
  const held = leases.flatMap(({ allocations }) => allocations.filter(({ exclusive }) => exclusive));
  return new Set(held.map(({ pool }) => pool));
}
