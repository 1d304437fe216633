// What the edge counts about itself: calls by route and status, how long they took, open event streams.
// Invariant: labels come from the routes and the status codes, both closed; never an id, never a path that was sent.

import type { FastifyInstance } from 'fastify';
import { Counter, Gauge, Histogram } from 'prom-client';
import type { ServerOptions } from './options.ts';

/** Around the two promises: 100 ms for 99 of 100, never over a second. */
const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 30];

export function addMetrics(app: FastifyInstance, { metrics, hub }: ServerOptions): void {
  const registers = [metrics];
  const calls = new Counter({
    name: 'http_requests_total',
    help: 'Calls by route and status.',
    labelNames: ['route', 'status'],
    registers,
  });
  const seconds = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'From the first byte of a call to the last of its answer, by route.',
    labelNames: ['route'],
    buckets: SECONDS,
    registers,
  });
  new Gauge({
    name: 'http_event_streams',
    help: 'Open event streams.',
    registers,
    collect() {
      this.set(hub.streamCount());
    },
  });
  app.addHook('onResponse', async (request, reply) => {
    const { url } = request.routeOptions;
    const route = url === undefined ? 'none' : `${request.method} ${url}`;
    calls.inc({ route, status: reply.statusCode });
    // A stream lasts as long as its client: no duration of a call.
    if (url !== '/v1/events') seconds.observe({ route }, reply.elapsedTime / 1000);
  });
}
