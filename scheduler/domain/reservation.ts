// A promised start: units that are kept for a request from an instant on. Others may use them until then (backfill), and not beyond.
// Invariant: it moves earlier freely and later only after a loss of capacity. Made by reservations/, kept in the state, written by the store.
// An offer that is held is one that has come: its units are kept for the request that accepting it would open.
// (What a grant sets aside on an account is a `Reservation` of lease.ts: money, not time.)

import type { Configuration } from './configuration.ts';
import type { AgentId, DepartmentId, RequestId } from './ids.ts';
import { type Allocation, type CapacityKey, capacityKey } from './lease.ts';
import { lookupOf } from './lookup.ts';
import type { Instant, Units } from './quantity.ts';
import type { HoldOf } from './request.ts';

export type ReservedUnits = Pick<Allocation, 'claim' | 'pool' | 'kind' | 'window' | 'quantity' | 'exclusive'>;

export interface StartReservation {
  readonly request: RequestId;
  readonly department: DepartmentId;
  readonly agent: AgentId;
  readonly class: string;
  readonly option: number;
  readonly units: readonly ReservedUnits[];
  readonly madeAt: Instant;
  readonly startsAt: Instant;
  /** Until when its units are kept once it starts: the lease's end, and `LATENESS_MS` for a tick that comes late. */
  readonly endsAt: Instant;
  /** Present: it is no promise, but an offer that somebody holds. */
  readonly hold?: HoldOf;
}

/** How long an offer is held: long enough for a person to say yes, short enough for nobody to mind. */
export const HOLD_MS = 10_000;

/** Of units that no end is declared for: the last instant that a date can name. */
export const NEVER: Instant = 8_640_000_000_000_000;

/** A start that is granted so much late still ends before whoever is promised the units after it. */
export const LATENESS_MS = 60_000;

export const MOVE_CAUSES = ['earlier', 'capacityLost'] as const;
export type MoveCause = (typeof MOVE_CAUSES)[number];

/**
 * `capacityLost`: no start is left at all. `unaffordable`: it could start, and its accounts do not cover it. `policy`: it could start, and a
 * limit of the policy has no room for it. `gang`: a member is gone. `earmarked`: leases are taken back for it, which is sooner.
 */
export const DROP_CAUSES = ['capacityLost', 'unaffordable', 'policy', 'late', 'gang', 'earmarked'] as const;
export type DropCause = (typeof DROP_CAUSES)[number];

export interface ReservationTerms {
  /** Later requests of its class that may take a pool it waits for; then it is promised a start, however short it has waited. */
  readonly overtakes: Units;
  /** Of a pool's units, reserved for one class. A class's only reservation on a pool may be larger: else who asks for more could starve. */
  readonly sharePercent: Units;
  /** Of a pool's unit hours, idle for reservations, over about an hour: beyond it no new one is made there. */
  readonly idlePercent: Units;
  /** Of a pool's units, or of one window's, that offers hold together. */
  readonly holdPercent: Units;
}

/** A quarter is what the contract allows; a tenth of a pool idle is what operators of large clusters put up with for big jobs. */
const DEFAULTS: ReservationTerms = { overtakes: 32, sharePercent: 25, idlePercent: 10, holdPercent: 2 };

export function reservationTermsOf({ reservations }: Configuration): ReservationTerms {
  return { ...DEFAULTS, ...reservations };
}

/** Units that do not come back with time are kept from the moment of the promise; all others from its start. */
export function isKeptAt(
  configuration: Configuration,
  { startsAt, endsAt }: StartReservation,
  { units, at }: { units: ReservedUnits; at: Instant },
): boolean {
  if (units.window !== undefined) return true;
  const pool = lookupOf(configuration).pools.get(units.pool);
  return pool?.consumable === true || (startsAt <= at && at < endsAt);
}

export function reservedKey({ pool, window }: ReservedUnits): CapacityKey {
  return capacityKey(pool, window);
}

/** Who reads a dataset alone takes all of its seats. */
export function seatsOf(
  configuration: Configuration,
  units: Pick<ReservedUnits, 'pool' | 'quantity' | 'exclusive'>,
): Units {
  if (!units.exclusive) return units.quantity;
  return Math.max(units.quantity, lookupOf(configuration).pools.get(units.pool)?.capacity ?? 0);
}
