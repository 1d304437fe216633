// Probes and metrics, without a token: is the process alive, may it get calls, how is it doing; and the error catalogue.
// Invariant: /livez touches nothing but the event loop, so that a slow database never restarts a healthy process.

import type { FastifyInstance } from 'fastify';
import { AggregatorRegistry, type Registry } from 'prom-client';
import { renderProblems } from '../errors.ts';
import type { ServerOptions } from './options.ts';
import { HealthView } from './schemas/views.ts';

const CONFIG = { action: 'public' } as const;

export function addHealth(app: FastifyInstance, { readiness, metrics, leader }: ServerOptions): void {
  app.get('/livez', { config: CONFIG, schema: { response: { 200: HealthView } } }, () => ({
    status: 'ok',
    failing: [],
    degraded: [],
  }));

  app.get(
    '/readyz',
    {
      config: { ...CONFIG, asksLeader: leader?.readiness === 'leader' },
      schema: { response: { 200: HealthView, 503: HealthView } },
    },
    async (_request, reply) => {
      const failing = await readiness.failing();
      const status = failing.length === 0 ? 'ok' : 'failing';
      return reply
        .code(failing.length === 0 ? 200 : 503)
        .send({ status, failing, degraded: readiness.degraded() });
    },
  );

  app.get('/metrics', { config: CONFIG }, async (_request, reply) => {
    const told = leader?.metrics === undefined ? metrics : await together(metrics, await leader.metrics());
    return reply.header('content-type', told.contentType).send(await told.metrics());
  });

  const problems = renderProblems();
  app.get('/problems', { config: CONFIG }, (_request, reply) =>
    reply.header('content-type', 'text/markdown; charset=utf-8').send(problems),
  );
}

/** What two processes count of the same is one figure, their sum. */
async function together(own: Registry, others: Awaited<ReturnType<Registry['getMetricsAsJSON']>>) {
  return AggregatorRegistry.aggregate([await own.getMetricsAsJSON(), others]);
}
