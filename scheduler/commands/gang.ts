// What a member of a gang must be: at the edge, against the configuration, and at the fold, against the members that are open already.
// Invariant: who knows a gang's id may join it, from any department; nothing but the count and the odd field is told of the others.

import type { Configuration } from '../domain/configuration.ts';
import type { GangField, Reason } from '../domain/reason.ts';
import {
  GANG_CLAIMS_MOST,
  GANG_SIZE_MOST,
  GANG_TIMEOUT_SECONDS_MOST,
  type GangTerms,
  type Option,
  type ResourceRequest,
} from '../domain/request.ts';
import type { State } from '../domain/state.ts';

export interface GangRefusal {
  readonly code: 'GANG_INVALID' | 'UNKNOWN_LABEL';
  readonly pointer: string;
  readonly message: string;
  readonly allowed?: readonly string[];
}

export function refuseGang(
  configuration: Configuration,
  gang: GangTerms | undefined,
  options: readonly Option[],
): GangRefusal | null {
  if (gang === undefined) return null;
  const invalid = (pointer: string, message: string): GangRefusal => ({
    code: 'GANG_INVALID',
    pointer,
    message,
  });
  if (gang.size < 2 || gang.size > GANG_SIZE_MOST)
    return invalid('/terms/gang/size', `from 2 to ${GANG_SIZE_MOST} members`);
  if ((gang.timeoutSeconds ?? 1) > GANG_TIMEOUT_SECONDS_MOST)
    return invalid('/terms/gang/timeoutSeconds', `at most ${GANG_TIMEOUT_SECONDS_MOST} seconds`);
  const long = options.findIndex(({ claims }) => claims.length > GANG_CLAIMS_MOST);
  if (long >= 0)
    return invalid(
      `/options/${long}/claims`,
      `a member of a gang has at most ${GANG_CLAIMS_MOST} claims an option`,
    );
  if (gang.colocate === undefined) return null;
  const labels = new Set(configuration.pools.flatMap((pool) => Object.keys(pool.labels)));
  if (labels.has(gang.colocate)) return null;
  const message = `no pool has a label ${gang.colocate}`;
  return { code: 'UNKNOWN_LABEL', pointer: '/terms/gang/colocate', message, allowed: [...labels] };
}

/** Why it cannot join the members that are open; null when it can, or is the first. */
export function gangMismatch(state: State, { terms }: ResourceRequest): Reason | null {
  const { gang } = terms;
  const members = gang && state.gangs.get(gang.id);
  const [first] = members ?? [];
  const other = first && state.requests.get(first)?.request.terms;
  if (gang === undefined || members === undefined || other?.gang === undefined) return null;
  const { size } = other.gang;
  const have = members.size;
  const field = oddField({ ...gang, class: terms.class }, { ...other.gang, class: other.class });
  if (field !== null) return { code: 'GANG_MISMATCH', field, have, size };
  return have >= size ? { code: 'GANG_MISMATCH', field: 'members', have, size } : null;
}

const FIELDS = ['size', 'timeoutSeconds', 'colocate', 'class'] as const satisfies readonly GangField[];

type Said = GangTerms & { readonly class: string };

function oddField(said: Said, before: Said): GangField | null {
  return FIELDS.find((field) => said[field] !== before[field]) ?? null;
}
