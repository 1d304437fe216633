// Every metric of the scheduler: name, sentence, labels. The reference for dashboards and alerts.
// Invariant: names end in their base unit or `_total`; labels come from closed lists (code, configuration), never an id of a request,
// lease, agent or person. Registered by metrics.ts; a test holds the names to Prometheus's rules.

import type { CounterConfiguration, GaugeConfiguration, HistogramConfiguration } from 'prom-client';

/** Around the two promises: 100 ms for 99 of 100, never over a second. */
const DECISION_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.25, 0.5, 1, 2.5, 5];
/** A wait for units may last a day. */
const WAIT_SECONDS = [0.05, 0.1, 0.25, 0.5, 1, 5, 15, 60, 300, 900, 3600, 14_400, 86_400];
/** Around graces of seconds to minutes: the bar is the grace and two ticks. */
const RECLAIM_SECONDS = [1, 5, 15, 30, 45, 60, 61, 65, 90, 120, 300, 600, 1800];
const PHASE_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1];
/** A gap of 0 is a proof of the optimum; the first bucket holds those alone. */
const GAP_RATIOS = [0, 1e-6, 1e-5, 1e-4, 0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 1];

export const HISTOGRAMS = {
  firstDecision: {
    name: 'scheduler_first_decision_seconds',
    help: 'From submission to the first Decision.',
    buckets: DECISION_SECONDS,
  },
  wait: {
    name: 'scheduler_request_wait_seconds',
    help: 'From submission to the terminal Decision, by priority class and outcome.',
    labelNames: ['class', 'outcome'],
    buckets: WAIT_SECONDS,
  },
  phase: {
    name: 'scheduler_decision_duration_seconds',
    help: 'Time that a tick spent in a phase.',
    labelNames: ['phase'],
    buckets: PHASE_SECONDS,
  },
  reclaim: {
    name: 'scheduler_reclaim_seconds',
    help: 'From the notice to the lease, of requests that took back what others had borrowed.',
    buckets: RECLAIM_SECONDS,
  },
  gap: {
    name: 'scheduler_tick_gap_ratio',
    help: 'Proven gap of each solved stage: (bound - value) / bound. 0 is optimal.',
    buckets: GAP_RATIOS,
  },
} as const satisfies Record<string, HistogramConfiguration<string>>;

export const COUNTERS = {
  decisions: {
    name: 'scheduler_requests_total',
    help: 'Decisions by outcome and binding reason; a grant has the reason NONE.',
    labelNames: ['outcome', 'reason'],
  },
  ticks: {
    name: 'scheduler_ticks_total',
    help: 'Committed ticks by how their solve ended; none: nothing to solve.',
    labelNames: ['termination'],
  },
  stages: {
    name: 'scheduler_stages_total',
    help: 'Solved stages by the method that found their plan.',
    labelNames: ['method'],
  },
  quality: {
    name: 'scheduler_tick_quality_total',
    help: 'Committed ticks with a program, by the band of the worst gap proved of a class; unclaimed: nothing is claimed of the plan.',
    labelNames: ['band'],
  },
  givenUp: {
    name: 'scheduler_stages_given_up_total',
    help: 'Stages that ended at the bound of work, by priority class.',
    labelNames: ['class'],
  },
  engineTicks: {
    name: 'scheduler_engine_ticks_total',
    help: 'Committed ticks that asked an engine, by its name and build.',
    labelNames: ['engine', 'build'],
  },
  solverFaults: {
    name: 'scheduler_solver_faults_total',
    help: 'Solves that a fault cut short.',
    labelNames: ['fault'],
  },
  simplexIterations: {
    name: 'scheduler_simplex_iterations_total',
    help: 'Work of the engine, in simplex iterations.',
  },
  revocations: {
    name: 'scheduler_revocations_total',
    help: 'Leases that were given notice, by the right that took them back.',
    labelNames: ['right'],
  },
  earmarksDropped: {
    name: 'scheduler_earmarks_dropped_total',
    help: 'Earmarks whose request was open no more, or was kept out by a newer configuration, before its units were free.',
  },
  reservedIdle: {
    name: 'scheduler_reserved_idle_unit_seconds_total',
    help: 'Unit seconds of a pool that were free and promised to somebody; agents are one pool. Wanted or not: an upper bound.',
    labelNames: ['pool', 'resource'],
  },
  events: { name: 'scheduler_events_total', help: 'Committed events by type.', labelNames: ['type'] },
  elections: { name: 'scheduler_elections_total', help: 'Times that this process became leader.' },
  stepDowns: {
    name: 'scheduler_step_downs_total',
    help: 'Times that this process stopped leading, by cause.',
    labelNames: ['why'],
  },
  failures: { name: 'scheduler_failures_total', help: 'Turns of the scheduler that ended in an error.' },
  relayed: {
    name: 'scheduler_relayed_events_total',
    help: 'Events that a stream acknowledged.',
    labelNames: ['sink'],
  },
  buried: {
    name: 'scheduler_dead_letters_total',
    help: 'Events that a stream refused for good.',
    labelNames: ['sink'],
  },
  relayFailures: {
    name: 'scheduler_relay_failures_total',
    help: 'Turns of a relay that failed and are repeated.',
    labelNames: ['sink'],
  },
} as const satisfies Record<string, CounterConfiguration<string>>;

export const GAUGES = {
  pending: {
    name: 'scheduler_pending_requests',
    help: 'Open requests by priority class; leader only.',
    labelNames: ['class'],
  },
  pendingReasons: {
    name: 'scheduler_pending_reasons',
    help: 'Open requests by reason; one that waits for two reasons counts under both. Leader only.',
    labelNames: ['reason'],
  },
  capacity: {
    name: 'scheduler_capacity_units',
    help: 'Units of a pool in base units; agents are one pool. Windows that have ended are left out. Leader only.',
    labelNames: ['pool', 'resource', 'state'],
  },
  leases: {
    name: 'scheduler_live_leases',
    help: 'Live leases by state; leader only.',
    labelNames: ['state'],
  },
  leaderEpoch: {
    name: 'scheduler_leader_epoch',
    help: 'Epoch of this process as leader; 0 while it does not lead.',
  },
  outboxAge: {
    name: 'scheduler_outbox_oldest_age_seconds',
    help: 'Age of the oldest event that a stream has not acknowledged.',
    labelNames: ['sink'],
  },
  outboxEvents: {
    name: 'scheduler_outbox_events',
    help: 'Committed events that a stream has not acknowledged.',
    labelNames: ['sink'],
  },
  build: {
    name: 'scheduler_build_info',
    help: 'Always 1; what runs is in the labels.',
    labelNames: ['version', 'node'],
  },
} as const satisfies Record<string, GaugeConfiguration<string>>;

/** Of a process that is told of a Redis. */
/** Of a process that takes requests from Kafka. */
export const INTAKE_TOPIC = {
  records: {
    name: 'scheduler_intake_records_total',
    help: 'Records of the intake topic by what became of them: accepted, replayed, refused.',
    labelNames: ['outcome'],
  },
} as const satisfies Record<string, CounterConfiguration<string>>;

export const REDIS = {
  up: {
    name: 'scheduler_redis_up',
    help: '1 while Redis answers every process that is asked for its figures, 0 while they limit calls by themselves.',
    aggregator: 'min',
  },
  losses: { name: 'scheduler_redis_losses_total', help: 'Times that Redis went away.' },
  localLimits: {
    name: 'scheduler_local_rate_limits_total',
    help: 'Calls that were limited by one process alone, at half of the limit, because Redis was away.',
  },
} as const satisfies Record<string, GaugeConfiguration<string> | CounterConfiguration<string>>;
