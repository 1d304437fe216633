// promtool's own view of what a scrape shows: names, units and help as Prometheus wants them. From the registries as a server makes them.

import { spawnSync } from 'node:child_process';
import { Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { createMetrics } from '../../../adapters/telemetry/metrics.ts';
import { watchRedis } from '../../../adapters/telemetry/redis.ts';
import { anEdge } from '../../api/http/support.ts';
import { absenceOf, requireProgram } from '../../support/services.ts';

const absence = absenceOf('promtool');

function check(page: string): { readonly status: number | null; readonly said: string } {
  const { path, env } = requireProgram('promtool');
  const { status, stdout, stderr } = spawnSync(path, ['check', 'metrics'], {
    input: page,
    env,
    encoding: 'utf8',
  });
  return { status, said: `${stdout}${stderr}` };
}

it.skipIf(absence !== null)(
  `metrics are as Prometheus wants them${absence === null ? '' : ` (${absence})`}`,
  async () => {
    const metrics = createMetrics({ bandOf: () => null, version: '0' });
    const connection = { isUp: () => true, losses: () => 2 };
    watchRedis(metrics.registry, { connection, rateLimiter: { localCalls: () => 3 } });
    const edge = await anEdge({ server: { metrics: new Registry() } });
    await edge.call({ method: 'GET', url: '/v1/pools' });
    const calls = await edge.call({ method: 'GET', url: '/metrics', as: null });
    const page = `${await metrics.registry.metrics()}\n${calls.body}\n`;
    expect(page).toContain('scheduler_redis_losses_total 2');
    expect(check(page)).toEqual({ status: 0, said: '' });
    // And it can tell: a counter without its suffix.
    const wrong = check('# HELP calls Calls.\n# TYPE calls counter\ncalls 1\n');
    expect(wrong.status).not.toBe(0);
    expect(wrong.said).toContain('_total');
  },
);
