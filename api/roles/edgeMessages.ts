// What the process that leads and its edge process say to each other over IPC. Hints and copies alone: the database holds all that counts.

import type { MetricObjectWithValues, MetricValue } from 'prom-client';
import type { AgentId, DomainEvent } from '../../scheduler/index.ts';
import type { EdgeSettings } from './edge.ts';
import type { StartObstacle } from './startRefused.ts';

export interface EdgeOptions extends EdgeSettings {
  readonly cell: string;
  readonly databaseUrl: string;
  /** Where the process that leads answers what it alone knows; loopback. */
  readonly leaderUrl: string;
  readonly leaderSecret: string;
}

export type Metrics = MetricObjectWithValues<MetricValue<string>>[];

export type ToEdge =
  | { readonly type: 'start'; readonly options: EdgeOptions }
  /** After each commit, in order. */
  | {
      readonly type: 'committed';
      readonly configurationRevision: string;
      readonly events: readonly DomainEvent[];
    }
  /** Another process has committed: the log is to be read on. */
  | { readonly type: 'look' }
  /** Open requests of the agents with a tenth of their bound and more; all others count as having none. */
  | { readonly type: 'crowded'; readonly agents: readonly (readonly [AgentId, number])[] }
  /** Null: they could not be read. */
  | { readonly type: 'metrics'; readonly metrics: Metrics | null }
  | { readonly type: 'stop' };

export type FromEdge =
  | { readonly type: 'ready'; readonly url: string }
  | { readonly type: 'failed'; readonly message: string; readonly obstacle: StartObstacle | null }
  /** Something was written to the intake. */
  | { readonly type: 'wake' }
  /** Somebody asked for a side job. */
  | { readonly type: 'jobAdded' }
  /** Asks for the metrics of the process that leads. */
  | { readonly type: 'metrics' };
