// Offers: what a waiting request could have at once if it asked for less, elsewhere or later. No solve: each fits into what is left over.
// Invariant: an offer is admissible, never more than what was asked, and is granted by the next tick as long as nothing else happens; of a
// bounded number of probes, in one order. Called by the composition roots and tickFileOffers.ts.

import { admit } from './commands/submit.ts';
import type { Configuration } from './domain/configuration.ts';
import type { RequestId } from './domain/ids.ts';
import type { Obligations } from './domain/obligation.ts';
import type { Assignment } from './domain/plan.ts';
import type { Instant } from './domain/quantity.ts';
import type { Reason, ReasonCode } from './domain/reason.ts';
import type { Option, PendingRequest, ResourceRequest, Terms } from './domain/request.ts';
import type { Explainer } from './explain.ts';
import { newMemo } from './formulate/index.ts';
import { gateRow } from './gate.ts';
import {
  type Changed,
  type ChangeInput,
  laterClasses,
  type OfferChange,
  otherPlaces,
  otherWindows,
  shorterDurations,
  smallerQuantities,
} from './offerChanges.ts';
import type { Digest, PolicyGate } from './ports.ts';
import type { Snapshot } from './snapshot.ts';
import { isOnlyColumn, wholeFit } from './wholeFit.ts';

export interface Offer {
  /** Of the request and of what is offered: the same again is the same offer. */
  readonly id: string;
  readonly changes: readonly OfferChange[];
  /** What would be asked instead. */
  readonly options: readonly Option[];
  readonly terms: Terms;
  /** How it would be granted at the moment that was looked at. */
  readonly assignment: Assignment;
}

export interface OfferInput {
  readonly snapshot: Snapshot;
  readonly explained: Explainer;
  readonly pending: PendingRequest;
  readonly digest: Digest;
}

export const OFFERS_MOST = 5;
/** Of one kind of change: the fifth pool that would do as well is no news. */
const OFFERS_OF_A_KIND = 2;
/** A probe takes 0.1 to 1 ms; a bisection takes as many as the quantity has binary digits. */
const PROBES_MOST = 96;
/** Between the reading of an offer and the tick that grants it: a duration that just fits before a deadline would fit no more. */
const MARGIN_MS = 10_000;
const ID_CHARACTERS = 20;

/** None for a member of a gang, for whom leases are taken back, who needs to change nothing, or while others would come first. */
export function offersFor({ snapshot, explained, pending, digest }: OfferInput): Offer[] {
  const { request } = pending;
  const reasons = explained.reasons(pending);
  if (!mayBeOffered(request, reasons) || isContested(snapshot, explained, pending)) return [];
  const input = { configuration: snapshot.configuration, request, probe: probeOf(snapshot, request) };
  const offers = new Map<string, Offer>();
  for (const kind of kindsOf(input, reasons)) {
    let ofKind = 0;
    for (const changed of kind) {
      const { changes, options, terms, assignment } = changed;
      if (!isSeated(snapshot, request, changed)) continue;
      const id = offerId(request, changed, digest);
      if (!offers.has(id)) ofKind += 1;
      offers.set(id, { id, changes, options, terms, assignment });
      if (ofKind === OFFERS_OF_A_KIND || offers.size === OFFERS_MOST) break;
    }
    if (offers.size === OFFERS_MOST) break;
  }
  return [...offers.values()];
}

/** Those that the policy allows: it is asked as the next tick would ask it. */
export async function allowedOffers(
  policy: Pick<PolicyGate, 'evaluate'>,
  { configuration, request, offers }: OffersToGate,
): Promise<Offer[]> {
  if (offers.length === 0) return [];
  const rows = offers.map(({ options, terms }) => gateRow(configuration, { ...request, options, terms }));
  const verdicts = await policy.evaluate(`offers/${request.id}`, rows);
  // What would be served otherwise than it asks, or not at once, is no offer.
  return offers.filter((_, i) => verdicts[i]?.allow === true && !restricts(verdicts[i]?.obligations));
}

function restricts({ approvals, ttlSeconds, pools, classes }: Obligations = {}): boolean {
  return [approvals, ttlSeconds, pools, classes].some((one) => one !== undefined);
}

export interface OffersToGate {
  readonly configuration: Configuration;
  readonly request: ResourceRequest;
  readonly offers: readonly Offer[];
}

export function offerId(
  { id }: Pick<ResourceRequest, 'id'>,
  { options, terms }: Pick<Offer, 'options' | 'terms'>,
  digest: Digest,
): string {
  return `off_${digest([JSON.stringify([id, options, terms])]).slice(0, ID_CHARACTERS)}`;
}

/** Nearest to the wish first: all of it elsewhere, all of it at another time, less of it, for less long, later than others. */
function* kindsOf(input: ChangeInput, reasons: readonly Reason[]): Generator<Iterable<Changed>> {
  yield otherPlaces(input);
  yield otherWindows(input);
  yield smallerQuantities(input);
  const isTooLong = reasons.some(
    ({ code }) => code === 'BUDGET_EXHAUSTED' || code === 'DEADLINE_UNREACHABLE',
  );
  if (isTooLong) yield shorterDurations(input);
  yield laterClasses(input);
}

/** It starts by itself; or a reviewer has to rule first, whatever it asks for. */
const UNOFFERED: readonly ReasonCode[] = ['NEXT_TICK', 'PREEMPTING', 'AWAITING_APPROVAL'];

function mayBeOffered({ terms, holdOf }: ResourceRequest, reasons: readonly Reason[]): boolean {
  if (holdOf !== undefined) return false;
  return terms.gang === undefined && reasons.every(({ code }) => !UNOFFERED.includes(code));
}

/** Somebody else fits as well and only waits for a tick to look, or a lease may be prolonged: what is left may be theirs. */
function isContested(snapshot: Snapshot, explained: Explainer, { request }: PendingRequest): boolean {
  if (snapshot.extensions.length > 0) return true;
  let next = startable.get(explained);
  if (next === undefined) {
    const fitting = snapshot.requests.filter((pending) => explained.codes(pending).includes('NEXT_TICK'));
    next = new Set(fitting.map((pending) => pending.request.id));
    startable.set(explained, next);
  }
  return next.size > (next.has(request.id) ? 1 : 0);
}

/** Found once a look at the memory: all who wait are asked. */
const startable = new WeakMap<Explainer, ReadonlySet<RequestId>>();

function probeOf(snapshot: Snapshot, request: ResourceRequest): ChangeInput['probe'] {
  const fitted = wholeFit(snapshot, newMemo());
  let left = PROBES_MOST;
  return ({ options, terms }) => {
    if (left === 0) return null;
    left -= 1;
    const asked = { ...request, options, terms };
    return isAdmitted(snapshot, asked) ? fitted(asked) : null;
  };
}

/** At most as many programs are written as there are offers of a kind that fit. */
function isSeated(snapshot: Snapshot, request: ResourceRequest, { options, terms }: Changed): boolean {
  const isOnNode = options.some(({ claims }) => claims.some(({ node }) => node !== undefined));
  return !isOnNode || isOnlyColumn(snapshot, { ...request, options, terms }, newMemo());
}

function isAdmitted(
  { configuration, now }: { configuration: Configuration; now: Instant },
  asked: ResourceRequest,
): boolean {
  return admit(configuration, { ...asked, submittedAt: now + MARGIN_MS }).ok;
}
