// The usual figures of a Node process, as Prometheus wants them: prom-client names three gauges as if they were counters, and their
// figures are the sums of others. Called by metrics.ts and the edge's process.

import { collectDefaultMetrics, type Registry } from 'prom-client';

const MISNAMED = [
  'nodejs_active_handles_total',
  'nodejs_active_requests_total',
  'nodejs_active_resources_total',
];

export function collectProcessMetrics(registry: Registry, role: string): void {
  collectDefaultMetrics({ register: registry, labels: { role } });
  for (const name of MISNAMED) registry.removeSingleMetric(name);
}
