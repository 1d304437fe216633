// Calls that only the process that leads can answer, handed to it whole by an edge that does not lead: the caller sees one server.
// Invariant: before any body is read and before the caller is known: the leader verifies both. A call that never reached it says when to try again.

import { Agent, request as call, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { ProblemError } from '../errors.ts';
import type { Announced } from '../ports.ts';
import type { ServerOptions } from './options.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /**
     * Answered from the leader's memory; a dry run is, whatever its route. `whenLed`: while nobody leads, from the database, with less. Only for
     * routes without a body: what was sent to a leader that does not answer is gone.
     */
    asksLeader?: boolean | 'whenLed';
  }
}

const CONNECTIONS_MAX = 32;
/** Longer than the longest look at the memory with a solve of its own. */
const PATIENCE_MS = 30_000;
/** Of one connection alone (RFC 9110, section 7.6.1). */
const HOP_BY_HOP = ['connection', 'keep-alive', 'te', 'trailer', 'transfer-encoding', 'upgrade', 'host'];

/** Shown by an edge that hands a call on. */
export const SECRET_HEADER = 'x-annona-leader';
/** How often a call was handed on. */
const HOPS_HEADER = 'x-annona-hops';
/** From an outer edge to its own process, and from there to the one that leads: more is a circle, of who lost its leadership just now. */
const HOPS_MOST = 2;
/** Of an inner edge alone, and no part of the contract: agents near their bound of open requests. */
export const CROWDED_PATH = '/leader/crowded';

export function addLeader(app: FastifyInstance, { leader }: ServerOptions): void {
  if (leader === undefined) return;
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS_MAX });
  app.addHook('onClose', async () => agent.destroy());
  app.addHook('onRequest', async (request, reply) => {
    const how = asksLeader(request);
    if (how === false || leader.leadsHere?.() === true) return;
    const answer = await askLeader(request, leader, agent).catch((error: unknown) => {
      if (how === 'whenLed' && error instanceof ProblemError) return null;
      throw error;
    });
    if (answer === null) return;
    // The headers of this process stand already; those of the leader are the answer's.
    return reply
      .code(answer.statusCode ?? 502)
      .headers(endToEnd(answer.headers))
      .send(answer);
  });
}

/** @throws ProblemError when nobody leads, or who does cannot be asked. */
async function askLeader(
  request: FastifyRequest,
  leader: NonNullable<ServerOptions['leader']>,
  agent: Agent,
): Promise<IncomingMessage> {
  if (hopsOf(request) >= HOPS_MOST) throw notLeading('the process that was said to lead does not');
  const address = await leader.address();
  if (address === null) throw notLeading('no process leads the cell at this moment');
  return ask(request, address, agent).catch((error: unknown) => {
    leader.forget();
    throw error;
  });
}

/** An inner edge answers other processes of its cell alone; probes and scrapers need no secret. */
export function addInner(app: FastifyInstance, { inner }: ServerOptions): void {
  if (inner === undefined) return;
  app.addHook('onRequest', async (request) => {
    const { action } = request.routeOptions.config;
    const open = action === undefined || (action === 'public' && request.routeOptions.url !== CROWDED_PATH);
    const shown = request.headers[SECRET_HEADER];
    if (!open && (typeof shown !== 'string' || !inner.lets(shown)))
      throw notLeading('this address is for the other processes of the cell');
  });
  app.get(CROWDED_PATH, { config: { action: 'public' } }, async () => inner.crowded());
}

function notLeading(detail: string): ProblemError {
  return new ProblemError({ code: 'NOT_LEADING', detail, headers: { 'retry-after': '1' } });
}

function asksLeader(request: FastifyRequest): boolean | 'whenLed' {
  const { asksLeader: how = false } = request.routeOptions.config;
  return (request.query as Record<string, unknown> | undefined)?.dryRun === 'true' ? true : how;
}

function hopsOf({ headers }: FastifyRequest): number {
  const told = headers[HOPS_HEADER];
  return typeof told === 'string' && /^[0-9]$/.test(told) ? Number(told) : 0;
}

function ask(request: FastifyRequest, { url, secret }: Announced, agent: Agent): Promise<IncomingMessage> {
  const { raw } = request;
  const base = new URL(url);
  return new Promise((resolve, reject) => {
    const fail = (): void => reject(notLeading('the process that leads the cell could not be asked'));
    const asked = call({
      agent,
      hostname: base.hostname,
      port: base.port,
      method: raw.method,
      path: raw.url,
      headers: {
        ...endToEnd(raw.headers),
        'x-request-id': request.id,
        [SECRET_HEADER]: secret,
        [HOPS_HEADER]: String(hopsOf(request) + 1),
      },
      timeout: PATIENCE_MS,
    });
    asked.on('response', resolve);
    asked.on('timeout', () => asked.destroy(new Error('no answer in time')));
    asked.on('error', fail);
    // A caller that hangs up wants no answer.
    raw.on('aborted', () => asked.destroy());
    raw.pipe(asked);
  });
}

function endToEnd(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !HOP_BY_HOP.includes(name)));
}
