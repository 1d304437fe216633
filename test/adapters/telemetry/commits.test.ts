// What a commit adds: decisions by outcome and reason, waits from the submission, gaps of what was solved.
import { beforeEach, describe, expect, it } from 'vitest';
import { createMetrics, type Metrics } from '../../../adapters/telemetry/metrics.ts';
import {
  bandOfRecord,
  type Change,
  type Reason,
  type StartReservation,
  type TickCommit,
  type TickRecord,
  takeSnapshot,
} from '../../../scheduler/index.ts';
import { aConfiguration, aPool, aRequest, aState, HOUR, NOW } from '../../support/builders.ts';
import { anEvent } from '../../support/relay.ts';

const RECORD: TickRecord = {
  cell: 'main',
  tick: 1,
  epoch: 1,
  now: NOW,
  policyRevision: 'p',
  dataRevision: 'd',
  configurationRevision: 'c',
  engine: 'highs',
  engineBuild: 'b',
  engineCalled: true,
  work: { simplexIterations: 12, lpCalls: 1, mipCalls: 0, dpCells: 0 },
  fault: null,
  termination: 'complete',
  stages: [],
  counts: {
    pending: 0,
    columns: 0,
    rows: 0,
    granted: 0,
    waiting: 0,
    denied: 0,
    expired: 0,
    cancelled: 0,
    released: 0,
  },
  activated: [],
  lapsed: [],
  digests: { snapshot: '', model: '', plan: '', certificate: '' },
  digest: '',
  previousDigest: '',
  timings: { foldMs: 1, gateMs: 2, formulateMs: 3, solveMs: 40, decodeMs: 5 },
};

const pending = aRequest(1).gpu(1).pending();
const { id, department, agent, submittedAt, terms } = pending.request;
const opened: Change = { type: 'requestOpened', pending };
const decided = (outcome: 'granted' | 'waiting', reasons: readonly Reason[] = []): Change => ({
  type: 'decided',
  request: id,
  department,
  agent,
  outcome,
  reasons,
  lease: null,
});

describe('metrics of a commit', () => {
  let metrics: Metrics;
  beforeEach(() => {
    metrics = createMetrics({ bandOf: bandOfRecord });
  });

  function commit(
    change: Partial<Pick<TickCommit, 'changes' | 'events'>> & { record?: Partial<TickRecord> },
  ) {
    const record = { ...RECORD, ...change.record };
    metrics.committed({ cell: 'main', epoch: 1, intake: [], changes: [], events: [], ...change, record });
  }

  /** The value of one series, by its name and labels as /metrics prints them; undefined when it is not there. */
  async function seriesValue(series: string): Promise<number | undefined> {
    const line = (await metrics.registry.metrics()).split('\n').find((text) => text.startsWith(`${series} `));
    return line === undefined ? undefined : Number(line.slice(series.length + 1));
  }

  it('counts a Decision under its outcome and its binding reason', async () => {
    const waits: Reason[] = [
      { code: 'NEXT_TICK', option: 0 },
      { code: 'CANCELLED', by: 'x' },
    ];
    commit({ changes: [opened, decided('waiting', waits), decided('granted')] });
    expect(await seriesValue('scheduler_requests_total{outcome="waiting",reason="NEXT_TICK"}')).toBe(1);
    expect(await seriesValue('scheduler_requests_total{outcome="granted",reason="NONE"}')).toBe(1);
    expect(
      await seriesValue('scheduler_requests_total{outcome="waiting",reason="CANCELLED"}'),
    ).toBeUndefined();
  });

  it('times the first Decision and the last from the submission', async () => {
    commit({ changes: [opened, decided('waiting')], record: { now: submittedAt + 80 } });
    commit({ changes: [decided('waiting')], record: { now: submittedAt + 500 } });
    commit({ changes: [decided('granted')], record: { now: submittedAt + 2000 } });
    expect(await seriesValue('scheduler_first_decision_seconds_count')).toBe(1);
    expect(await seriesValue('scheduler_first_decision_seconds_sum')).toBe(0.08);
    const labels = `{class="${terms.class}",outcome="granted"}`;
    expect(await seriesValue(`scheduler_request_wait_seconds_count${labels}`)).toBe(1);
    expect(await seriesValue(`scheduler_request_wait_seconds_sum${labels}`)).toBe(2);
  });

  it('does not time what an earlier leader opened', async () => {
    commit({ changes: [opened, decided('waiting')] });
    metrics.observeRunner({ type: 'steppedDown', epoch: 1, why: 'epochLost' });
    commit({ changes: [decided('granted')] });
    expect(
      await seriesValue(`scheduler_request_wait_seconds_count{class="${terms.class}",outcome="granted"}`),
    ).toBeUndefined();
    expect(await seriesValue('scheduler_requests_total{outcome="granted",reason="NONE"}')).toBe(1);
  });

  it('counts what is taken back by its right, and times a reclaim from the notice to the lease', async () => {
    const victims = [{ lease: 'lse_1' as never, right: 'reclaim' as const, graceEndsAt: NOW + 60_000 }];
    const owner = { request: id, department, agent };
    const earmark = {
      ...owner,
      option: 0,
      units: [],
      reservations: [],
      victims,
      madeAt: NOW,
      graceEndsAt: NOW,
    };
    const revocation = { right: 'reclaim', since: NOW, graceEndsAt: NOW, request: id, department } as const;
    commit({
      changes: [
        { type: 'leaseRevoking', lease: 'lse_1' as never, revocation },
        { type: 'leaseRevoking', lease: 'lse_2' as never, revocation: { ...revocation, right: 'repair' } },
        { type: 'earmarkMade', earmark },
      ],
    });
    const ended: Change = { type: 'earmarkEnded', request: id, end: 'granted' };
    commit({ changes: [ended], record: { now: NOW + 61_000 } });
    expect(await seriesValue('scheduler_revocations_total{right="reclaim"}')).toBe(1);
    expect(await seriesValue('scheduler_revocations_total{right="repair"}')).toBe(1);
    expect(await seriesValue('scheduler_reclaim_seconds_sum')).toBe(61);
    expect(await seriesValue('scheduler_earmarks_dropped_total')).toBe(0);
    commit({ changes: [{ ...ended, end: 'dropped' }] });
    expect(await seriesValue('scheduler_earmarks_dropped_total')).toBe(1);
    expect(await seriesValue('scheduler_reclaim_seconds_count')).toBe(1);
  });

  it('times a wish that is taken up again from when it is, not from its first submission', async () => {
    const again = { ...pending.request, restart: { of: id, revocations: 1, tick: 1 } };
    const change: Change = { type: 'requestOpened', pending: { ...pending, request: again } };
    commit({ changes: [change, decided('waiting')], record: { now: submittedAt + 3_600_000 } });
    expect(await seriesValue('scheduler_first_decision_seconds_sum')).toBe(0);
  });

  it('never counts a wait backwards, when the edge’s clock is ahead of the database’s', async () => {
    commit({ changes: [opened, decided('granted')], record: { now: submittedAt - 30 } });
    expect(await seriesValue('scheduler_first_decision_seconds_sum')).toBe(0);
  });

  it('keeps the gap of each stage that was solved, exact 0 apart', async () => {
    const stage = {
      stage: 0,
      class: 'standard',
      value: 9,
      bound: 9,
      gap: 0,
      multipliers: [],
      frozenDigest: '',
    };
    const stages = [
      { ...stage, method: 'fits' as const },
      { ...stage, method: 'lp' as const, gap: 0.003 },
      { ...stage, method: 'empty' as const },
    ];
    commit({ record: { stages } });
    expect(await seriesValue('scheduler_tick_gap_ratio_bucket{le="0"}')).toBe(1);
    expect(await seriesValue('scheduler_tick_gap_ratio_count')).toBe(2);
    expect(await seriesValue('scheduler_stages_total{method="empty"}')).toBe(1);
  });

  it('counts ticks with a program by the band of their worst class, and classes that were given up', async () => {
    const stage = {
      stage: 0,
      class: 'batch',
      method: 'lp' as const,
      value: 9,
      bound: 9,
      multipliers: [],
      frozenDigest: '',
    };
    const counts = { ...RECORD.counts, columns: 4 };
    commit({
      record: {
        counts,
        stages: [
          { ...stage, gap: 0 },
          { ...stage, gap: 0.004, ended: 'workLimit' },
        ],
      },
    });
    commit({ record: { counts, stages: [], fault: 'refused', termination: 'fault' } });
    commit({});
    expect(await seriesValue('scheduler_tick_quality_total{band="0.5%"}')).toBe(1);
    expect(await seriesValue('scheduler_tick_quality_total{band="unclaimed"}')).toBe(1);
    expect(await seriesValue('scheduler_tick_quality_total{band="optimal"}')).toBeUndefined();
    expect(await seriesValue('scheduler_stages_given_up_total{class="batch"}')).toBe(1);
  });

  it('counts ticks, work, faults, phases and events', async () => {
    commit({ events: [anEvent(1), anEvent(2)] });
    commit({ record: { termination: 'fault', fault: 'watchdog', engineCalled: false } });
    expect(await seriesValue('scheduler_ticks_total{termination="complete"}')).toBe(1);
    expect(await seriesValue('scheduler_ticks_total{termination="fault"}')).toBe(1);
    expect(await seriesValue('scheduler_engine_ticks_total{engine="highs",build="b"}')).toBe(1);
    expect(await seriesValue('scheduler_solver_faults_total{fault="watchdog"}')).toBe(1);
    expect(await seriesValue('scheduler_simplex_iterations_total')).toBe(24);
    expect(await seriesValue('scheduler_events_total{type="annona.request.granted.v1"}')).toBe(2);
    expect(await seriesValue('scheduler_decision_duration_seconds_sum{phase="solve"}')).toBe(0.08);
  });

  it('count what stands idle for promises, from one tick to the next, agents as one pool', async () => {
    const configuration = aConfiguration()
      .agent('ada')
      .pool(aPool('gpu-a').gpu(8), aPool('ada').agent('ada', 2));
    const promise: StartReservation = {
      request: id,
      department,
      agent,
      class: terms.class,
      option: 0,
      units: [
        { claim: 0, pool: 'gpu-a' as never, kind: 'gpu', quantity: 6 },
        { claim: 1, pool: 'ada' as never, kind: 'agent', quantity: 1 },
      ],
      madeAt: NOW,
      startsAt: NOW + HOUR,
      endsAt: NOW + 2 * HOUR,
    };
    const state = aState(configuration).request(pending).used('gpu-a', 3).reserve(promise).build();
    const commit = { record: RECORD, changes: [], events: [] } as unknown as TickCommit;
    const plan = { assignments: [], extensions: [] };
    metrics.committed(commit, { snapshot: takeSnapshot(state, NOW), plan });
    metrics.committed(commit, { snapshot: takeSnapshot(state, NOW + 2500), plan });
    const lines = (await metrics.registry.metrics()).split('\n');
    expect(lines.filter((line) => line.startsWith('scheduler_reserved_idle'))).toEqual([
      'scheduler_reserved_idle_unit_seconds_total{pool="gpu-a",resource="gpu"} 12.5',
      'scheduler_reserved_idle_unit_seconds_total{pool="agents",resource="agent"} 2.5',
    ]);
  });
});
