// What a process of a cell may be for. One process may have several roles, and by default has all of them. Read by config.ts and the composition.

export const ROLES = ['api', 'scheduler', 'relay', 'worker'] as const;
/**
 * `api`: HTTP and event streams, any number of processes. `scheduler`: leads the cell or stands by. `relay`: the outbox to Kafka, one at a
 * time. `worker`: side jobs.
 */
export type ProcessRole = (typeof ROLES)[number];

export function rolesOf({
  roles = ROLES,
}: {
  readonly roles?: readonly ProcessRole[];
}): ReadonlySet<ProcessRole> {
  return new Set(roles);
}
