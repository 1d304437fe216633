// The organisation in force, stored as revisions. Invariant: a revision that arrives during a tick belongs to the next one: limits
// are raised when it is stored, and lowered by the first commit that was decided under it. Called by the composition roots.

import type { ConfigurationStore, ConfigurationSwap, KeptEdit, SwapOutcome } from '../../api/ports.ts';
import type { Configuration, ConfigurationSource } from '../../scheduler/index.ts';
import type { Queries } from './connection.ts';
import { NoConfigurationError } from './stateSource.ts';
import { assertStorable } from './storable.ts';

export class PostgresConfiguration implements ConfigurationSource, ConfigurationStore {
  readonly #queries: Queries;
  readonly #onStored: () => void;

  /** `onStored` is told of every act that was written with a revision: a hint that wakes the leader. */
  constructor(queries: Queries, onStored: () => void) {
    this.#queries = queries;
    this.#onStored = onStored;
  }

  /** @throws NoConfigurationError before the first `store`. */
  async current(cell: string): Promise<Configuration> {
    const [row] = await this.#queries.run<{ document: Configuration }>('configuration-current', [cell]);
    if (!row) throw new NoConfigurationError(`no configuration is stored for cell ${cell}`);
    return row.document;
  }

  /** @throws NoConfigurationError when it was never stored. */
  async revision(cell: string, revision: string): Promise<Configuration> {
    const [row] = await this.#queries.run<{ document: Configuration }>('configuration-one', [cell, revision]);
    if (!row) throw new NoConfigurationError(`no configuration ${revision} is stored for cell ${cell}`);
    return row.document;
  }

  async currentRevision(cell: string): Promise<string | null> {
    const [row] = await this.#queries.run<{ revision: string }>('configuration-revision', [cell]);
    return row?.revision ?? null;
  }

  edits(cell: string): Promise<readonly KeptEdit[]> {
    return this.#queries.run<KeptEdit>('configuration-edits', [cell]);
  }

  async base(cell: string): Promise<string | null> {
    const [row] = await this.#queries.run<{ digest: string }>('configuration-base', [cell]);
    return row?.digest ?? null;
  }

  async swap({ from, to, kept, dropped, base, act }: ConfigurationSwap): Promise<SwapOutcome> {
    const document = JSON.stringify(to);
    assertStorable(document);
    const [row] = await this.#queries.run<{ outcome: SwapOutcome }>('configuration-swap', [
      to.cell,
      from,
      to.revision,
      document,
      JSON.stringify(capacitiesOf(to)),
      JSON.stringify(budgetsOf(to)),
      JSON.stringify(kept),
      dropped,
      base,
      act === null ? null : JSON.stringify({ ...act.actor, object: act.command.object, ...act }),
    ]);
    if (row!.outcome === 'stored' && act !== null) this.#onStored();
    return row!.outcome;
  }

  /** Whatever is in force. Storing the revision in force again changes nothing. */
  async store(configuration: Configuration): Promise<void> {
    await this.#queries.run('configuration-store', [
      configuration.cell,
      configuration.revision,
      JSON.stringify(configuration),
      JSON.stringify(capacitiesOf(configuration)),
      JSON.stringify(budgetsOf(configuration)),
    ]);
  }
}

export interface Capacity {
  readonly key: string;
  readonly capacity: number;
  /** Units are gone once their lease, or their window, has begun. */
  readonly consumable: boolean;
}

export interface Budget {
  readonly account: string;
  readonly period: string;
  readonly budget: number;
}

/** Where units are counted: a pool, or each window of a pool with a calendar. */
export function capacitiesOf(configuration: Configuration): Capacity[] {
  return configuration.pools.flatMap((pool): Capacity[] => {
    if (pool.calendar === undefined)
      return [{ key: pool.id, capacity: pool.capacity, consumable: pool.consumable }];
    return pool.calendar.map((window) => ({
      key: `${pool.id}@${window.id}`,
      capacity: window.capacity,
      consumable: true,
    }));
  });
}

export function budgetsOf(configuration: Configuration): Budget[] {
  return configuration.accounts.flatMap((account) =>
    account.periods.map(({ id: period, budget, overcommit = 0 }) => {
      return { account: account.id, period, budget: budget + overcommit };
    }),
  );
}
