// Before any body is read: shed load, verify the token, look the action up in the permission table.
// Invariant: a route without an action cannot be registered, and one that is not public is never reached without a principal.

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { ProblemError } from '../errors.ts';
import type { Principal, Scope } from '../ports.ts';
import { auditRefusal, becauseOf, principalOf, REASON_HEADER, scopeOf } from './caller.ts';
import type { ServerOptions } from './options.ts';
import type { RouteAction } from './permissions.ts';
import { countCall } from './rateLimits.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    action?: RouteAction;
  }
  interface FastifyRequest {
    principal: Principal | null;
    scope: Scope | null;
  }
}

/** At 1 s every call is late beyond what clients wait for; before that, answering is kinder than refusing. */
const LAG_MS_MAX = 1000;
export function addAccess(app: FastifyInstance, options: ServerOptions): void {
  app.decorateRequest('principal', null);
  app.decorateRequest('scope', null);
  app.addHook('onRoute', (route) => {
    if (route.config?.action === undefined)
      throw new Error(`${route.method} ${route.url} declares no action`);
  });
  app.addHook('onRequest', async (request, reply) => {
    const action = request.routeOptions.config.action;
    // No route, or one for probes and scrapers, which must see a busy process as it is.
    if (action === undefined || action === 'public') return;
    if (options.lagMs() > (options.limits.lagMsMax ?? LAG_MS_MAX)) {
      throw new ProblemError({
        code: 'OVERLOADED',
        detail: 'the event loop runs more than a second late',
        headers: { 'retry-after': '1' },
      });
    }
    const principal = await principalOf(options.identity, request.headers.authorization);
    if (principal.agent !== null)
      options.presence.seen(options.configuration().cell, principal.agent, options.system.now());
    await countCall(options, { request, reply, principal, action });
    request.principal = { ...principal, because: becauseOf(request.headers[REASON_HEADER]) };
    request.scope = scopeOf(principal, action);
  });
  auditRefusals(app, options);
}

function auditRefusals(app: FastifyInstance, options: ServerOptions): void {
  app.addHook('onError', async (request, _reply, error) => {
    if (!(error instanceof ProblemError) || request.principal === null) return;
    const object = `${request.method} ${request.routeOptions.url}`;
    await auditRefusal(options, { by: request.principal, problem: error.problem, object }).catch(
      (fault: unknown) => request.log.error(fault, 'a refusal is not in the audit'),
    );
  });
}

/** Of a route that is not public: a missing one is a fault of the wiring, not of the caller. */
export function accessOf(request: FastifyRequest): { readonly principal: Principal; readonly scope: Scope } {
  const { principal, scope } = request;
  if (principal === null || scope === null)
    throw new Error(`${request.routeOptions.url} was reached without a principal`);
  return { principal, scope };
}

export function notFound(what: string): ProblemError {
  return new ProblemError({ code: 'NOT_FOUND', detail: `there is no such ${what}` });
}

/** Answers accepted work, with the place to look for it. */
export function accept(reply: FastifyReply, location: string): FastifyReply {
  return reply.code(202).header('location', location);
}

/** Whether a reader of this scope may see what belongs to the owner: the same rule as the database's row-level security. */
export function reaches(
  scope: Scope,
  owner: { readonly department: string; readonly agent: string },
): boolean {
  switch (scope.type) {
    case 'agent':
      return scope.department === owner.department && scope.agent === owner.agent;
    case 'department':
      return scope.department === owner.department;
    case 'all':
      return true;
    default: {
      const never: never = scope;
      throw new Error(`unknown scope ${JSON.stringify(never)}`);
    }
  }
}
