// The organisation in force, in memory, with the same rule as the database: limits rise when a revision is stored, and fall with the
// first commit that was decided under it. Called by simulations and tests.

import type { ConfigurationStore, ConfigurationSwap, KeptEdit, SwapOutcome } from '../../api/ports.ts';
import type { Configuration, ConfigurationSource, DepartmentId, Instant } from '../../scheduler/index.ts';
import { overAllotted } from './allotments.ts';
import { appendIntake } from './intake.ts';
import { refuse } from './refusal.ts';
import {
  type AccountRow,
  type CapacityRow,
  currentRevision,
  headOf,
  rowKey,
  type Staged,
  type Tables,
} from './tables.ts';

export class NoConfigurationError extends Error {
  override name = 'NoConfigurationError';
}

export interface MemoryConfigurationOptions {
  readonly tables: Tables;
  readonly now: () => Instant;
  readonly onStored: () => void;
}

export class MemoryConfiguration implements ConfigurationSource, ConfigurationStore {
  readonly #options: MemoryConfigurationOptions;
  readonly #tables: Tables;

  constructor(options: MemoryConfigurationOptions) {
    this.#options = options;
    this.#tables = options.tables;
  }

  async current(cell: string): Promise<Configuration> {
    return currentConfiguration(this.#tables, cell);
  }

  async revision(cell: string, revision: string): Promise<Configuration> {
    const row = this.#tables.configurations.get(rowKey(cell, revision));
    if (row === undefined)
      throw new NoConfigurationError(`no configuration ${revision} is stored for cell ${cell}`);
    return row.document;
  }

  async currentRevision(cell: string): Promise<string | null> {
    return currentRevision(this.#tables, cell);
  }

  async edits(cell: string): Promise<readonly KeptEdit[]> {
    return [...this.#tables.edits.values()]
      .filter((row) => row.cell === cell)
      .map(({ object_key, department_id, edit, actor_subject }) => {
        return {
          object: object_key,
          department: department_id as DepartmentId,
          edit,
          subject: actor_subject,
        };
      });
  }

  async base(cell: string): Promise<string | null> {
    return this.#tables.bases.get(cell) ?? null;
  }

  async swap({ from, to, kept, dropped, base, act }: ConfigurationSwap): Promise<SwapOutcome> {
    const { cell } = to;
    if (overAllotted(this.#tables, to) !== null) return 'overAllotted';
    if (currentRevision(this.#tables, cell) !== from) return 'superseded';
    await this.store(to);
    for (const object of dropped) this.#tables.edits.delete(rowKey(cell, object));
    for (const { object, department, edit, subject } of kept) {
      const key = rowKey(cell, object);
      this.#tables.edits.delete(key);
      this.#tables.edits.set(key, {
        cell,
        object_key: object,
        department_id: department,
        edit,
        actor_subject: subject,
      });
    }
    if (base !== null) this.#tables.bases.set(cell, base);
    if (act !== null) {
      appendIntake(this.#tables, { cell, ...act, now: this.#options.now() });
      this.#options.onStored();
    }
    return 'stored';
  }

  async store(configuration: Configuration): Promise<void> {
    const { cell, revision } = configuration;
    refuseOverAllotted(this.#tables, configuration);
    for (const [key, row] of this.#tables.configurations) {
      if (row.cell === cell) this.#tables.configurations.set(key, { ...row, current: false });
    }
    this.#tables.configurations.set(rowKey(cell, revision), {
      cell,
      revision,
      document: configuration,
      current: true,
    });
    const head = headOf(this.#tables, cell);
    if (head.applied_revision !== revision) this.#tables.heads.set(cell, { ...head, applied_revision: null });
    for (const row of capacityRows(configuration)) {
      const key = rowKey(cell, row.key);
      const before = this.#tables.capacities.get(key);
      if (before === undefined) this.#tables.capacities.set(key, row);
      else if (before.capacity < row.capacity)
        this.#tables.capacities.set(key, { ...before, capacity: row.capacity });
    }
    for (const row of accountRows(configuration)) {
      const key = rowKey(cell, row.account, row.period);
      const before = this.#tables.accounts.get(key);
      if (before === undefined) this.#tables.accounts.set(key, row);
      else if (before.budget < row.budget) this.#tables.accounts.set(key, { ...before, budget: row.budget });
    }
  }
}

function refuseOverAllotted(tables: Tables, configuration: Configuration): void {
  const over = overAllotted(tables, configuration);
  if (over !== null) refuse('S1', `${over} of ${configuration.cell} would pass what the other cells leave`);
}

/** @throws NoConfigurationError before the first `store`. */
export function currentConfiguration(tables: Tables, cell: string): Configuration {
  for (const row of tables.configurations.values()) if (row.cell === cell && row.current) return row.document;
  throw new NoConfigurationError(`no configuration is stored for cell ${cell}`);
}

interface Application {
  readonly cell: string;
  readonly revision: string;
  readonly capacities: Staged<string, CapacityRow>;
  readonly accounts: Staged<string, AccountRow>;
}

/** Makes limits those of a stored revision. Keys that it does not name stay, with nothing left to take. */
export function applyConfiguration(
  tables: Tables,
  { cell, revision, capacities, accounts }: Application,
): void {
  const stored = tables.configurations.get(rowKey(cell, revision));
  if (stored === undefined) refuse('S14', `revision ${revision} of ${cell} is not stored`);
  refuseOverAllotted(tables, stored.document);
  for (const [key, row] of tables.capacities)
    if (row.cell === cell) capacities.set(key, { ...row, capacity: 0 });
  for (const row of capacityRows(stored.document)) {
    const key = rowKey(cell, row.key);
    const { used = 0, exclusive = false } = capacities.get(key) ?? {};
    capacities.set(key, { ...row, used, exclusive });
  }
  for (const [key, row] of tables.accounts) if (row.cell === cell) accounts.set(key, { ...row, budget: 0 });
  for (const row of accountRows(stored.document)) {
    const key = rowKey(cell, row.account, row.period);
    const before = accounts.get(key);
    accounts.set(key, { ...row, reserved: before?.reserved ?? 0, spent: before?.spent ?? 0 });
  }
}

function capacityRows({ cell, pools }: Configuration): CapacityRow[] {
  return pools.flatMap((pool): CapacityRow[] => {
    const { id, capacity, consumable, calendar } = pool;
    if (calendar === undefined) return [{ cell, key: id, used: 0, capacity, consumable, exclusive: false }];
    return calendar.map((window) => {
      const key = `${id}@${window.id}`;
      return { cell, key, used: 0, capacity: window.capacity, consumable: true, exclusive: false };
    });
  });
}

function accountRows({ cell, accounts }: Configuration): AccountRow[] {
  return accounts.flatMap(({ id: account, periods }) =>
    periods.map(({ id: period, budget, overcommit = 0 }) => {
      return { cell, account, period, reserved: 0, spent: 0, budget: budget + overcommit };
    }),
  );
}
