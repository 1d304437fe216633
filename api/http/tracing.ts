// The trace of a call: taken from its `traceparent` header, or begun here where spans are kept, and handed to what the call writes.
// Invariant: a header that is not sound is as none; without a collector this costs one look at a header.

import type { FastifyInstance } from 'fastify';
import type { TracedCall, TraceParent } from '../ports.ts';
import type { ServerOptions } from './options.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** What the call belongs to; null: no trace. */
    traceParent: TraceParent | null;
    tracedCall: TracedCall | null;
  }
}

const SOUND = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

export function soundTraceParent(said: string | string[] | undefined): TraceParent | null {
  return typeof said === 'string' && SOUND.test(said) ? said : null;
}

export function addTracing(app: FastifyInstance, { tracing }: Pick<ServerOptions, 'tracing'>): void {
  app.decorateRequest('traceParent', null);
  app.decorateRequest('tracedCall', null);
  app.addHook('onRequest', async (request) => {
    const parent = soundTraceParent(request.headers.traceparent);
    const { action } = request.routeOptions.config as { readonly action?: string };
    request.traceParent = parent;
    // Probes and unknown paths would drown the rest.
    if (tracing === undefined || action === undefined || action === 'public') return;
    const { method } = request;
    const call = tracing.start({ method, route: request.routeOptions.url ?? '', parent });
    request.tracedCall = call;
    request.traceParent = call.traceParent;
  });
  app.addHook('onResponse', async (request, reply) => request.tracedCall?.end(reply.statusCode));
}
