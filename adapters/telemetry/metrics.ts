// The registry of a process that schedules: counters fed by commits, the runner and the relays; gauges read at each scrape.
// Invariant: an observer: it must not throw and must not block a tick. Made once by a composition root; api/http/metrics.ts serves it.

import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type {
  CommitObserver,
  Instant,
  RelayEvent,
  RelayLag,
  RunnerEvent,
  State,
} from '../../scheduler/index.ts';
import { type BandOf, CommitCounts } from './commits.ts';
import { COUNTERS, GAUGES, HISTOGRAMS } from './names.ts';
import { collectProcessMetrics } from './process.ts';
import { setStateMetrics } from './state.ts';

export interface WatchedState {
  /** The leader's memory, null while not leading. */
  state(): State | null;
  now(): Instant;
}

export interface WatchedRelay {
  readonly sink: string;
  lag(): RelayLag;
  now(): Instant;
}

export interface Metrics extends CommitObserver {
  readonly registry: Registry;
  observeRunner(event: RunnerEvent): void;
  observeRelay(event: RelayEvent): void;
  /** Read at each scrape from then on. */
  watchState(watched: WatchedState): void;
  watchRelay(watched: WatchedRelay): void;
}

export interface MetricsOptions {
  readonly bandOf: BandOf;
  /** Of Annona. */
  readonly version?: string;
  /** What the process is for, on its own figures of processor, memory and event loop. */
  readonly role?: 'single' | 'api' | 'scheduler' | 'relay' | 'worker';
}

export function createMetrics({ bandOf, version = 'unknown', role = 'single' }: MetricsOptions): Metrics {
  const registry = new Registry();
  collectProcessMetrics(registry, role);
  const registers = [registry];
  const histograms = mapValues(HISTOGRAMS, (configuration) => new Histogram({ ...configuration, registers }));
  const counters = mapValues(COUNTERS, (configuration) => new Counter({ ...configuration, registers }));
  const scrape: (() => void)[] = [];
  // Gauges are collected one after the other: the first one reads for all of them.
  const gauges = mapValues(GAUGES, (configuration, i) => {
    const collect = i === 0 ? () => scrape.forEach((read) => void read()) : undefined;
    return new Gauge({ ...configuration, registers, ...(collect ? { collect } : {}) });
  });
  gauges.build.set({ version, node: process.version }, 1);
  gauges.leaderEpoch.set(0);
  const counts = new CommitCounts({ ...histograms, ...counters }, bandOf);
  return {
    registry,
    committed: (commit, decided) => counts.add(commit, decided?.snapshot),
    observeRunner: (event) => {
      countRunner(event, counters);
      if (event.type === 'steppedDown') counts.forget();
    },
    observeRelay: (event) => countRelay(event, counters),
    watchState: ({ state, now }) => void scrape.push(() => setStateMetrics(gauges, state(), now())),
    watchRelay: ({ sink, lag, now }) =>
      void scrape.push(() => {
        const { behind, oldestAt } = lag();
        gauges.outboxEvents.set({ sink }, behind);
        gauges.outboxAge.set({ sink }, oldestAt === null ? 0 : Math.max(0, now() - oldestAt) / 1000);
      }),
  };
}

type Counters = Record<keyof typeof COUNTERS, Counter<string>>;

function countRunner(event: RunnerEvent, { elections, stepDowns, failures }: Counters): void {
  switch (event.type) {
    case 'elected':
      elections.inc();
      break;
    case 'steppedDown':
      stepDowns.inc({ why: event.why });
      break;
    case 'failure':
      failures.inc();
      break;
    default: {
      const never: never = event;
      throw new Error(`unknown event ${JSON.stringify(never)}`);
    }
  }
}

function countRelay(event: RelayEvent, { relayed, buried, relayFailures }: Counters): void {
  const { sink } = event;
  switch (event.type) {
    case 'relayed':
      relayed.inc({ sink }, event.published);
      break;
    case 'buried':
      buried.inc({ sink });
      break;
    case 'failure':
      relayFailures.inc({ sink });
      break;
    default: {
      const never: never = event;
      throw new Error(`unknown event ${JSON.stringify(never)}`);
    }
  }
}

function mapValues<Key extends string, From, To>(
  from: Readonly<Record<Key, From>>,
  to: (value: From, index: number) => To,
): Record<Key, To> {
  const entries = (Object.entries(from) as [Key, From][]).map(([key, value], i) => [key, to(value, i)]);
  return Object.fromEntries(entries);
}
