// Branded identifiers: a department can never be passed where a pool is wanted. Prefix + sortable part for what Annona makes,
// the operator's own slugs for what the organisation file names.

type Brand<T, Name extends string> = T & { readonly __brand: Name };

export type DepartmentId = Brand<string, 'DepartmentId'>;
export type AgentId = Brand<string, 'AgentId'>;
export type PoolId = Brand<string, 'PoolId'>;
export type AccountId = Brand<string, 'AccountId'>;
export type CohortId = Brand<string, 'CohortId'>;
/** A machine: "<set>/<group>-<number>". */
export type NodeId = Brand<string, 'NodeId'>;
export type RequestId = Brand<string, 'RequestId'>;
export type LeaseId = Brand<string, 'LeaseId'>;
export type ApprovalId = Brand<string, 'ApprovalId'>;
export type ExtensionId = Brand<string, 'ExtensionId'>;
export type EventId = Brand<string, 'EventId'>;

/** Leader's fencing number: rises with every election, stands in every commit and every lease. */
export type Epoch = number;

/** Made by an API process from its id source: `req_` + 26 characters, sortable by time. */
export const REQUEST_ID = /^req_[0-9a-hjkmnp-tv-z]{26}$/;
export const APPROVAL_ID = /^apr_[0-9a-hjkmnp-tv-z]{26}_[0-9a-z]+_[0-9a-z]+$/;
export const LEASE_ID = /^lse_[0-9a-z]+_[0-9a-z]+$/;
export const SLUG = /^[a-z0-9][a-z0-9.-]{0,62}$/;

/** Lease, event and extension ids follow from the tick that made them, so that a replay makes the same ones. */
export function leaseId(tick: number, index: number): LeaseId {
  return `lse_${tick.toString(36).padStart(8, '0')}_${index.toString(36).padStart(3, '0')}` as LeaseId;
}

const BASE_32 = '0123456789abcdefghjkmnpqrstvwxyz';

/** The next request of a wish: its own random part behind another time, so that it sorts by when it was made and a replay makes the same one. */
export function successorId(of: RequestId, now: number): RequestId {
  let time = '';
  for (let rest = now, i = 0; i < 10; i++, rest = Math.floor(rest / 32)) time = BASE_32[rest % 32] + time;
  return `req_${time}${of.slice(-16)}` as RequestId;
}

/** Of the parent and the tick that asks for it; `index` counts those of one parent and tick. */
export function approvalId(parent: RequestId, tick: number, index: number): ApprovalId {
  return `apr_${parent.slice(4)}_${tick.toString(36)}_${index.toString(36)}` as ApprovalId;
}

/** The request for a review slot: its random part is that of a digest, so that a replay makes the same one. `digest`: lower-case hex. */
export function reviewRequestId(digest: string, now: number): RequestId {
  let random = '';
  for (let i = 0; i < 32; i += 2) random += BASE_32[Number.parseInt(digest.slice(i, i + 2), 16) % 32];
  return successorId(random as RequestId, now);
}

export function eventId(cell: string, sequence: number): EventId {
  return `evt_${cell}_${sequence.toString(36).padStart(10, '0')}` as EventId;
}
