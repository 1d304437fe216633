// The optional `Idempotency-Key` of a whole call: one key, one call, one answer for 24 hours.
// Invariant: only answers of success are kept; a refused or failed call leaves its key free for the corrected one.
// A route that changes something adds `callKeyHooks` to its own hooks.

import canonicalize from 'canonicalize';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ProblemError } from '../errors.ts';
import { accessOf } from './access.ts';
import type { ServerOptions } from './options.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** The key that this call holds while it runs. */
    callKey: { readonly scope: string; readonly key: string } | null;
  }
}

const KEY = /^[!-~]{1,200}$/;
/** The headers that are part of an answer; the others belong to the call. */
const KEPT_HEADERS = ['location', 'content-type'];

export function callKeyHooks({ calls, digest }: ServerOptions) {
  return {
    preHandler: async (request: FastifyRequest, reply: FastifyReply) => {
      const key = request.headers['idempotency-key'];
      if (key === undefined) return;
      if (typeof key !== 'string' || !KEY.test(key)) {
        throw new ProblemError({
          code: 'HEADER_INVALID',
          detail: 'Idempotency-Key must be 1 to 200 visible ASCII characters',
        });
      }
      const { principal } = accessOf(request);
      const scope = `${principal.department}/${principal.subject} ${request.method} ${request.routeOptions.url}`;
      // The address is part of the call: the same body to another lease is another call.
      const begun = await calls.begin(
        scope,
        key,
        digest([request.url, '\n', canonicalize(request.body) ?? '']),
      );
      switch (begun.type) {
        case 'fresh':
          request.callKey = { scope, key };
          return;
        case 'running':
          throw new ProblemError({
            code: 'CALL_RUNNING',
            detail: 'the first call with this Idempotency-Key has no answer yet',
            headers: { 'retry-after': '1' },
          });
        case 'mismatch':
          throw new ProblemError({
            code: 'CALL_KEY_REUSED',
            detail: 'this Idempotency-Key belongs to another call',
          });
        case 'replay':
          return reply
            .code(begun.status)
            .headers(begun.headers)
            .header('idempotent-replayed', 'true')
            .send(begun.body);
        default: {
          const never: never = begun;
          throw new Error(`unknown beginning ${JSON.stringify(never)}`);
        }
      }
    },
    onSend: async (request: FastifyRequest, reply: FastifyReply, payload: unknown) => {
      const held = request.callKey;
      if (held === null) return payload;
      request.callKey = null;
      try {
        if (reply.statusCode >= 300 || typeof payload !== 'string') await calls.abandon(held.scope, held.key);
        else
          await calls.finish(held.scope, held.key, {
            status: reply.statusCode,
            body: payload,
            headers: keptHeaders(reply),
          });
      } catch (error) {
        // The work is done and must be answered. The key stays taken until it runs out: a repeat gets 409, never a second effect.
        request.log.error({ error }, 'the answer of a call with an Idempotency-Key could not be kept');
      }
      return payload;
    },
  };
}

function keptHeaders(reply: FastifyReply): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const name of KEPT_HEADERS) {
    const value = reply.getHeader(name);
    if (value !== undefined) kept[name] = String(value);
  }
  return kept;
}
