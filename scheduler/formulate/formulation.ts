// What formulate makes: the integer program, and what each of its columns means. Read by decode.ts, the tick and the tick file.
// Invariant: columns[j] is what x_j = 1 does; columns of one request are adjacent, requests stand in order of `sequence`.

import type { Model } from '../../solver/index.ts';
import type { Pool, Window } from '../domain/configuration.ts';
import type { ExtensionId, RequestId } from '../domain/ids.ts';
import type { Lease } from '../domain/lease.ts';
import type { Instant, Units } from '../domain/quantity.ts';
import type { Reason } from '../domain/reason.ts';
import type { PendingExtension, PendingRequest } from '../domain/request.ts';
import type { AlikeRequests } from './alike.ts';
import type { FormulationMemo } from './candidates.ts';
import type { GangLooks } from './gangTurns.ts';
import type { PlannedSeats } from './seatPlanner.ts';
import type { SeatClass } from './seats.ts';

/** What one capacity row counts: a pool, or agent pools that nothing tells apart. */
export interface Place {
  /** The pool's id; of a group "<first pool>+<how many more>". */
  readonly id: string;
  readonly kind: string;
  /** One pool, or the group's members by id. All have the same labels, price and classification. */
  readonly pools: readonly [Pool, ...Pool[]];
}

/** One claim served: where, and in which window when the pool has a calendar. */
export interface Choice {
  readonly claim: number;
  readonly quantity: Units;
  readonly place: Place;
  readonly window: Window | null;
  /** Of a claim that sits on a node: the seat's class, and which of the option's bundles takes it. `place` has its price and its kind. */
  readonly seats?: SeatClass;
  readonly bundle?: string;
  /** A dataset that nobody else reads meanwhile. */
  readonly alone?: true;
}

/** One extension of a lease, and where the lease ends with it. */
export interface Prolongation {
  readonly extension: PendingExtension;
  readonly endsAt: Instant;
}

/** One request served. */
export interface Service {
  readonly request: PendingRequest;
  readonly option: number;
  /** One a claim, in order of claims. Shared by all requests of a shape. */
  readonly choices: readonly Choice[];
  readonly endsAt: Instant;
}

export type ColumnMeaning =
  | ({ readonly type: 'request' } & Service)
  /** All members of a gang at once. */
  | { readonly type: 'gang'; readonly services: readonly Service[] }
  /** The first so many extensions of one lease, each starting where the one before it ends. */
  | { readonly type: 'extension'; readonly lease: Lease; readonly prolongations: readonly Prolongation[] };

export interface Formulation {
  readonly model: Model;
  /** One a structural column. Only columns that fit alone are in the program: no plan could hold another. */
  readonly columns: readonly ColumnMeaning[];
  /** True when `leftOut` names anybody. */
  readonly truncated: boolean;
  /** Requests of which a combination that may fit was left out by the bound of columns, or that nobody looked at: another tick may grant them. */
  readonly leftOut: ReadonlySet<RequestId>;
  /** Requests that no free unit would help (NO_WINDOW, DEADLINE_UNREACHABLE). Others without a column do not fit alone at present. */
  readonly dropped: ReadonlyMap<RequestId, readonly Reason[]>;
  /** Extensions without a column: this tick refuses them. */
  readonly refusedExtensions: ReadonlyMap<ExtensionId, readonly Reason[]>;
  /** Whose columns speak for requests that have none, because as many like them as could start have come before. */
  readonly alike: Pick<AlikeRequests, 'standInFor'>;
  /** Seats cut out of the nodes; null when nobody asks for one. */
  readonly seats: PlannedSeats | null;
  /** Which gangs were looked at. */
  readonly gangs: GangLooks;
  /** Candidates found on the way, for explain.ts: the same shapes are asked about again. */
  readonly memo: FormulationMemo;
}
