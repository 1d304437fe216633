// What a Verdict asks for beside its allow, and what that makes of the request: it is served as obliged, and remembers how it was asked.
// Invariant: `askedOf(oblige(request, …))` is the request; a request without obligations is itself. Called by apply.ts, the gate and the stores.

import type { PoolId } from './ids.ts';
import type { Units } from './quantity.ts';
import type { Claim, PendingRequest, RecordedVerdict, ResourceRequest, Selector } from './request.ts';
import { shapeKeyOf } from './shapeKey.ts';

/** One reviewer's approval: which skill, and which rule asks for it. */
export interface ApprovalDuty {
  readonly skill: string;
  readonly code: string;
  readonly policy: string;
}

/** Lists are sorted; what is absent is not asked for. */
export interface Obligations {
  /** One a skill. */
  readonly approvals?: readonly ApprovalDuty[];
  /** From the grant to the end of the lease, extensions and windows included. */
  readonly ttlSeconds?: Units;
  /** Kind, or "*" for every kind, to the pools that may serve it. */
  readonly pools?: Readonly<Record<string, readonly PoolId[]>>;
  /** Caps on its class, as policies state them: the gate makes `class` of them. */
  readonly classes?: readonly string[];
  /** The class that it is served in: lower than the one that was asked for. */
  readonly class?: string;
  readonly labels?: Readonly<Record<string, string>>;
  /** Codes of the rules that want the grant to be told apart. */
  readonly audit?: readonly string[];
}

/** A label that every pool has by itself: its id. No configuration names it, so nobody can ask for it; obligations do. */
export const POOL_LABEL = '@pool';

/** What a grant under obligations says in its events and in the record of its tick. */
export type Told = Pick<Obligations, 'labels' | 'audit'>;

/** Null: nothing. */
export function toldOf(verdict: RecordedVerdict | null): Told | null {
  const { labels, audit } = verdict?.obligations ?? {};
  if (labels === undefined && audit === undefined) return null;
  return { ...(labels && { labels }), ...(audit && { audit }) };
}

/** The request as it is served under the verdict's obligations, and its shape. */
export function underVerdict(pending: PendingRequest, verdict: RecordedVerdict): PendingRequest {
  const asked = askedOf(pending.request);
  const request = oblige(asked, verdict.obligations);
  const shapeKey = request === pending.request ? pending.shapeKey : shapeKeyOf(request);
  return { ...pending, request, shapeKey, verdict };
}

export function oblige(asked: ResourceRequest, obligations: Obligations | undefined): ResourceRequest {
  const { ttlSeconds, pools, class: lowered } = obligations ?? {};
  if (ttlSeconds === undefined && pools === undefined && lowered === undefined) return asked;
  const { class: priority, durationSeconds } = asked.terms;
  const options =
    pools === undefined
      ? asked.options
      : asked.options.map(({ claims }) => ({ claims: claims.map((claim) => within(claim, pools)) }));
  return {
    ...asked,
    options,
    terms: {
      ...asked.terms,
      class: lowered ?? priority,
      durationSeconds: Math.min(durationSeconds, ttlSeconds ?? durationSeconds),
      ...(ttlSeconds !== undefined && { ttlSeconds }),
    },
    obliged: { class: priority, durationSeconds },
  };
}

/** The request as its agent wrote it. */
export function askedOf(request: ResourceRequest): ResourceRequest {
  if (request.obliged === undefined) return request;
  const { obliged, terms, options, ...rest } = request;
  const { ttlSeconds: _, ...kept } = terms;
  return {
    ...rest,
    options: options.map(({ claims }) => ({ claims: claims.map(withoutPools) })),
    terms: { ...kept, ...obliged },
  };
}

/** The pools that may serve a claim of the kind; null: any. */
export function poolsFor(kind: string, pools: Obligations['pools'] = {}): readonly PoolId[] | null {
  const everywhere = pools['*'];
  const own = Object.hasOwn(pools, kind) ? pools[kind] : undefined;
  if (everywhere === undefined) return own ?? null;
  return own === undefined ? everywhere : own.filter((pool) => everywhere.includes(pool));
}

function within(claim: Claim, pools: NonNullable<Obligations['pools']>): Claim {
  const allowed = poolsFor(claim.kind, pools);
  return allowed === null ? claim : { ...claim, selector: { ...claim.selector, [POOL_LABEL]: allowed } };
}

function withoutPools(claim: Claim): Claim {
  if (claim.selector === undefined || !Object.hasOwn(claim.selector, POOL_LABEL)) return claim;
  const { selector, ...rest } = claim;
  const { [POOL_LABEL]: _, ...kept } = selector as Record<string, Selector[string]>;
  return Object.keys(kept).length === 0 ? rest : { ...rest, selector: kept };
}
