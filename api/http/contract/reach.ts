// Which problems a route can answer: by what it is (guarded, with a body, of one object) and by what it does.
// Invariant: never fewer than it answers (the fuzz test compares); a code that nobody placed here is expected of every call that
// could meet its status, so that a new one is in the contract before it is placed.
// Called by operation.ts.

import { PROBLEMS, type ProblemCode } from '../../errors.ts';
import type { Action } from '../permissions.ts';
import { type ContractRoute, changesSomething } from './routes.ts';

/** What a route is, as far as problems follow from it. */
type Trait = 'any' | 'guarded' | 'query' | 'body' | 'object' | 'keyed' | 'written' | 'changing' | Action;

const JSON_BODY: readonly Trait[] = ['body'];
const SUBMIT: readonly Trait[] = ['submit'];

const PLACED: Readonly<Partial<Record<ProblemCode, readonly Trait[]>>> = {
  MALFORMED_JSON: JSON_BODY,
  DUPLICATE_KEY: JSON_BODY,
  FORBIDDEN_KEY: JSON_BODY,
  SECRETS_NOT_KEPT: ['editWebhooks'],
  TOO_DEEP: JSON_BODY,
  TOO_MANY_ELEMENTS: JSON_BODY,
  TEXT_INVALID: JSON_BODY,
  TEXT_TOO_LONG: JSON_BODY,
  NUMBER_INVALID: JSON_BODY,
  BODY_INVALID: JSON_BODY,
  BODY_TOO_LARGE: ['any'],
  MEDIA_TYPE: JSON_BODY,
  QUERY_INVALID: ['query'],
  HEADER_INVALID: ['keyed', 'changing'],
  URL_MALFORMED: ['any'],
  BAD_REQUEST: ['any'],
  REQUEST_TIMEOUT: ['any'],
  HEADERS_TOO_LARGE: ['any'],
  INTERNAL: ['any'],
  STOPPING: ['any'],
  TOKEN_MISSING: ['guarded'],
  TOKEN_MALFORMED: ['guarded'],
  TOKEN_EXPIRED: ['guarded'],
  TOKEN_FORGED: ['guarded'],
  TOKEN_WRONG_AUDIENCE: ['guarded'],
  UNKNOWN_AGENT: ['guarded'],
  ROLE_NOT_ALLOWED: ['guarded'],
  OVERLOADED: ['guarded'],
  STORE_UNAVAILABLE: ['guarded'],
  QUERY_TOO_WIDE: ['readUsage'],
  NOT_FOUND: ['object', 'readAudit'],
  ROUTE_NOT_FOUND: ['object'],
  CALL_RUNNING: ['keyed'],
  CALL_KEY_REUSED: ['keyed'],
  QUEUE_FULL: ['written'],
  STREAMS_FULL: ['readEvents'],
  STALE_EPOCH: ['heartbeat', 'extend', 'release', 'acknowledge'],
  LEASE_ENDED: ['heartbeat', 'extend', 'release', 'acknowledge'],
  NOT_REVOKING: ['acknowledge'],
  REQUEST_ENDED: ['cancel', 'submit', 'readRequests'],
  TIME_RANGE: ['submit', 'extend'],
  BUNDLE_REFUSED: ['editPolicies'],
  BUNDLE_CONFLICT: ['editPolicies'],
  NOTHING_BEFORE: ['editPolicies'],
  UNKNOWN_CLASS: SUBMIT,
  UNKNOWN_KIND: SUBMIT,
  OTHER_CELL: SUBMIT,
  UNKNOWN_LABEL: SUBMIT,
  CLAIM_INVALID: SUBMIT,
  NEVER_FITS: SUBMIT,
  KEY_REUSED: SUBMIT,
  DUPLICATE_IN_BATCH: SUBMIT,
};

/** A status that only a change can meet: conflicts, preconditions, and what makes no sense here. */
const OF_CHANGES = new Set([409, 412, 422, 428]);

function traitsOf(route: ContractRoute): Set<Trait> {
  const traits = new Set<Trait>(['any']);
  if (route.action !== 'public') traits.add('guarded').add(route.action);
  if (route.query !== null) traits.add('query');
  // Fastify parses the body of every call that changes something, also where the route wants none.
  if (changesSomething(route)) traits.add('body').add('changing');
  if (changesSomething(route) && route.action !== 'public') traits.add('written');
  if (route.url.includes('/:')) traits.add('object');
  if (route.keyed) traits.add('keyed');
  return traits;
}

function placeOf(code: ProblemCode): readonly Trait[] {
  const placed = PLACED[code];
  if (placed !== undefined) return placed;
  return OF_CHANGES.has(PROBLEMS[code].status) ? ['changing'] : ['guarded'];
}

export interface ProblemAnswer {
  readonly status: number;
  readonly codes: readonly ProblemCode[];
  /** What makes the route meet these, as a name for the answer that routes of the same kind have in common. */
  readonly traits: readonly string[];
}

/** By status, ascending; codes in the order of the catalogue. */
export function problemAnswers(route: ContractRoute): ProblemAnswer[] {
  const traits = traitsOf(route);
  const byStatus = new Map<number, { codes: ProblemCode[]; traits: Set<string> }>();
  for (const code of Object.keys(PROBLEMS) as ProblemCode[]) {
    const met = placeOf(code).filter((trait) => traits.has(trait));
    if (met.length === 0) continue;
    const { status } = PROBLEMS[code];
    const answer = byStatus.get(status) ?? { codes: [], traits: new Set() };
    answer.codes.push(code);
    for (const trait of met) answer.traits.add(trait);
    byStatus.set(status, answer);
  }
  return [...byStatus]
    .map(([status, answer]) => ({ status, codes: answer.codes, traits: [...answer.traits].sort() }))
    .sort((a, b) => a.status - b.status);
}
