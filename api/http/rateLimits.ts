// How fast one caller, and one department, may call; and how many requests one agent may have open.
// Invariant: heartbeats, releases and acknowledgements are never refused here, for a lease must not die of a rate limit. Called by access.ts, batch.ts, submit routes
// and intakeRecord.ts.

import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Problem, ProblemError } from '../errors.ts';
import type { Principal, RateBucket, RateOutcome, RateStanding } from '../ports.ts';
import type { ServerOptions } from './options.ts';
import type { Action } from './permissions.ts';
import type { Submission } from './submission.ts';

export interface EdgeLimits {
  readonly agentPerSecond: number;
  readonly departmentPerSecond: number;
  readonly openPerAgent: number;
  /** How late the event loop may run before calls are refused; absent: a second. */
  readonly lagMsMax?: number;
}

/** A bucket holds what comes in over so long: agents work in bursts, and a batch of 1,000 is one of them. */
const BURST_SECONDS = 10;
/** So many items of a batch count like one call: their reading, not their number, is what they save. */
const ITEMS_PER_CALL = 10;
/**
 * A dry run counts like so many calls: it goes over everything that is open on the leader's event loop, where a submission adds a row.
 * By default an agent gets ten of them a second, all agents of a department 200.
 */
const CALLS_PER_DRY_RUN = 10;
const UNLIMITED: ReadonlySet<Action> = new Set<Action>(['heartbeat', 'release', 'acknowledge']);

/** Counts the call, and shows on its answer where its buckets stand. */
export async function countCall(
  options: ServerOptions,
  call: { request: FastifyRequest; reply: FastifyReply; principal: Principal; action: Action },
): Promise<void> {
  await takeTokens(options, call, weightOf(call));
}

/** From the query as it came: this is asked before anything is checked. */
function weightOf({ request, action }: { request: FastifyRequest; action: Action }): number {
  if (UNLIMITED.has(action)) return 0;
  return (request.query as { readonly dryRun?: unknown }).dryRun === 'true' ? CALLS_PER_DRY_RUN : 1;
}

/** A batch was counted as one call before it was read; here as what is in it. */
export async function countItems(
  options: ServerOptions,
  call: { request: FastifyRequest; reply: FastifyReply; principal: Principal },
  items: number,
): Promise<void> {
  const more = Math.ceil(items / ITEMS_PER_CALL) - 1;
  if (more > 0) await takeTokens(options, call, more);
}

/** A record of the intake topic counts like a call. */
export async function countRecord(
  { limits, rateLimiter }: Pick<ServerOptions, 'limits' | 'rateLimiter'>,
  principal: Principal,
): Promise<void> {
  refuseTooFast(await rateLimiter.take(bucketsOf(limits, principal), 1));
}

async function takeTokens(
  { limits, rateLimiter }: ServerOptions,
  { reply, principal }: { reply: FastifyReply; principal: Principal },
  tokens: number,
): Promise<void> {
  const buckets = bucketsOf(limits, principal);
  const outcome = await rateLimiter.take(buckets, tokens);
  reply.header('ratelimit-policy', buckets.map(policyItem).join(', '));
  reply.header('ratelimit', outcome.standings.map(standingItem).join(', '));
  refuseTooFast(outcome);
}

function refuseTooFast(outcome: RateOutcome): void {
  if (outcome.type === 'taken') return;
  throw new ProblemError({
    code: 'RATE_LIMITED',
    detail: `the calls of this ${outcome.bucket} come too fast; nothing was done`,
    headers: { 'retry-after': String(outcome.retryAfterSeconds) },
  });
}

function bucketsOf(limits: EdgeLimits, { agent, department, subject }: Principal): readonly RateBucket[] {
  const { agentPerSecond, departmentPerSecond } = limits;
  // People are counted like agents, each for themselves.
  const own =
    agent === null
      ? { name: 'subject', key: `subject/${subject}` }
      : { name: 'agent', key: `agent/${agent}` };
  return [
    { ...own, perSecond: agentPerSecond, burst: agentPerSecond * BURST_SECONDS },
    {
      name: 'department',
      key: `department/${department}`,
      perSecond: departmentPerSecond,
      burst: departmentPerSecond * BURST_SECONDS,
    },
  ];
}

/** What was shown on an answer so far, for one that is written past fastify: a stream. */
export function limitHeaders(reply: FastifyReply): Record<string, string> {
  const names = ['ratelimit-policy', 'ratelimit'];
  return Object.fromEntries(names.map((name) => [name, String(reply.getHeader(name))]));
}

/** Structured fields of draft-ietf-httpapi-ratelimit-headers: quota and window, then what remains and when all of it is back. */
function policyItem({ name, burst }: RateBucket): string {
  return `"${name}";q=${burst};w=${BURST_SECONDS}`;
}

function standingItem({ name, remaining, fullInSeconds }: RateStanding): string {
  return `"${name}";r=${remaining};t=${fullInSeconds}`;
}

/**
 * Refuses the submissions that would bring their agent over its bound, first come first taken. The count is the leader's, who
 * tells it to its edge a few times a second; elsewhere nobody knows it. What waits in the intake is not counted yet: the bound may be passed by
 * what comes within that time.
 */
export function refuseBeyondOpen(
  { limits, openRequests }: Pick<ServerOptions, 'limits' | 'openRequests'>,
  { agent }: Principal,
  submissions: readonly Submission[],
): readonly Submission[] {
  const open = agent === null ? null : openRequests(agent);
  if (open === null) return submissions;
  let room = limits.openPerAgent - open;
  return submissions.map((submission) => {
    if (!submission.ok) return submission;
    room -= 1;
    if (room >= 0) return submission;
    // With its key: one that was taken already is owed its first answer, also now.
    const { item, clientRequestId } = submission;
    const key = { cell: item.cell, agent: agent!, clientRequestId, digest: item.idempotency?.digest ?? '' };
    return { ok: false, problem: tooManyOpen(open, limits.openPerAgent), key };
  });
}

function tooManyOpen(open: number, most: number): Problem {
  return {
    code: 'TOO_MANY_OPEN',
    detail: `the agent has ${open} open requests, and may have ${most}`,
    headers: { 'retry-after': '1' },
  };
}
