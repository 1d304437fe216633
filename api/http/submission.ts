// From a submitted body to an intake item: shape, meaning, digest. One code for HTTP and for the Kafka intake.
// Invariant: equal bodies have equal digests whatever the order of their keys; nothing is written here.

import canonicalize from 'canonicalize';
import {
  type AdmissionRefusal,
  type AgentId,
  admit,
  type Claim,
  type Configuration,
  type DepartmentId,
  type Digest,
  type Instant,
  type Option,
  type RequestId,
  type Terms,
} from '../../scheduler/index.ts';
import type { Problem, ProblemCode, ProblemDetail } from '../errors.ts';
import type { IntakeItem } from '../ports.ts';
import { SubmissionBody } from './schemas/submission.ts';
import { parseInstant } from './time.ts';
import { compileCheck, summarise } from './validate.ts';

const check = compileCheck(SubmissionBody);

export interface Submitter {
  readonly subject: string;
  readonly department: DepartmentId;
  readonly agent: AgentId;
}

export interface SubmissionContext {
  readonly submitter: Submitter;
  readonly configuration: Configuration;
  readonly digest: Digest;
  /** Given to the request if it is accepted as new. */
  readonly id: RequestId;
  readonly now: Instant;
}

/** By what a submission is known again, though it cannot be admitted now. */
export interface SubmissionKey {
  readonly cell: string;
  readonly agent: AgentId;
  readonly clientRequestId: string;
  readonly digest: string;
}

export type Submission =
  | { readonly ok: true; readonly item: IntakeItem; readonly clientRequestId: string }
  /** `key` where admission alone refused: what was admissible once may have been acknowledged then, and is owed the same answer. */
  | { readonly ok: false; readonly problem: Problem; readonly key?: SubmissionKey };

/** The whole way, for a body of which nothing is known yet: an item of a batch, a Kafka record. */
export function readSubmission(body: unknown, context: SubmissionContext): Submission {
  const checked = check(body);
  if (checked.ok) return toIntake(checked.value, context);
  const { errors } = checked;
  return { ok: false, problem: { code: 'BODY_INVALID', detail: summarise(errors), errors } };
}

/** From a body whose shape was checked. */
export function toIntake(body: SubmissionBody, context: SubmissionContext): Submission {
  const { submitter, configuration, id, now } = context;
  const { subject, department, agent } = submitter;
  const { clientRequestId } = body;
  const admission = admit(configuration, {
    agent,
    department,
    id,
    clientRequestId,
    options: body.options.map(toOption),
    terms: toTerms(body.terms),
    submittedAt: now,
  });
  const { cell } = configuration;
  const key = { cell, agent, clientRequestId, digest: bodyDigest(body, context.digest) };
  if (!admission.ok) return { ok: false, problem: problemOf(admission.refusal), key };
  const item: IntakeItem = {
    cell,
    actor: { subject, department, agent },
    command: { type: 'submit', request: admission.request },
    idempotency: { key: clientRequestId, digest: key.digest },
  };
  return { ok: true, item, clientRequestId };
}

/** SHA-256 over canonical JSON (RFC 8785). */
export function bodyDigest(body: unknown, digest: Digest): string {
  return digest([canonicalize(body) ?? '']);
}

/** Absent fields stay absent: a selector that is `undefined` would be another shape than none. */
function toOption(option: SubmissionBody['options'][number]): Option {
  return {
    claims: option.claims.map(({ window, ...claim }): Claim => {
      if (window === undefined) return claim;
      return { ...claim, window: { ...instantField('from', window.from), ...instantField('to', window.to) } };
    }),
  };
}

function toTerms(terms: SubmissionBody['terms']): Terms {
  return {
    class: terms.class,
    durationSeconds: terms.durationSeconds,
    preemptible: terms.preemptible ?? true,
    ...(terms.requeue === false && { requeue: false as const }),
    classification: terms.classification ?? 'internal',
    purpose: terms.purpose ?? '',
    summary: terms.summary ?? '',
    ...instantField('startBefore', terms.startBefore),
    ...instantField('deadline', terms.deadline),
    ...(terms.startLimitSeconds !== undefined && { startLimitSeconds: terms.startLimitSeconds }),
    ...(terms.openEnded !== undefined && { openEnded: terms.openEnded }),
    ...(terms.gang !== undefined && { gang: terms.gang }),
  };
}

function instantField<Name extends string>(
  name: Name,
  text: string | undefined,
): { [key in Name]?: Instant } {
  if (text === undefined) return {};
  const instant = parseInstant(text);
  if (instant === null) throw new Error(`${name} passed its schema and is no instant: ${text}`);
  return { [name]: instant } as { [key in Name]?: Instant };
}

const DETAIL_CODES = {
  UNKNOWN_AGENT: 'unknown',
  UNKNOWN_CLASS: 'choice',
  UNKNOWN_KIND: 'choice',
  OTHER_CELL: 'choice',
  UNKNOWN_LABEL: 'choice',
  CLAIM_INVALID: 'conflict',
  GANG_INVALID: 'range',
  TIME_RANGE: 'range',
  NEVER_FITS: 'range',
} as const satisfies Record<AdmissionRefusal['code'], ProblemDetail['code']> &
  Partial<Record<ProblemCode, string>>;

function problemOf(refusal: AdmissionRefusal): Problem {
  const { code, pointer, message, allowed, largest } = refusal;
  const detail: ProblemDetail = {
    pointer,
    code: DETAIL_CODES[code],
    message,
    ...(allowed === undefined ? {} : { allowed }),
    ...(largest ? { largest } : {}),
  };
  return { code, detail: `${pointer || 'the body'}: ${message}`, errors: [detail] };
}
