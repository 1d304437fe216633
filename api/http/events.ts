// GET /v1/events: the caller's events as they are committed (server-sent events), from now or from a place in the log; or, where JSON
// is asked for, a page of them.
// Invariant: the socket is the only buffer, and it is bounded; whoever leaves is forgotten at once.

import type { ServerResponse } from 'node:http';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { EVENT_TYPES, type EventType, REQUEST_ID, type RequestId } from '../../scheduler/index.ts';
import { type ProblemDetail, ProblemError } from '../errors.ts';
import type { EventFilter, Scope } from '../ports.ts';
import { preferredForm } from './accept.ts';
import { accessOf } from './access.ts';
import { eventPage } from './eventPages.ts';
import type { ServerOptions } from './options.ts';
import { pageQuery } from './pages.ts';
import { limitHeaders } from './rateLimits.ts';
import { PageQueryFields } from './schemas/fields.ts';
import { EventPageJson } from './schemas/reports.ts';
import { decodePlace } from './streamId.ts';
import type { StreamSink } from './streams.ts';
import { typed } from './typed.ts';

const EventsQuery = Type.Object(
  {
    after: Type.Optional(Type.String({ maxLength: 2000 })),
    /** Repeated, or separated by commas. */
    type: Type.Optional(
      Type.Unsafe<string | string[]>({
        type: ['string', 'array'],
        maxLength: 1000,
        maxItems: 20,
        items: { type: 'string', maxLength: 1000 },
      }),
    ),
    request: Type.Optional(Type.String({ maxLength: 100 })),
    /** Of a page alone: a stream has no end. */
    limit: PageQueryFields.limit,
  },
  { additionalProperties: false },
);
type EventsQuery = Type.Static<typeof EventsQuery>;

/** How long a client that was sent away may take to read its last words. */
const FAREWELL_MS = 10_000;
const HEADERS = {
  connection: 'close',
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
  // nginx buffers answers otherwise.
  'x-accel-buffering': 'no',
  'x-content-type-options': 'nosniff',
};

export function addEvents(server: FastifyInstance, options: ServerOptions): void {
  const app = typed(server);
  const { hub } = options;
  app.get(
    '/events',
    {
      config: { action: 'readEvents' },
      schema: { querystring: EventsQuery, response: { 200: EventPageJson } },
    },
    async (request, reply) => {
      const { principal, scope } = accessOf(request);
      const filter = filterOf(request.query, scope);
      const after = placeOf(request, hub.cell);
      if (
        preferredForm(request.headers.accept, ['text/event-stream', 'application/json']) !==
        'text/event-stream'
      )
        // Without a place a page begins where the log does; a stream begins now.
        return eventPage(options, filter, { limit: limitOf(request.query), after: after ?? 0 });
      if (request.query.limit !== undefined)
        throw wrong({ pointer: '/limit', code: 'unknown', message: 'a stream has no limit; ask for JSON' });
      if (!hub.hasRoom(principal.subject)) {
        const detail = 'this process, or this subject, has as many event streams open as it may';
        throw new ProblemError({ code: 'STREAMS_FULL', detail, headers: { 'retry-after': '5' } });
      }
      reply.hijack();
      const { raw } = reply;
      // The end of the connection ends a stream: without chunks an event is one write of one string, at two thirds of the cost of three.
      raw.removeHeader('transfer-encoding');
      raw.writeHead(200, { ...limitHeaders(reply), ...HEADERS, 'x-request-id': request.id });
      const { subject, expiresAt } = principal;
      const leave = hub.open({ filter, subject, expiresAt, after, sink: sinkOf(raw) });
      raw.on('close', leave);
      // A reset connection is a client that left; `close` follows.
      raw.on('error', leave);
      // One that left while its token was verified will not say so again.
      if (raw.destroyed) leave();
      return reply;
    },
  );
}

function filterOf(query: EventsQuery, scope: Scope): EventFilter {
  const types =
    query.type === undefined ? undefined : [query.type].flat().flatMap((types) => types.split(','));
  const unknown = types?.find((type) => !isEventType(type));
  if (unknown !== undefined)
    throw wrong({ pointer: '/type', code: 'choice', message: 'there is no such type', allowed: EVENT_TYPES });
  const { request } = query;
  if (request !== undefined && !REQUEST_ID.test(request)) {
    throw wrong({ pointer: '/request', code: 'format', message: 'it is no request id' });
  }
  return {
    scope,
    ...(types === undefined ? {} : { types: types.filter(isEventType) }),
    ...(request === undefined ? {} : { request: request as RequestId }),
  };
}

/** `after` is a place in the log here, and was read as one. */
function limitOf({ limit }: EventsQuery): number {
  return pageQuery(limit === undefined ? {} : { limit }).limit;
}

function isEventType(type: string): type is EventType {
  return EVENT_TYPES.some((known) => known === type);
}

/** `Last-Event-ID` comes first: a browser that connects again keeps the `after` of its first call in the address. */
function placeOf(request: FastifyRequest<{ Querystring: EventsQuery }>, cell: string): number | null {
  const header = request.headers['last-event-id'];
  const id = typeof header === 'string' && header !== '' ? header : request.query.after;
  if (id === undefined) return null;
  const sequence = decodePlace(id)?.get(cell);
  if (sequence !== undefined) return sequence;
  throw wrong({
    pointer: id === header ? 'Last-Event-ID' : '/after',
    code: 'format',
    message: 'it is no event id of this log',
  });
}

function wrong(detail: ProblemDetail): ProblemError {
  return new ProblemError({
    code: 'QUERY_INVALID',
    detail: `${detail.pointer}: ${detail.message}`,
    errors: [detail],
  });
}

function sinkOf(raw: ServerResponse): StreamSink {
  return {
    write: (text) => void raw.write(text),
    bufferedBytes: () => raw.writableLength,
    drained() {
      if (!raw.writableNeedDrain || raw.destroyed) return Promise.resolve();
      const { promise, resolve } = Promise.withResolvers<void>();
      // Both go when either comes: a long replay drains a page at a time, and would leave a listener for each.
      const settle = (): void => {
        raw.off('drain', settle).off('close', settle);
        resolve();
      };
      raw.on('drain', settle).on('close', settle);
      return promise;
    },
    end(text) {
      if (raw.destroyed) return;
      const farewell = setTimeout(() => raw.destroy(), FAREWELL_MS);
      farewell.unref();
      raw.once('close', () => clearTimeout(farewell));
      raw.end(text);
    },
  };
}
