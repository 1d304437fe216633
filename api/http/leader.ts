// Calls that only the process that leads can answer, handed to it whole by an edge that does not lead: the caller sees one server.
// Invariant: before any body is read and before the caller is known: the leader verifies both. A call that never reached it says when to try again.

import { Agent, request as call, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { ProblemError } from '../errors.ts';
import type { ServerOptions } from './options.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Answered from the leader's memory; a dry run is, whatever its route. */
    asksLeader?: boolean;
  }
}

const CONNECTIONS_MAX = 32;
/** Longer than the longest look at the memory with a solve of its own. */
const PATIENCE_MS = 30_000;
/** Of one connection alone (RFC 9110, section 7.6.1). */
const HOP_BY_HOP = ['connection', 'keep-alive', 'te', 'trailer', 'transfer-encoding', 'upgrade', 'host'];

export function addLeader(app: FastifyInstance, { leader }: ServerOptions): void {
  if (leader === undefined) return;
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS_MAX });
  app.addHook('onClose', async () => agent.destroy());
  app.addHook('onRequest', async (request, reply) => {
    if (!asksLeader(request)) return;
    const answer = await ask(request, new URL(leader.url), agent);
    // The headers of this process stand already; those of the leader are the answer's.
    return reply
      .code(answer.statusCode ?? 502)
      .headers(endToEnd(answer.headers))
      .send(answer);
  });
}

function asksLeader(request: FastifyRequest): boolean {
  if (request.routeOptions.config.asksLeader === true) return true;
  return (request.query as Record<string, unknown> | undefined)?.dryRun === 'true';
}

function ask(request: FastifyRequest, base: URL, agent: Agent): Promise<IncomingMessage> {
  const { raw } = request;
  return new Promise((resolve, reject) => {
    const fail = (): void =>
      reject(
        new ProblemError({
          code: 'NOT_LEADING',
          detail: 'the process that leads the cell could not be asked',
          headers: { 'retry-after': '1' },
        }),
      );
    const asked = call({
      agent,
      hostname: base.hostname,
      port: base.port,
      method: raw.method,
      path: raw.url,
      headers: { ...endToEnd(raw.headers), 'x-request-id': request.id },
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
