// Before any body is read: shed load, verify the token, look the action up in the permission table.
// Invariant: a route without an action cannot be registered, and one that is not public is never reached without a principal.

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type ProblemCode, ProblemError } from '../errors.ts';
import type { AuditedAct, IdentityRefusal, Principal, Scope } from '../ports.ts';
import type { ServerOptions } from './options.ts';
import { type RouteAction, scopeFor } from './permissions.ts';
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
const BEARER = /^Bearer +([!-~]+)$/i;
/** Why the caller does it, in words for the audit. */
const REASON_HEADER = 'annona-reason';
const REASON_MAX = 500;
const CONTROL = /\p{Cc}|\p{Cs}/u;
const REALM = 'Bearer realm="annona"';

const REFUSALS: Readonly<Record<IdentityRefusal, { readonly code: ProblemCode; readonly detail: string }>> = {
  missing: { code: 'TOKEN_MISSING', detail: 'the Authorization header with a bearer token is missing' },
  malformed: {
    code: 'TOKEN_MALFORMED',
    detail: 'the token is not a signed access token with the claims it needs',
  },
  expired: { code: 'TOKEN_EXPIRED', detail: 'the token has expired or is not valid yet' },
  forged: { code: 'TOKEN_FORGED', detail: 'the token was not signed by a key of the configured issuer' },
  wrongAudience: { code: 'TOKEN_WRONG_AUDIENCE', detail: 'the token was issued for another audience' },
  unknownAgent: {
    code: 'UNKNOWN_AGENT',
    detail: 'the token names an agent or department that is not registered',
  },
};

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
    if (options.lagMs() > LAG_MS_MAX) {
      throw new ProblemError({
        code: 'OVERLOADED',
        detail: 'the event loop runs more than a second late',
        headers: { 'retry-after': '1' },
      });
    }
    const principal = await authenticate(request, options);
    if (principal.agent !== null)
      options.presence.seen(options.configuration().cell, principal.agent, options.system.now());
    await countCall(options, { request, reply, principal, action });
    request.principal = { ...principal, because: becauseOf(request) };
    const scope = scopeFor(principal, action);
    if (scope === null) {
      throw new ProblemError({
        code: 'ROLE_NOT_ALLOWED',
        detail: `role ${principal.role} may not ${action}`,
      });
    }
    request.scope = scope;
  });
  auditRefusals(app, options);
}

const AUDITED: Partial<Record<ProblemCode, AuditedAct>> = {
  ROLE_NOT_ALLOWED: 'role-refused',
  NEVER_FITS: 'never-fits',
};

/** Whom nobody knows is in the log alone: a stranger could fill the audit. */
function auditRefusals(app: FastifyInstance, { audit, configuration }: ServerOptions): void {
  app.addHook('onError', async (request, _reply, error) => {
    const act = error instanceof ProblemError ? AUDITED[error.problem.code] : undefined;
    if (act === undefined || request.principal === null) return;
    const object = `${request.method} ${request.routeOptions.url}`;
    await audit
      .write(configuration().cell, { by: request.principal, act, object })
      .catch((fault: unknown) => request.log.error(fault, 'a refusal is not in the audit'));
  });
}

/** Percent-encoded UTF-8, as headers hold ASCII alone. */
function becauseOf({ headers }: FastifyRequest): string | null {
  const header = headers[REASON_HEADER];
  if (header === undefined) return null;
  try {
    const because = decodeURIComponent(String(header)).trim();
    if (because.length <= REASON_MAX && !CONTROL.test(because)) return because === '' ? null : because;
  } catch {
    // A stray %: refused like what is too long.
  }
  throw new ProblemError({
    code: 'HEADER_INVALID',
    detail: `Annona-Reason is a sentence of at most ${REASON_MAX} characters on one line, percent-encoded in UTF-8`,
  });
}

async function authenticate(request: FastifyRequest, { identity }: ServerOptions): Promise<Principal> {
  const { authorization } = request.headers;
  if (authorization === undefined) throw refusal('missing');
  const token = BEARER.exec(authorization)?.[1];
  if (token === undefined) throw refusal('malformed');
  const verified = await identity.verify(token);
  if (!verified.ok) throw refusal(verified.refusal);
  return verified.principal;
}

/** RFC 6750: a call without a token is told the scheme only, one with a bad token also why. */
function refusal(reason: IdentityRefusal): ProblemError {
  const { code, detail } = REFUSALS[reason];
  const challenge =
    reason === 'missing' ? REALM : `${REALM}, error="invalid_token", error_description="${detail}"`;
  return new ProblemError({ code, detail, headers: { 'www-authenticate': challenge } });
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
