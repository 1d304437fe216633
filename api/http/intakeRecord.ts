// A record of the intake topic, taken as POST /v1/requests takes a call: token, permission, limits, strict JSON, shape, admission, intake, audit.
// Invariant: what answers `submitted` is in the intake, and the same record once more answers the same request; what answers `refused` or
// `later` was not written. Called by api/roles/kafkaIntake.ts.

import { type Problem, type ProblemCode, ProblemError } from '../errors.ts';
import type { Principal } from '../ports.ts';
import { auditRefusal, becauseOf, principalOf, REASON_HEADER, scopeOf } from './caller.ts';
import { parseStrictJson } from './json.ts';
import type { ServerOptions } from './options.ts';
import { countRecord, refuseBeyondOpen } from './rateLimits.ts';
import { submissionContext } from './requests.ts';
import { BODY_BYTES_MAX } from './schemas/submission.ts';
import { readSubmission } from './submission.ts';
import { type Submitted, submitItems } from './submit.ts';
import { soundTraceParent } from './tracing.ts';

/** The same as those of the edge beside it. */
export type RecordPorts = Pick<
  ServerOptions,
  | 'identity'
  | 'configuration'
  | 'presence'
  | 'system'
  | 'limits'
  | 'rateLimiter'
  | 'openRequests'
  | 'intake'
  | 'audit'
  | 'digest'
>;

export interface SubmissionRecord {
  readonly topic: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly bytes: Buffer;
}

export type TakenRecord =
  | { readonly type: 'submitted'; readonly replayed: boolean }
  /** For good: the same record would be refused again, or its sender has to do something first. */
  | { readonly type: 'refused'; readonly problem: Problem }
  /** Nothing is wrong with it: it has to wait. */
  | { readonly type: 'later'; readonly afterSeconds: number };

/** What a queue exists for. `TOO_MANY_OPEN` is not among them: one agent's backlog would hold up all others of its partition. */
const WAITING: readonly ProblemCode[] = ['RATE_LIMITED', 'QUEUE_FULL'];

/** @throws what a port throws, as a database that is away: then nothing is known of the record, and it is to be taken again. */
export async function takeRecord(ports: RecordPorts, record: SubmissionRecord): Promise<TakenRecord> {
  let principal: Principal | null = null;
  try {
    principal = await callerOf(ports, record.headers);
    const submitted = await submit(ports, principal, record);
    if (submitted.ok) return { type: 'submitted', replayed: submitted.replayed };
    throw new ProblemError(submitted.problem);
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    const { problem } = error;
    if (WAITING.includes(problem.code)) {
      return { type: 'later', afterSeconds: Number(problem.headers?.['retry-after'] ?? 1) };
    }
    if (principal !== null) await auditRefusal(ports, { by: principal, problem, object: record.topic });
    return { type: 'refused', problem };
  }
}

/** Whoever may not submit is still known by name: the audit has them. */
async function callerOf(ports: RecordPorts, headers: SubmissionRecord['headers']): Promise<Principal> {
  const principal = await principalOf(ports.identity, headerOf(headers, 'authorization'));
  if (principal.agent !== null)
    ports.presence.seen(ports.configuration().cell, principal.agent, ports.system.now());
  await countRecord(ports, principal);
  return { ...principal, because: becauseOf(headerOf(headers, REASON_HEADER)) };
}

async function submit(
  ports: RecordPorts,
  principal: Principal,
  { headers, bytes }: SubmissionRecord,
): Promise<Submitted> {
  scopeOf(principal, 'submit');
  if (bytes.length > BODY_BYTES_MAX) {
    const detail = `the record has ${bytes.length} bytes, and may have ${BODY_BYTES_MAX}`;
    throw new ProblemError({ code: 'BODY_TOO_LARGE', detail });
  }
  // A record without a value is for the schema to judge, as a call without a body.
  const body = bytes.length === 0 ? null : parseStrictJson(bytes);
  const submission = readSubmission(body, submissionContext(ports, principal));
  const asked = refuseBeyondOpen(ports, principal, [submission]);
  const [submitted] = await submitItems(ports, asked, soundTraceParent(headerOf(headers, 'traceparent')));
  if (submitted === undefined) throw new Error('intake answered nothing to one item');
  return submitted;
}

/** Kafka does not fold the case of names; whoever writes them thinks of HTTP. */
export function headerOf(headers: SubmissionRecord['headers'], name: string): string | undefined {
  return Object.entries(headers).find(([written]) => written.toLowerCase() === name)?.[1];
}
