// From what the readers give to what is answered: times as RFC 3339, reasons with who acts next, pools with what is left.
// Invariant: a view adds nothing that its reader was not allowed to see. The shapes stand in schemas/views.ts.

import type {
  Estimate,
  HoldOf,
  Instant,
  Lease,
  Option,
  Pool,
  Reason,
  ResourceRequest,
  StartReservation,
  Terms,
  TickRecord,
} from '../../scheduler/index.ts';
import { capacityKey, nodeIds, REASON_GUIDE } from '../../scheduler/index.ts';
import { isReplayable } from '../../solver/index.ts';
import type { ExtensionView, LeaseView, Page, RequestView } from '../ports.ts';
import { formatInstant, formatNullable } from './time.ts';

export function requestJson(
  view: RequestView,
  { reasons, estimate }: { readonly reasons: readonly Reason[]; readonly estimate: Estimate | null },
) {
  const { request } = view;
  return {
    id: request.id,
    clientRequestId: request.clientRequestId,
    department: request.department,
    agent: request.agent,
    state: view.state,
    options: request.options.map(optionJson),
    terms: termsJson(request.terms),
    submittedAt: formatInstant(request.submittedAt),
    decidedAt: formatNullable(view.decidedAt),
    tick: view.tick,
    lease: view.lease,
    restartOf: request.restart?.of ?? null,
    approvalOf: request.approvalOf ?? null,
    ...(request.holdOf && { holdOf: holdJson(request.holdOf) }),
    ...(view.obligations && { obligations: view.obligations }),
    reasons: reasons.map(reasonJson),
    reservation: view.reservation && reservationJson(view.reservation),
    estimate: estimate?.type === 'estimate' ? estimateJson(estimate) : null,
  };
}

export function holdJson({ request, offer, until }: HoldOf) {
  return { request, offer, until: formatInstant(until) };
}

function reservationJson({ startsAt, madeAt, option }: StartReservation) {
  return { startsAt: formatInstant(startsAt), madeAt: formatInstant(madeAt), option };
}

export function estimateJson({ at, p10, p50, p90, coverage }: Extract<Estimate, { type: 'estimate' }>) {
  return {
    at: formatInstant(at),
    p10: formatInstant(p10),
    p50: formatInstant(p50),
    p90: formatInstant(p90),
    coverage,
  };
}

export function optionJson(option: Option): { claims: unknown[] } {
  return {
    claims: option.claims.map(({ window, ...claim }) =>
      window === undefined ? claim : { ...claim, window: times(window, ['from', 'to']) },
    ),
  };
}

export function termsJson(terms: Terms): object {
  return times(terms, ['startBefore', 'deadline']);
}

/** Reasons carry instants of their own, by these names. */
export function reasonJson(reason: Reason) {
  const { actor, advice } = REASON_GUIDE[reason.code];
  return {
    ...times(reason, ['startBefore', 'deadline', 'until', 'graceEndsAt', 'startsAt']),
    code: reason.code,
    actor,
    advice,
  };
}

/** A copy with the named instants as text; those that are absent stay absent. */
function times(object: object, names: readonly string[]): object {
  const copy: Record<string, unknown> = { ...object };
  for (const name of names) {
    const value = copy[name];
    if (typeof value === 'number') copy[name] = formatInstant(value);
    else delete copy[name];
  }
  return copy;
}

export function leaseJson({ lease, heartbeatAt, endedAt }: LeaseView) {
  return {
    id: lease.id,
    request: lease.request,
    department: lease.department,
    agent: lease.agent,
    epoch: lease.epoch,
    state: lease.state,
    option: lease.option,
    allocations: lease.allocations.map(allocationJson),
    reservations: lease.reservations,
    grantedAt: formatInstant(lease.grantedAt),
    startLimitAt: formatInstant(lease.startLimitAt),
    endsAt: formatInstant(lease.endsAt),
    activatedAt: formatNullable(lease.activatedAt),
    heartbeatAt: formatNullable(heartbeatAt),
    endedAt: formatNullable(endedAt),
    borrowed: lease.borrowed ?? [],
    graceEndsAt: formatNullable(lease.revocation?.graceEndsAt ?? null),
    revokedFor: revokedFor(lease),
  };
}

/** A request of another department is named by its department alone. */
function revokedFor({ revocation, department: owner }: Lease) {
  if (revocation === undefined) return null;
  const { right, department, request } = revocation;
  return { right, department, request: department === owner ? request : null };
}

export function allocationJson(allocation: Lease['allocations'][number]) {
  const { startsAt, endsAt } = allocation;
  return { ...allocation, startsAt: formatInstant(startsAt), endsAt: formatInstant(endsAt) };
}

export function extensionJson(view: ExtensionView) {
  const { id, lease, seconds, outcome, endsAt, reasons } = view;
  return { id, lease, seconds, outcome, endsAt: formatNullable(endsAt), reasons: reasons.map(reasonJson) };
}

export function poolSummary(pool: Pool, use: ReadonlyMap<string, number>) {
  return { ...poolFields(pool, use), windowCount: pool.calendar?.length ?? 0 };
}

export function poolJson(pool: Pool, use: ReadonlyMap<string, number>) {
  const windows = (pool.calendar ?? []).map((window) => ({
    id: window.id,
    startsAt: formatInstant(window.startsAt),
    endsAt: formatInstant(window.endsAt),
    ...left(window.capacity, use.get(capacityKey(pool.id, window.id))),
  }));
  return { ...poolFields(pool, use), windows };
}

function poolFields(pool: Pool, use: ReadonlyMap<string, number>) {
  return {
    id: pool.id,
    kind: pool.kind,
    unit: pool.unit,
    labels: pool.labels,
    consumable: pool.consumable,
    classification: pool.classification ?? null,
    priceMinor: pool.priceMinor,
    agent: pool.agent ?? null,
    ...(pool.pricePer !== undefined && { pricePer: pool.pricePer }),
    ...(pool.nodes && { nodes: { set: pool.nodes.set, count: nodeIds(pool.nodes).length } }),
    ...left(pool.capacity, use.get(capacityKey(pool.id))),
  };
}

/** A capacity that was lowered below what is held leaves nothing, not less than nothing. */
function left(capacity: number, used = 0) {
  return { capacity, used, available: Math.max(0, capacity - used) };
}

/** The whole record: only for readers who may see all departments, whose leases and rows it names. */
export function tickJson(record: TickRecord) {
  return { ...record, now: formatInstant(record.now), replayable: isReplayable(record) };
}

/** Field by field, so that what a record learns later is not shown to everyone by itself. */
export function tickSummary(record: TickRecord) {
  const { cell, tick, epoch, policyRevision, dataRevision, configurationRevision } = record;
  const { engine, engineBuild, engineCalled, work, fault, termination, counts, digests } = record;
  return {
    cell,
    tick,
    epoch,
    now: formatInstant(record.now),
    policyRevision,
    dataRevision,
    configurationRevision,
    engine,
    engineBuild,
    engineCalled,
    replayable: isReplayable(record),
    work,
    fault,
    termination,
    stages: record.stages.map(({ certificate: _, ...stage }) => ({ ...stage, multipliers: null })),
    counts,
    digests,
    digest: record.digest,
    previousDigest: record.previousDigest,
    timings: record.timings,
  };
}

export function pageJson<From, To>(
  page: Page<From>,
  view: (item: From) => To,
): { items: To[]; next: string | null } {
  return { items: page.items.map(view), next: page.next };
}

export function acceptedJson(request: Pick<ResourceRequest, 'id' | 'clientRequestId'>, receivedAt: Instant) {
  return {
    id: request.id,
    clientRequestId: request.clientRequestId,
    state: 'queued' as const,
    receivedAt: formatInstant(receivedAt),
  };
}
