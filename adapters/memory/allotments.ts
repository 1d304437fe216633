// What several cells draw on, in memory, with the same rule as the database: no cell's limit rises beyond what the others leave of the whole.
// Invariant: of another cell counts the most of what its commits may use, what is used, and what its newest revision says. Called by configuration.ts.

import type { Configuration } from '../../scheduler/index.ts';
import { rowKey, type Tables } from './tables.ts';

/** The first key of which the revision would take more than the other cells leave; null: none. Lowering is always allowed. */
export function overAllotted(tables: Tables, to: Configuration): string | null {
  const { neighbours = [], pools = [], accounts = [] } = to.cells ?? {};
  const others = neighbours.map(({ cell }) => cell);
  const leaves = (partOf: (cell: string) => number): number =>
    others.reduce((sum, cell) => sum + partOf(cell), 0);
  for (const { pool, whole } of pools) {
    const mine = capacityIn(to, pool);
    const before = tables.capacities.get(rowKey(to.cell, pool))?.capacity ?? 0;
    const used = leaves((cell) => {
      const row = tables.capacities.get(rowKey(cell, pool));
      return row === undefined
        ? 0
        : Math.max(row.capacity, row.used, capacityIn(newestOf(tables, cell), pool));
    });
    if (mine > before && mine + used > whole) return `pool ${pool}`;
  }
  for (const { account, period, whole } of accounts) {
    const mine = budgetIn(to, account, period);
    const before = tables.accounts.get(rowKey(to.cell, account, period))?.budget ?? 0;
    const used = leaves((cell) => {
      const row = tables.accounts.get(rowKey(cell, account, period));
      if (row === undefined) return 0;
      return Math.max(
        row.budget,
        row.reserved + row.spent,
        budgetIn(newestOf(tables, cell), account, period),
      );
    });
    if (mine > before && mine + used > whole) return `account ${account}/${period}`;
  }
  return null;
}

function newestOf(tables: Tables, cell: string): Configuration | undefined {
  for (const row of tables.configurations.values()) if (row.cell === cell && row.current) return row.document;
  return undefined;
}

function capacityIn(configuration: Configuration | undefined, pool: string): number {
  return configuration?.pools.find(({ id }) => id === pool)?.capacity ?? 0;
}

function budgetIn(configuration: Configuration | undefined, account: string, period: string): number {
  const periods = configuration?.accounts.find(({ id }) => id === account)?.periods ?? [];
  const { budget = 0, overcommit = 0 } = periods.find(({ id }) => id === period) ?? {};
  return budget + overcommit;
}
