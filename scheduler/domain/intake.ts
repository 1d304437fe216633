// What people ask of the leader: one row per act, acknowledged after COMMIT, folded in one order by the next tick.
// Invariant: nothing but an intake row (or a heartbeat) enters the state from outside. The same rows serve HTTP, Kafka and simulation.

import type { Ruling } from './approval.ts';
import type { AgentId, ApprovalId, DepartmentId, Epoch, ExtensionId, LeaseId, RequestId } from './ids.ts';
import type { Instant, Units } from './quantity.ts';
import type { ResourceRequest } from './request.ts';

export type IntakeCommand =
  | {
      readonly type: 'submit';
      readonly request: ResourceRequest;
      /** Present: it takes the place of a waiting request, as an accepted offer does. */
      readonly replaces?: Replaces;
      /** Present: it keeps the units of an offer and asks for nothing itself. */
      readonly holds?: Holds;
    }
  | { readonly type: 'cancel'; readonly request: RequestId }
  | { readonly type: 'release'; readonly lease: LeaseId; readonly epoch: Epoch }
  | {
      readonly type: 'extend';
      readonly extension: ExtensionId;
      readonly lease: LeaseId;
      readonly epoch: Epoch;
      readonly seconds: Units;
    }
  /** The holder of a lease that is being revoked gives it back before its grace ends. */
  | { readonly type: 'acknowledge'; readonly lease: LeaseId; readonly epoch: Epoch }
  /** A reviewer's answer, to what `digest` is of. */
  | ({
      readonly type: 'rule';
      readonly approval: ApprovalId;
      readonly digest: string;
    } & Pick<Ruling, 'verdict' | 'reason'>)
  | EditCommand;

/** A waiting request of the same agent. `tick`: only while no tick was committed after this one; null: whatever has been decided since. */
export interface Replaces {
  readonly request: RequestId;
  readonly tick: number | null;
  /** The request that holds the offer: its units are handed over. */
  readonly hold?: RequestId;
}

/** An offer of a waiting request of the same agent; `tick` as of `Replaces`. */
export interface Holds extends Omit<Replaces, 'hold'> {
  readonly offer: string;
}

/** An edit that was stored with its revision in one transaction: for the audit, the fold of it changes nothing. */
export interface EditCommand {
  readonly type: 'edit';
  /** `objectKeyOf`. */
  readonly object: string;
  /** Digests of the object before and after; null where there was, or is, none. */
  readonly before: string | null;
  readonly after: string | null;
  readonly revision: string;
}

/** Who acted: the verified subject, for the audit. */
export interface IntakeActor {
  readonly subject: string;
  readonly department: DepartmentId;
  readonly agent: AgentId | null;
  /** Why, in the actor's own words; absent where nothing was said. Decides nothing. */
  readonly because?: string;
}

export interface IntakeRow {
  /** Rises with insertion, but rows may become visible out of order: never read "above the last". */
  readonly id: number;
  readonly receivedAt: Instant;
  readonly actor: IntakeActor;
  readonly command: IntakeCommand;
}
