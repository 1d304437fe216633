// Requests and gangs that hold a reservation: they are looked at in a room of their own, and their columns replace what is kept for them.
// Invariant: coefficient = max(0, taken - kept for it) in every row, so that rows stay packing and nobody else gains by it. Called by index.ts.

import type { RequestId } from '../domain/ids.ts';
import type { Units } from '../domain/quantity.ts';
import { isKeptAt, type StartReservation, seatsOf } from '../domain/reservation.ts';
import type { Use } from '../preemption/standing.ts';
import type { Snapshot } from '../snapshot.ts';
import { isRenewable } from './catalogue.ts';
import { choicesOfReservation } from './checkpoints.ts';
import { demandOf, quotaRows } from './quota.ts';
import { Room } from './room.ts';
import type { Row, RowBook, RowEntry } from './rows.ts';
import type { PlannedSeats } from './seatPlanner.ts';
import { type TemplateSettings, Templates } from './templates.ts';

export interface Reserver {
  readonly room: Room;
  readonly templates: Templates;
  /** What is kept for it, row by row. */
  readonly kept: ReadonlyMap<Row, Units>;
}

export class Reservers {
  readonly #snapshot: Snapshot;
  readonly #settings: TemplateSettings;
  readonly #shared: Templates;
  readonly #use: Use;
  readonly #seats: PlannedSeats | null;
  readonly #reservations: ReadonlyMap<RequestId, StartReservation>;
  readonly #known = new Map<RequestId, Reserver>();

  /** `use` and `seats` as the tick's own room has them. */
  constructor(
    snapshot: Snapshot,
    tick: {
      readonly settings: TemplateSettings;
      readonly shared: Templates;
      readonly use: Use;
      readonly seats: PlannedSeats | null;
    },
  ) {
    this.#snapshot = snapshot;
    this.#settings = tick.settings;
    this.#shared = tick.shared;
    this.#use = tick.use;
    this.#seats = tick.seats;
    this.#reservations = new Map(snapshot.reservations.map((one) => [one.request, one]));
  }

  /** Of a request, or of all members of a gang together; null when none of them holds a reservation. */
  of(requests: readonly RequestId[]): Reserver | null {
    if (this.#reservations.size === 0) return null;
    if (!requests.some((id) => this.#reservations.has(id))) return null;
    const held = requests.flatMap((id) => this.#reservations.get(id) ?? []);
    const [first] = held;
    if (first === undefined) return null;
    let known = this.#known.get(first.request);
    if (known === undefined) {
      const room = new Room(this.#snapshot, {
        use: this.#use,
        holders: new Set(requests),
        beside: this.#settings.rows,
      });
      if (this.#seats !== null) room.seat(this.#seats.plan);
      const templates = new Templates({ ...this.#settings, room });
      known = { room, templates, kept: this.#keptFor(held) };
      this.#known.set(first.request, known);
    }
    return known;
  }

  #keptFor(held: readonly StartReservation[]): Map<Row, Units> {
    const kept = new Map<Row, Units>();
    const add = ({ row, coefficient }: RowEntry): void =>
      void kept.set(row, (kept.get(row) ?? 0) + coefficient);
    for (const reservation of held) {
      for (const entry of this.#keptNow(reservation)) add(entry);
      for (const entry of this.#keptLater(reservation)) add(entry);
    }
    return kept;
  }

  #keptNow(reservation: StartReservation): RowEntry[] {
    const { configuration, now } = this.#snapshot;
    const { book, rows } = this.#settings;
    const { department, units } = reservation;
    const choices = choicesOfReservation(rows.catalogue, reservation) ?? [];
    return choices.flatMap(({ place, window }, i): RowEntry[] => {
      const one = units[i]!;
      if (!isKeptAt(configuration, reservation, { units: one, at: now })) return [];
      const entries = [
        { row: this.#shared.unitRow(place, window), coefficient: seatsOf(configuration, one) },
      ];
      if (!isRenewable(place.pools[0])) return entries;
      const shares = quotaRows(book, rows.quotas, { department, kind: place.kind });
      return [...entries, ...shares.map((row) => ({ row, coefficient: one.quantity }))];
    });
  }

  #keptLater(reservation: StartReservation): RowEntry[] {
    const { book, rows } = this.#settings;
    const { department, startsAt: from, endsAt } = reservation;
    const choices = choicesOfReservation(rows.catalogue, reservation) ?? [];
    return [
      ...rows.checkpoints.placeEntries(book, choices, { from, endsAt }),
      ...rows.checkpoints.quotaEntries(book, department, { demand: demandOf(choices), from, endsAt }),
    ];
  }
}

/** A column's entries, less what is kept for it. Entries of one row count together. */
export function addBeyond(
  book: RowBook,
  column: number,
  { entries, kept }: { entries: Iterable<RowEntry>; kept: ReadonlyMap<Row, Units> },
): void {
  const taken = new Map<Row, Units>();
  for (const { row, coefficient } of entries) taken.set(row, (taken.get(row) ?? 0) + coefficient);
  for (const [row, units] of taken) {
    const beyond = units - (kept.get(row) ?? 0);
    if (beyond > 0) book.add(row, column, beyond);
  }
}
