// Who asks, whether they may, and why they do it: from the headers of a call or of a Kafka record alike.
// Invariant: a token that does not verify names nobody; what is refused to somebody known is in the audit. Called by access.ts and intakeRecord.ts.

import { type Problem, type ProblemCode, ProblemError } from '../errors.ts';
import type { AuditedAct, IdentityRefusal, Principal, Scope } from '../ports.ts';
import type { ServerOptions } from './options.ts';
import { type Action, scopeFor } from './permissions.ts';

const BEARER = /^Bearer +([!-~]+)$/i;
/** Why the caller does it, in words for the audit. */
export const REASON_HEADER = 'annona-reason';
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

/** @throws ProblemError where the header is absent, or its token does not verify. */
export async function principalOf(
  identity: ServerOptions['identity'],
  authorization: string | undefined,
): Promise<Principal> {
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

/** How far the action reaches for them. @throws ProblemError where their role may not do it. */
export function scopeOf(principal: Principal, action: Action): Scope {
  const scope = scopeFor(principal, action);
  if (scope !== null) return scope;
  throw new ProblemError({
    code: 'ROLE_NOT_ALLOWED',
    detail: `role ${principal.role} may not ${action}`,
  });
}

/** From `Annona-Reason`: percent-encoded UTF-8, as headers hold ASCII alone. @throws ProblemError where it is not. */
export function becauseOf(header: string | string[] | undefined): string | null {
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

const AUDITED: Partial<Record<ProblemCode, AuditedAct>> = {
  ROLE_NOT_ALLOWED: 'role-refused',
  NEVER_FITS: 'never-fits',
};

/** Whom nobody knows is in the log alone: a stranger could fill the audit. */
export async function auditRefusal(
  { audit, configuration }: Pick<ServerOptions, 'audit' | 'configuration'>,
  refused: { readonly by: Principal; readonly problem: Problem; readonly object: string },
): Promise<void> {
  const { by, problem, object } = refused;
  const act = AUDITED[problem.code];
  if (act !== undefined) await audit.write(configuration().cell, { by, act, object });
}
