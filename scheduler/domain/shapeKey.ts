// What tells requests apart for the search for candidates: those with equal keys may take the same places for the same time.

import { CLASSIFICATIONS } from './configuration.ts';
import type { ResourceRequest } from './request.ts';

/** Everything that candidates depend on. Department and accounts stand apart: they touch quota and account rows only. */
export function shapeKeyOf(request: ResourceRequest): string {
  const { class: priority, durationSeconds, classification, openEnded, ttlSeconds } = request.terms;
  return JSON.stringify([
    request.options,
    priority,
    durationSeconds,
    CLASSIFICATIONS.indexOf(classification),
    // How long the units count as held: a slice that is renewed stands in the way of what is promised for later.
    ...(openEnded ? ['open'] : []),
    // Which windows end in time.
    ...(ttlSeconds === undefined ? [] : [ttlSeconds]),
  ]);
}
