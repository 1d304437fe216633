// What a scrape reads: the leader's memory and the relay's lag, as they are then.
import { describe, expect, it } from 'vitest';
import { createMetrics, type Metrics } from '../../../adapters/telemetry/metrics.ts';
import { bandOfRecord, type RelayLag, type State } from '../../../scheduler/index.ts';
import { aConfiguration, aLease, aPool, aRequest, aState, HOUR, NOW } from '../../support/builders.ts';

async function seriesOf({ registry }: Metrics): Promise<Map<string, number>> {
  const lines = (await registry.metrics()).split('\n').filter((line) => line.startsWith('scheduler_'));
  return new Map(
    lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ')))]),
  );
}

function watching(state: State | null): { metrics: Metrics; become: (next: State | null) => void } {
  const metrics = createMetrics({ bandOf: bandOfRecord, version: '1.2.3' });
  let current = state;
  metrics.watchState({ state: () => current, now: () => NOW });
  return {
    metrics,
    become: (next) => {
      current = next;
    },
  };
}

const configuration = aConfiguration()
  .agent('ada')
  .pool(
    aPool('gpu-a').gpu(8),
    aPool('ada').agent('ada', 2),
    aPool('bob').agent('bob', 3),
    aPool('review').review(['past', NOW - 2 * HOUR, NOW - HOUR, 5], ['next', NOW, NOW + HOUR, 4]),
  );

describe('gauges of the leader', () => {
  it('show units used and free, agents as one pool, windows that are not over', async () => {
    const state = aState(configuration)
      .used('gpu-a', 3)
      .used('ada', 1)
      .used('review@next', 1)
      .used('review@past', 5)
      .build();
    const series = await seriesOf(watching(state).metrics);
    const units = [...series].filter(([name]) => name.startsWith('scheduler_capacity_units'));
    expect(Object.fromEntries(units)).toEqual({
      'scheduler_capacity_units{pool="gpu-a",resource="gpu",state="used"}': 3,
      'scheduler_capacity_units{pool="gpu-a",resource="gpu",state="free"}': 5,
      'scheduler_capacity_units{pool="agents",resource="agent",state="used"}': 1,
      'scheduler_capacity_units{pool="agents",resource="agent",state="free"}': 4,
      'scheduler_capacity_units{pool="review",resource="review",state="used"}': 1,
      'scheduler_capacity_units{pool="review",resource="review",state="free"}': 3,
    });
  });

  it('show open requests by class and by each reason they wait for', async () => {
    const waiting = aRequest(1).gpu(1).pending();
    const state = aState(configuration)
      .request({ ...waiting, waitingCodes: ['POOL_FULL', 'QUOTA_EXHAUSTED'] }, aRequest(2).gpu(1).pending())
      .build();
    const series = await seriesOf(watching(state).metrics);
    expect(series.get(`scheduler_pending_requests{class="${waiting.request.terms.class}"}`)).toBe(2);
    expect(series.get('scheduler_pending_requests{class="batch"}')).toBe(0);
    expect(series.get('scheduler_pending_reasons{reason="POOL_FULL"}')).toBe(1);
    expect(series.get('scheduler_pending_reasons{reason="QUOTA_EXHAUSTED"}')).toBe(1);
    expect(series.get('scheduler_pending_reasons{reason="QUEUED"}')).toBe(1);
  });

  it('show live leases by state', async () => {
    const series = await seriesOf(watching(aState(configuration).lease(aLease('gpu-a')).build()).metrics);
    expect(series.get('scheduler_live_leases{state="active"}')).toBe(1);
  });

  it('are gone with the lead, but for the epoch', async () => {
    const { metrics, become } = watching({ ...aState(configuration).used('gpu-a', 3).build(), epoch: 7 });
    expect((await seriesOf(metrics)).get('scheduler_leader_epoch')).toBe(7);
    become(null);
    const series = await seriesOf(metrics);
    expect(series.get('scheduler_leader_epoch')).toBe(0);
    expect([...series.keys()].filter((name) => /capacity|pending|live/.test(name))).toEqual([]);
  });

  it('show what runs', async () => {
    const series = await seriesOf(createMetrics({ bandOf: bandOfRecord, version: '1.2.3' }));
    expect(series.get(`scheduler_build_info{version="1.2.3",node="${process.version}"}`)).toBe(1);
  });
});

describe('gauges of a relay', () => {
  it('show how many events it is behind, and the age of the oldest', async () => {
    const metrics = createMetrics({ bandOf: bandOfRecord });
    let lag: RelayLag = { cursor: 3, behind: 12, oldestAt: NOW - 1500 };
    metrics.watchRelay({ sink: 'kafka', lag: () => lag, now: () => NOW });
    const behind = await seriesOf(metrics);
    expect(behind.get('scheduler_outbox_events{sink="kafka"}')).toBe(12);
    expect(behind.get('scheduler_outbox_oldest_age_seconds{sink="kafka"}')).toBe(1.5);
    lag = { cursor: 15, behind: 0, oldestAt: null };
    expect((await seriesOf(metrics)).get('scheduler_outbox_oldest_age_seconds{sink="kafka"}')).toBe(0);
  });

  it('stand beside what it published, buried and repeated', async () => {
    const metrics = createMetrics({ bandOf: bandOfRecord });
    metrics.observeRelay({ type: 'relayed', sink: 'kafka', cursor: 5, published: 5 });
    metrics.observeRelay({ type: 'failure', sink: 'kafka', error: new Error('down'), retryMs: 10 });
    const series = await seriesOf(metrics);
    expect(series.get('scheduler_relayed_events_total{sink="kafka"}')).toBe(5);
    expect(series.get('scheduler_relay_failures_total{sink="kafka"}')).toBe(1);
  });
});

describe('counters of the runner', () => {
  it('show elections, ends of terms and failures', async () => {
    const metrics = createMetrics({ bandOf: bandOfRecord });
    metrics.observeRunner({ type: 'elected', epoch: 1 });
    metrics.observeRunner({ type: 'failure', error: new Error('x') });
    metrics.observeRunner({ type: 'steppedDown', epoch: 1, why: 'failure' });
    const series = await seriesOf(metrics);
    expect(series.get('scheduler_elections_total')).toBe(1);
    expect(series.get('scheduler_failures_total')).toBe(1);
    expect(series.get('scheduler_step_downs_total{why="failure"}')).toBe(1);
  });
});
