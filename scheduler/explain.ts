// Why a request waits: for each option the rows that are short, with exact numbers, from what the final plan leaves. No solve.
// Invariant: a request that has a reason other than NEXT_TICK for every option cannot be granted from what is left. Called by decide.ts and the API.

import type { Earmark } from './domain/earmark.ts';
import type { RequestId } from './domain/ids.ts';
import type { Plan } from './domain/plan.ts';
import type { Reason, ReasonCode } from './domain/reason.ts';
import type { PendingExtension, PendingRequest, ResourceRequest } from './domain/request.ts';
import { type FormulationMemo, newMemo, type Shape, shapeOf } from './formulate/candidates.ts';
import type { PayingAccount } from './formulate/catalogue.ts';
import type { OpenOption } from './formulate/combinations.ts';
import { extensionsOf } from './formulate/extensions.ts';
import { findOption, type OptionFinding } from './formulate/findings.ts';
import { gangShortages } from './formulate/gangShortages.ts';
import {
  awaitedUntil,
  GANG_STEPS_OF_TICK,
  type Gang,
  type GangInput,
  gangsOf,
  isComplete,
  mayStart,
} from './formulate/gangs.ts';
import type { GangLooks } from './formulate/gangTurns.ts';
import { openOptions } from './formulate/openings.ts';
import { Room } from './formulate/room.ts';
import { budgetReasons } from './formulate/shortages.ts';
import { afterPlan, type Snapshot } from './snapshot.ts';

export interface Explainer {
  /** Binding reason first: options with the fewest reasons first, and within one what no waiting will mend before what waiting may. */
  reasons(pending: PendingRequest): readonly Reason[];
  /** The set of codes in `reasons`, sorted; of a gang that the tick had no steps to look at, what its member was told before. */
  codes(pending: PendingRequest): readonly ReasonCode[];
  /** Why an extension was refused, or would be. */
  extensionReasons(extension: PendingExtension): readonly Reason[];
}

/** Hardest first: time, then what a person must change, then what comes back by waiting. */
const HARDNESS: readonly ReasonCode[] = [
  'DEADLINE_UNREACHABLE',
  'UNSATISFIABLE',
  'AWAITING_APPROVAL',
  'NO_WINDOW',
  'BUDGET_EXHAUSTED',
  'QUOTA_EXHAUSTED',
  'COHORT_EXHAUSTED',
  'POLICY_LIMIT',
  'AWAITING_GANG',
  'WINDOW_FULL',
  'DATASET_SHARED',
  'DATASET_EXCLUSIVE',
  'DRAINING',
  'POOL_FULL',
  'NODE_FULL',
  'RESERVED',
  'GANG_FULL',
  'NEXT_TICK',
  'PREEMPTING',
];

export function explainWaiting(
  snapshot: Snapshot,
  plan: Plan | null,
  request: PendingRequest,
): readonly Reason[] {
  return explainer(plan === null ? snapshot : afterPlan(snapshot, plan)).reasons(request);
}

/** What the tick's program knows already: candidates found, and which gangs it looked at. */
interface Known {
  readonly memo: FormulationMemo;
  readonly gangs?: Pick<GangLooks, 'unseen' | 'hopeless'>;
}

/** `after`: the snapshot with the plan's grants in it. Without `known` everything is found anew, and no gang was looked at in vain. */
export function explainer(after: Snapshot, known: Known = { memo: newMemo() }): Explainer {
  return new Explanation(after, known);
}

/** What requests of one shape, department and time limits share. */
interface Finding {
  readonly options: readonly OptionFinding[];
  /** Answers when the payer's accounts cover every option: the usual case, shared by all. */
  readonly reasons: readonly Reason[];
  readonly codes: readonly ReasonCode[];
  /** No account of the organisation is too short for any option. */
  readonly coversAnyone: boolean;
}

class Explanation implements Explainer {
  readonly #snapshot: Snapshot;
  readonly #memo: FormulationMemo;
  readonly #looks: Known['gangs'];
  readonly #room: Room;
  readonly #earmarks: ReadonlyMap<RequestId, Earmark>;
  #gangs: ReadonlyMap<string, Gang> | null = null;
  readonly #search: GangInput;
  /** The rooms of requests with reservations; members of a gang share one. */
  readonly #reserverRooms: ReadonlyMap<RequestId, Room>;
  readonly #reserverFindings = new Map<RequestId, Finding>();
  readonly #startable = new Map<Gang, boolean>();
  /** Of members of gangs that do not fit: one who would fit alone waits for room for all. */
  readonly #fullCodes = new Map<Finding, readonly ReasonCode[]>();
  readonly #findings = new Map<Shape, Map<string, Finding>>();

  constructor(snapshot: Snapshot, { memo, gangs }: Known) {
    this.#snapshot = snapshot;
    this.#memo = memo;
    this.#looks = gangs;
    this.#room = new Room(snapshot);
    this.#earmarks = new Map(snapshot.earmarks.map((earmark) => [earmark.request, earmark]));
    const { configuration } = snapshot;
    this.#reserverRooms = roomsOfReservers(snapshot, this.#room);
    this.#search = {
      configuration,
      room: this.#room,
      memo,
      gangs: 1,
      work: { steps: 0 },
      opened: new Map<Shape, OpenOption[]>(),
    };
  }

  reasons(pending: PendingRequest): readonly Reason[] {
    const earmark = this.#earmarks.get(pending.request.id);
    if (earmark !== undefined) return [preempting(earmark)];
    const gang = this.#gangOf(pending);
    return gang === null ? this.#ownReasons(pending) : this.#gangReasons(pending, gang);
  }

  #ownReasons(pending: PendingRequest): readonly Reason[] {
    const finding = this.#findingOf(pending);
    if (this.#isCovered(finding, pending.request)) return finding.reasons;
    const { agent, terms } = pending.request;
    const payers = this.#room.catalogue.payersOf(agent, terms.class);
    return rankReasons(finding.options.map((option) => this.#withBudget(option, payers)));
  }

  codes(pending: PendingRequest): readonly ReasonCode[] {
    if (this.#earmarks.size > 0 && this.#earmarks.has(pending.request.id)) return CODES_OF_PREEMPTING;
    if (pending.request.terms.gang !== undefined) {
      const gang = this.#gangOf(pending);
      if (gang !== null) return this.#gangCodes(pending, gang);
    }
    const finding = this.#findingOf(pending);
    return this.#isCovered(finding, pending.request) ? finding.codes : codesOf(this.reasons(pending));
  }

  extensionReasons(extension: PendingExtension): readonly Reason[] {
    const found = this.#snapshot.extensions.find((one) => one.extension.id === extension.id);
    if (found === undefined) return [];
    const [asked] = extensionsOf(this.#snapshot.configuration, this.#room, [found]);
    return asked?.refused.get(extension.id) ?? [{ code: 'NEXT_TICK', option: found.lease.option }];
  }

  /** What keeps the gang, then what keeps this member; a member that would fit alone waits for room for all. */
  #gangReasons(pending: PendingRequest, gang: Gang): readonly Reason[] {
    const { size } = gang.terms;
    const { now } = this.#room;
    if (!isComplete(gang))
      return [{ code: 'AWAITING_GANG', have: gang.members.length, size, until: awaitedUntil(gang, now) }];
    if (this.#mayStart(gang)) return [{ code: 'NEXT_TICK', option: 0 }];
    const short = gangShortages(gang, this.#room, pending);
    return this.#ownReasons(pending).map((reason) =>
      reason.code === 'NEXT_TICK' ? { code: 'GANG_FULL', option: reason.option, size, short } : reason,
    );
  }

  /** Those of `#gangReasons`, without the numbers of each member. */
  #gangCodes(pending: PendingRequest, gang: Gang): readonly ReasonCode[] {
    if (!isComplete(gang)) return ['AWAITING_GANG'];
    const { waitingCodes } = pending;
    if (this.#looks?.unseen.has(gang.terms.id) && waitingCodes !== null)
      if (!waitingCodes.includes('AWAITING_GANG')) return waitingCodes;
    if (this.#mayStart(gang)) return ['NEXT_TICK'];
    const finding = this.#findingOf(pending);
    if (!this.#isCovered(finding, pending.request)) return codesOf(this.#gangReasons(pending, gang));
    let codes = this.#fullCodes.get(finding);
    if (codes === undefined) {
      codes = codesOf(
        finding.reasons.map((reason) => (reason.code === 'NEXT_TICK' ? { code: 'GANG_FULL' } : reason)),
      );
      this.#fullCodes.set(finding, codes);
    }
    return codes;
  }

  #gangOf({ request }: PendingRequest): Gang | null {
    if (request.terms.gang === undefined) return null;
    this.#gangs ??= gangsOf(this.#snapshot.requests);
    return this.#gangs.get(request.terms.gang.id) ?? null;
  }

  /** Some choice of places serves all members, or the search for one was cut, or there were no steps for it. Looked for once. */
  #mayStart(gang: Gang): boolean {
    const { id } = gang.terms;
    if (this.#looks?.hopeless.has(id)) return false;
    if (this.#looks?.unseen.has(id)) return true;
    let known = this.#startable.get(gang);
    if (known === undefined) {
      const room = this.#reserverRooms.get(gang.members[0]!.request.id);
      const search = room === undefined ? this.#search : { ...this.#search, room, opened: new Map() };
      known = this.#search.work.steps >= GANG_STEPS_OF_TICK || mayStart(gang, search);
      this.#startable.set(gang, known);
    }
    return known;
  }

  #isCovered({ options, coversAnyone }: Finding, { agent, terms }: ResourceRequest): boolean {
    if (coversAnyone) return true;
    const payers = this.#room.catalogue.payersOf(agent, terms.class);
    return options.every(
      ({ priced }) => priced === null || this.#room.accounts.covers(payers, priced.costOf),
    );
  }

  #withBudget(
    finding: OptionFinding,
    payers: readonly PayingAccount[],
  ): { option: number; reasons: readonly Reason[] } {
    const { option, reasons, priced } = finding;
    if (priced === null) return finding;
    return {
      option,
      reasons: [...budgetReasons(this.#room, payers, { option, costOf: priced.costOf }), ...reasons],
    };
  }

  #findingOf(pending: PendingRequest): Finding {
    const own = this.#reserverRooms.size === 0 ? undefined : this.#reserverRooms.get(pending.request.id);
    if (own !== undefined) return this.#findFor(own, pending);
    const shape = shapeOf(this.#memo, this.#snapshot.configuration, pending);
    const { department, terms } = pending.request;
    const who = `${department}${this.#room.policy.isEmpty ? '' : `|${this.#room.policy.signatureOf(pending.request)}`}`;
    const key =
      terms.deadline === undefined && terms.startBefore === undefined
        ? who
        : `${who}|${terms.startBefore ?? ''}|${terms.deadline ?? ''}`;
    let byKey = this.#findings.get(shape);
    if (byKey === undefined) {
      byKey = new Map();
      this.#findings.set(shape, byKey);
    }
    let finding = byKey.get(key);
    if (finding === undefined) {
      finding = this.#find(shape, pending, this.#room);
      byKey.set(key, finding);
    }
    return finding;
  }

  /** Of a request with a reservation: what is kept for it does not keep it out. Looked for once. */
  #findFor(room: Room, pending: PendingRequest): Finding {
    const { id } = pending.request;
    let finding = this.#reserverFindings.get(id);
    if (finding === undefined) {
      finding = this.#find(shapeOf(this.#memo, this.#snapshot.configuration, pending), pending, room);
      this.#reserverFindings.set(id, finding);
    }
    return finding;
  }

  #find(shape: Shape, pending: PendingRequest, room: Room): Finding {
    const graceMs = this.#snapshot.configuration.leaseTerms.graceSeconds * 1000;
    const open = openOptions(shape, pending.request.terms, room);
    const options = shape.options.map((claims, option) =>
      findOption({
        claims,
        bundles: shape.bundles[option]!,
        open: open[option]!,
        option,
        pending,
        room,
        graceMs,
      }),
    );
    const reasons = rankReasons(options);
    const { accounts, catalogue } = room;
    const coversAnyone = options.every(
      ({ priced }) => priced === null || accounts.coversAnyone(catalogue.accounts, priced.costOf),
    );
    return { options, reasons, codes: codesOf(reasons), coversAnyone };
  }
}

const CODES_OF_PREEMPTING: readonly ReasonCode[] = ['PREEMPTING'];

function preempting({ option, victims, graceEndsAt }: Earmark): Reason {
  return { code: 'PREEMPTING', option, leases: victims.map(({ lease }) => lease), graceEndsAt };
}

/** Each reads the room without what is kept for it; of a gang, for all of it. */
function roomsOfReservers(snapshot: Snapshot, beside: Room): Map<RequestId, Room> {
  const rooms = new Map<RequestId, Room>();
  if (snapshot.reservations.length === 0) return rooms;
  const held = new Set(snapshot.reservations.map(({ request }) => request));
  const gangs = gangsOf(snapshot.requests.filter(({ request }) => held.has(request.id)));
  for (const { members } of gangs.values()) {
    const ids = new Set(members.map(({ request }) => request.id));
    const room = new Room(snapshot, { holders: ids, beside });
    for (const id of ids) rooms.set(id, room);
  }
  for (const id of held)
    if (!rooms.has(id)) rooms.set(id, new Room(snapshot, { holders: new Set([id]), beside }));
  return rooms;
}

/** An option that nothing keeps out waits for the next tick: the bound of columns left its combination out. */
function rankReasons(
  options: readonly { readonly option: number; readonly reasons: readonly Reason[] }[],
): Reason[] {
  return options
    .map(({ option, reasons }) => ({ option, reasons: inHardness(reasons, option), weight: reasons.length }))
    .sort((a, b) => a.weight - b.weight || a.option - b.option)
    .flatMap(({ reasons }) => reasons);
}

function inHardness(reasons: readonly Reason[], option: number): Reason[] {
  if (reasons.length === 0) return [{ code: 'NEXT_TICK', option }];
  return [...reasons].sort((a, b) => HARDNESS.indexOf(a.code) - HARDNESS.indexOf(b.code));
}

function codesOf(reasons: readonly Pick<Reason, 'code'>[]): ReasonCode[] {
  return [...new Set(reasons.map(({ code }) => code))].sort();
}
