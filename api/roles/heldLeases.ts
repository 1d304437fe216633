// The leases that events told of since this process began, so that an act on one is checked without a query where the leader's memory is not.
// Invariant: holds a lease only while nothing else was told of it than its grant and its start; any other is the database's to tell.

import type { DomainEvent, LeaseId } from '../../scheduler/index.ts';
import type { HeldLease } from '../http/options.ts';

/** A lease without an end may stay for ever: beyond this the oldest are forgotten, and the database is asked. */
const LEASES_MAX = 100_000;

export class HeldLeases {
  readonly #leases = new Map<LeaseId, HeldLease>();

  get(lease: LeaseId): HeldLease | null {
    return this.#leases.get(lease) ?? null;
  }

  note(events: readonly DomainEvent[]): void {
    for (const event of events) if (event.lease !== null) this.#note(event, event.lease);
  }

  #note({ type, department, agent, data }: DomainEvent, id: LeaseId): void {
    switch (type) {
      case 'annona.lease.granted.v1': {
        const { epoch } = data as { epoch: number };
        this.#leases.set(id, { id, department, agent, epoch, state: 'granted' });
        if (this.#leases.size > LEASES_MAX) this.#leases.delete(this.#leases.keys().next().value!);
        break;
      }
      case 'annona.lease.activated.v1': {
        const held = this.#leases.get(id);
        if (held !== undefined) this.#leases.set(id, { ...held, state: 'active' });
        break;
      }
      case 'annona.lease.revoking.v1':
      case 'annona.lease.released.v1':
      case 'annona.lease.expired.v1':
      case 'annona.lease.revoked.v1':
        this.#leases.delete(id);
        break;
      default:
    }
  }
}
