// What an edge that does not lead knows of leases: what the events told it, and nothing once they told more than it keeps.

import { describe, expect, it } from 'vitest';
import { HeldLeases } from '../../../api/roles/heldLeases.ts';
import type { DomainEvent, EventType, LeaseId } from '../../../scheduler/index.ts';

const lease = 'lse_1_0' as LeaseId;
const told = (type: EventType, data: object = {}): DomainEvent =>
  ({
    type,
    lease,
    department: 'research',
    agent: 'ada',
    data: { epoch: 3, ...data },
  }) as unknown as DomainEvent;

describe('the leases that events told of', () => {
  it('are known from their grant, and as active from their start', () => {
    const leases = new HeldLeases();
    expect(leases.get(lease)).toBeNull();
    leases.note([told('annona.lease.granted.v1')]);
    const granted = { id: lease, department: 'research', agent: 'ada', epoch: 3, state: 'granted' };
    expect(leases.get(lease)).toEqual(granted);
    leases.note([told('annona.lease.activated.v1'), told('annona.lease.extended.v1')]);
    expect(leases.get(lease)).toEqual({ ...granted, state: 'active' });
  });

  it.each<EventType>([
    'annona.lease.revoking.v1',
    'annona.lease.released.v1',
    'annona.lease.expired.v1',
    'annona.lease.revoked.v1',
  ])("are the database's to tell after %s", (type) => {
    const leases = new HeldLeases();
    leases.note([told('annona.lease.granted.v1'), told(type)]);
    expect(leases.get(lease)).toBeNull();
  });

  it('are not known by their start alone', () => {
    const leases = new HeldLeases();
    leases.note([told('annona.lease.activated.v1'), { ...told('annona.request.waiting.v1'), lease: null }]);
    expect(leases.get(lease)).toBeNull();
  });
});
