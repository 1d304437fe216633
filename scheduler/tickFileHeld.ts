// What a schema cannot say of the leases and earmarks of a tick file: each named once, on notice or not, and holding no more than is used.
// Invariant: a document that passes can be planned without a throw. Called by tickFileChecks.ts alone.

import type { TickFile, TickFileProblem } from './tickFile.ts';

export function checkHeld({ held = [], earmarks = [], used, configuration }: TickFile): TickFileProblem[] {
  const problems: TickFileProblem[] = [];
  const leases = new Set<string>();
  const pools = new Set<string>(configuration.pools.map(({ id }) => id));
  const units = new Map<string, number>();
  for (const [i, { lease, request }] of held.entries()) {
    const at = `/held/${i}`;
    if (leases.has(lease.id))
      problems.push({ pointer: `${at}/lease/id`, message: `${lease.id} stands here twice` });
    leases.add(lease.id);
    if (lease.request !== request.id)
      problems.push({
        pointer: `${at}/lease/request`,
        message: `is not the request ${request.id} beside it`,
      });
    if ((lease.state === 'revoking') !== (lease.revocation !== undefined))
      problems.push({
        pointer: `${at}/lease/revocation`,
        message: 'stands with the state revoking, and only with it',
      });
    for (const [a, { pool, window, quantity }] of lease.allocations.entries()) {
      const key = window === undefined ? pool : `${pool}@${window}`;
      units.set(key, (units.get(key) ?? 0) + quantity);
      if (pools.has(pool) && (units.get(key) ?? 0) > (used[key] ?? 0))
        problems.push({
          pointer: `${at}/lease/allocations/${a}/quantity`,
          message: `is more than is used of ${key}`,
        });
    }
  }
  const marked = new Set<string>();
  for (const [i, { request }] of earmarks.entries()) {
    if (marked.has(request))
      problems.push({ pointer: `/earmarks/${i}/request`, message: `${request} stands here twice` });
    marked.add(request);
  }
  return problems;
}
