// The names of metrics, by Prometheus's rules (prometheus.io/docs/practices/naming), on what is really registered.

import type { MetricObjectWithValues, MetricValue } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { createMetrics } from '../../../adapters/telemetry/metrics.ts';
import { COUNTERS, GAUGES, HISTOGRAMS } from '../../../adapters/telemetry/names.ts';
import { bandOfRecord } from '../../../scheduler/index.ts';

type Metric = MetricObjectWithValues<MetricValue<string>>;

const BASE_UNITS = ['seconds', 'bytes', 'ratio', 'info', 'total'];
/** Counts of things, whose unit is what the name says. */
const COUNTS = ['requests', 'reasons', 'units', 'leases', 'events', 'epoch'];
const OTHER_UNITS = /(milliseconds|_ms|minutes|hours|percent|kilobytes|_mib)(_|$)/;
/** What has as many values as there are people, agents or calls. */
const OPEN_LABELS = /(^id$|request$|lease$|agent|user|subject|path|url)/;

const own = [...Object.values(HISTOGRAMS), ...Object.values(COUNTERS), ...Object.values(GAUGES)];
const labelsOf = (metric: object): readonly string[] =>
  'labelNames' in metric ? (metric.labelNames as readonly string[]) : [];

describe('names of metrics', () => {
  it.each(own)('$name is well formed and says its unit', ({ name }) => {
    expect(name).toMatch(/^scheduler_[a-z]+(_[a-z]+)*$/);
    expect(name).not.toMatch(OTHER_UNITS);
    expect([...BASE_UNITS, ...COUNTS]).toContain(name.split('_').at(-1));
  });

  it('end in _total for counters, and for nothing else', () => {
    for (const { name } of Object.values(COUNTERS)) expect(name).toMatch(/_total$/);
    for (const { name } of [...Object.values(HISTOGRAMS), ...Object.values(GAUGES)])
      expect(name).not.toMatch(/_(total|count|sum|bucket)$/);
  });

  it('end in a base unit for histograms', () => {
    for (const { name } of Object.values(HISTOGRAMS)) expect(name).toMatch(/_(seconds|ratio)$/);
  });

  it.each(own)('$name has labels from closed lists', (metric) => {
    for (const label of labelsOf(metric)) {
      expect(label).toMatch(/^[a-z]+$/);
      expect(label).not.toMatch(OPEN_LABELS);
    }
  });

  it('belong to one metric each, with a sentence of its own', () => {
    expect(new Set(own.map(({ name }) => name)).size).toBe(own.length);
    expect(new Set(own.map(({ help }) => help)).size).toBe(own.length);
    for (const { help } of own) expect(help).toMatch(/^[A-Z].*[.0-9]$/);
  });

  it('are all registered, beside those of the process', async () => {
    const metrics: Metric[] = await createMetrics({ bandOf: bandOfRecord }).registry.getMetricsAsJSON();
    const names = metrics.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(own.map(({ name }) => name)));
    expect(names).toContain('process_cpu_seconds_total');
    expect(names).toContain('nodejs_eventloop_lag_seconds');
  });

  it('have buckets that rise', () => {
    for (const { buckets } of Object.values(HISTOGRAMS)) {
      expect(buckets.toSorted((a, b) => a - b)).toEqual([...buckets]);
      expect(new Set(buckets).size).toBe(buckets.length);
    }
  });
});
