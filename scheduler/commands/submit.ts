// Submit: what a request must be before it is accepted (`admit`, at the edge, against the configuration that the process holds),
// and what the fold makes of it (`openRequest`). One code for HTTP, Kafka and simulation.

import type { Change } from '../domain/change.ts';
import type { Configuration } from '../domain/configuration.ts';
import type { AgentId, DepartmentId, RequestId } from '../domain/ids.ts';
import type { IntakeRow } from '../domain/intake.ts';
import { sharing } from '../domain/interned.ts';
import { longestSeconds, lookupOf } from '../domain/lookup.ts';
import type { Instant, Units } from '../domain/quantity.ts';
import type { Reason } from '../domain/reason.ts';
import {
  type Option,
  type PendingRequest,
  type ResourceRequest,
  SLICE_SECONDS_MOST,
  type Terms,
} from '../domain/request.ts';
import type { State } from '../domain/state.ts';
import { catalogueOf } from '../formulate/catalogue.ts';
import { type Misfit, neverFits } from '../satisfiable.ts';
import { refuseBundle } from './bundle.ts';
import { gangMismatch, refuseGang } from './gang.ts';

export interface AdmissionInput {
  readonly id: RequestId;
  readonly agent: AgentId;
  readonly department: DepartmentId;
  readonly clientRequestId: string;
  readonly options: readonly Option[];
  readonly terms: Terms;
  readonly submittedAt: Instant;
}

export interface AdmissionRefusal {
  readonly code:
    | 'UNKNOWN_AGENT'
    | 'UNKNOWN_CLASS'
    | 'UNKNOWN_KIND'
    | 'OTHER_CELL'
    | 'UNKNOWN_LABEL'
    | 'NEVER_FITS'
    | 'TIME_RANGE'
    | 'CLAIM_INVALID'
    | 'GANG_INVALID';
  /** JSON pointer into the submitted body. */
  readonly pointer: string;
  readonly message: string;
  readonly allowed?: readonly string[];
  readonly largest?: { readonly quantity: Units; readonly pool: string } | null;
}

export type Admission =
  | { readonly ok: true; readonly request: ResourceRequest }
  | { readonly ok: false; readonly refusal: AdmissionRefusal };

/** Whether the request makes sense here and could ever fit. Shapes and limits of the body were checked before, by its schema. */
export function admit(configuration: Configuration, input: AdmissionInput): Admission {
  const refusal =
    refuseIdentity(configuration, input) ??
    refuseTimes(configuration, input) ??
    refuseClaims(configuration, input.options) ??
    refuseGang(configuration, input.terms.gang, input.options) ??
    refuseNeverFits(configuration, input);
  return refusal ? { ok: false, refusal } : { ok: true, request: { ...input } };
}

function refuseIdentity(configuration: Configuration, input: AdmissionInput): AdmissionRefusal | null {
  const { agents, classes } = lookupOf(configuration);
  if (agents.get(input.agent)?.department !== input.department) {
    return {
      code: 'UNKNOWN_AGENT',
      pointer: '',
      message: `agent ${input.agent} is not registered in ${input.department}`,
    };
  }
  if (!classes.has(input.terms.class)) {
    const allowed = [...classes.keys()];
    return {
      code: 'UNKNOWN_CLASS',
      pointer: '/terms/class',
      message: `no class ${input.terms.class}`,
      allowed,
    };
  }
  if (!mayAskClass(configuration, input)) {
    return {
      code: 'UNKNOWN_CLASS',
      pointer: '/terms/class',
      message: `agent ${input.agent} is not entitled to class ${input.terms.class}`,
      allowed: [...(agents.get(input.agent)?.classes ?? [])],
    };
  }
  return null;
}

/** What the agent itself is entitled to; what its department is, the policy says. */
function mayAskClass(
  configuration: Configuration,
  { agent, terms, obliged }: Pick<ResourceRequest, 'agent' | 'terms' | 'obliged'>,
): boolean {
  const asked = obliged?.class ?? terms.class;
  return lookupOf(configuration).agents.get(agent)?.classes?.includes(asked) ?? true;
}

function refuseTimes(configuration: Configuration, input: AdmissionInput): AdmissionRefusal | null {
  const { startBefore, deadline, durationSeconds, startLimitSeconds } = input.terms;
  if (startBefore !== undefined && startBefore <= input.submittedAt) {
    return { code: 'TIME_RANGE', pointer: '/terms/startBefore', message: 'startBefore has passed already' };
  }
  if (deadline !== undefined && input.submittedAt + durationSeconds * 1000 > deadline) {
    return {
      code: 'TIME_RANGE',
      pointer: '/terms/deadline',
      message: 'the duration does not fit before the deadline',
    };
  }
  if (input.terms.openEnded && durationSeconds > SLICE_SECONDS_MOST) {
    return {
      code: 'TIME_RANGE',
      pointer: '/terms/durationSeconds',
      message: `at most ${SLICE_SECONDS_MOST} seconds at a time for work without a known end`,
    };
  }
  const longest = longestSeconds(configuration);
  if (durationSeconds > longest) {
    return {
      code: 'TIME_RANGE',
      pointer: '/terms/durationSeconds',
      message: `at most ${longest} seconds in any class`,
    };
  }
  const latest = configuration.leaseTerms.startLimitSeconds;
  if (startLimitSeconds !== undefined && startLimitSeconds > latest) {
    return {
      code: 'TIME_RANGE',
      pointer: '/terms/startLimitSeconds',
      message: `at most ${latest} seconds, the organisation's own`,
    };
  }
  return null;
}

function refuseClaims(configuration: Configuration, options: readonly Option[]): AdmissionRefusal | null {
  for (const [o, option] of options.entries()) {
    for (const [c, claim] of option.claims.entries()) {
      const pointer = `/options/${o}/claims/${c}`;
      const kinds = kindsOf(configuration);
      if (!kinds.has(claim.kind)) return refuseKind(configuration, claim.kind, `${pointer}/kind`);
      if (claim.kind === 'agent' && claim.quantity !== 1) {
        return {
          code: 'CLAIM_INVALID',
          pointer: `${pointer}/quantity`,
          message: 'a claim takes one agent; claim several agents with several claims',
        };
      }
      if (claim.exclusive && claim.kind !== 'dataset') {
        return {
          code: 'CLAIM_INVALID',
          pointer: `${pointer}/exclusive`,
          message: 'only a claim of kind dataset can be exclusive',
        };
      }
      const misplaced = refuseBundle(option, c, pointer);
      if (misplaced !== null) return misplaced;
      const labels = kinds.get(claim.kind) ?? new Set();
      for (const label of Object.keys(claim.selector ?? {})) {
        if (labels.has(label)) continue;
        return {
          code: 'UNKNOWN_LABEL',
          pointer: `${pointer}/selector/${label.replaceAll('~', '~0').replaceAll('/', '~1')}`,
          message: `no ${claim.kind} pool has a label ${label}`,
          allowed: [...labels],
        };
      }
    }
  }
  return null;
}

/** Other cells are named where they have the kind: a request lies in one. */
function refuseKind(configuration: Configuration, kind: string, pointer: string): AdmissionRefusal {
  const allowed = [...kindsOf(configuration).keys()];
  const others = cellsWith(configuration, kind);
  if (others.length === 0)
    return { code: 'UNKNOWN_KIND', pointer, message: `no pool has kind ${kind}`, allowed };
  const message = `${kind} is in the cell ${others.join(' and ')}, and a request lies in one: here ${configuration.cell}`;
  return { code: 'OTHER_CELL', pointer, message, allowed };
}

function cellsWith({ cells }: Configuration, kind: string): string[] {
  return (cells?.neighbours ?? []).filter(({ kinds }) => kinds.includes(kind)).map(({ cell }) => cell);
}

const kindIndex = new WeakMap<Configuration, Map<string, Set<string>>>();

/** Kind -> labels that its pools carry. */
function kindsOf(configuration: Configuration): Map<string, Set<string>> {
  const known = kindIndex.get(configuration);
  if (known) return known;
  const kinds = new Map<string, Set<string>>();
  for (const pool of configuration.pools) {
    const labels = kinds.get(pool.kind) ?? new Set();
    for (const label of Object.keys(pool.labels)) labels.add(label);
    kinds.set(pool.kind, labels);
  }
  kindIndex.set(configuration, kinds);
  return kinds;
}

function refuseNeverFits(configuration: Configuration, input: AdmissionInput): AdmissionRefusal | null {
  const misfit = neverFits(configuration, input);
  if (misfit === null) return null;
  const { option, claim, kind, requested, largest, pool } = misfit;
  const others = pool === null ? cellsWith(configuration, kind) : [];
  const elsewhere =
    others.length === 0
      ? ''
      : `; the cell ${others.join(' and ')} has such pools too, and a request lies in one`;
  const message = `${requested} of ${kind} can never fit here; the largest fit is ${largest}${pool ? ` (${pool})` : ''}${elsewhere}`;
  return {
    code: 'NEVER_FITS',
    pointer: `/options/${option}/claims/${claim}`,
    message,
    largest: pool ? { quantity: largest, pool } : null,
  };
}

/** The fold of an accepted submit: opened, and at once denied when a newer configuration has made it impossible. */
export function openSubmitted(state: State, row: IntakeRow, submitted: ResourceRequest): Change[] {
  const request = submittedRequest(row, submitted);
  const opened: Change = { type: 'requestOpened', pending: nextPending(state, request) };
  const denied = denialOf(state.configuration, request);
  if (denied.length > 0 || request.terms.gang === undefined) return [opened, ...denied];
  const mismatch = gangMismatch(state, request);
  return mismatch === null ? [opened] : [opened, denial(request, mismatch)];
}

/** As it was received, by whom. */
export function submittedRequest(
  { receivedAt, actor }: IntakeRow,
  request: ResourceRequest,
): ResourceRequest {
  const own = { ...request, submittedAt: receivedAt };
  return actor.subject === request.agent ? own : { ...own, submittedBy: actor.subject };
}

/** The request as the next fold would open it. */
export function nextPending(state: State, request: ResourceRequest): PendingRequest {
  return {
    ...sharing(state.configuration, request),
    sequence: state.foldSequence + 1,
    verdict: null,
    waitingCodes: null,
  };
}

/** What waits and was made impossible by a configuration newer than the one it was accepted under. */
export function denyImpossible(state: State): Change[] {
  const misfit = misfitsUnder(state.configuration);
  return [...state.requests.values()].flatMap((pending) => denialFor(pending.request, misfit(pending)));
}

/** Open requests that fit now and could never fit under the other configuration: what an edit would cost those who wait. */
export function madeImpossible(state: State, next: Configuration): number {
  const then = misfitsUnder(next);
  const now = misfitsUnder(state.configuration);
  let count = 0;
  for (const pending of state.requests.values())
    if (then(pending) !== null && now(pending) === null) count += 1;
  return count;
}

/** Of many requests: found once for all that ask alike, of one department and clearance. */
function misfitsUnder(configuration: Configuration): (pending: PendingRequest) => Misfit | null {
  const catalogue = catalogueOf(configuration);
  const byShape = new Map<string, Map<string, Misfit | null>>();
  return ({ request, shapeKey }) => {
    if (!isOfItsDepartment(configuration, request)) return null;
    const { agent, department } = request;
    const known = byShape.get(shapeKey) ?? new Map<string, Misfit | null>();
    byShape.set(shapeKey, known);
    const entitled = mayAskClass(configuration, request);
    const key = `${catalogue.clearanceOf(agent, department)}/${department}/${entitled}`;
    let misfit = known.get(key);
    if (misfit === undefined) {
      misfit = misfitOf(configuration, request);
      known.set(key, misfit);
    }
    return misfit;
  };
}

/** Empty when it could fit. */
export function denialOf(configuration: Configuration, request: ResourceRequest): Change[] {
  return denialFor(request, misfitOf(configuration, request));
}

function denialFor(request: ResourceRequest, misfit: Misfit | null): Change[] {
  if (misfit === null) return [];
  const { option, claim, kind, requested, largest } = misfit;
  return [denial(request, { code: 'UNSATISFIABLE', option, claim, kind, requested, largest })];
}

function denial({ id, department, agent }: ResourceRequest, reason: Reason): Change {
  return {
    type: 'decided',
    request: id,
    department,
    agent,
    outcome: 'denied',
    reasons: [reason],
    lease: null,
  };
}

/**
 * A class that is no more has no stage of the program, and one that the agent may not ask for any more is as good as none: nothing of it can
 * be granted. An agent that is no more fits nowhere either, but
 * why is the policy's to say.
 */
function misfitOf(configuration: Configuration, request: ResourceRequest): Misfit | null {
  const { classes } = lookupOf(configuration);
  if (!isOfItsDepartment(configuration, request)) return null;
  const claim = request.options[0]?.claims[0];
  const isServed = classes.has(request.terms.class) && mayAskClass(configuration, request);
  if (claim === undefined || isServed) return neverFits(configuration, request);
  return { option: 0, claim: 0, kind: claim.kind, requested: claim.quantity, largest: 0, pool: null };
}

function isOfItsDepartment(
  configuration: Configuration,
  { agent, department }: Pick<ResourceRequest, 'agent' | 'department'>,
): boolean {
  return lookupOf(configuration).agents.get(agent)?.department === department;
}
