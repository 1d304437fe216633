// An organisation that is several cells: the expanded tree, divided into one configuration a cell.
// Invariant: of a checked tree. Every department is in one configuration, every unit and every amount of money in at most one. Called by load.ts.

import type {
  Account,
  CellPart,
  Cohort,
  CohortId,
  DepartmentId,
  Pool,
  UnrevisedConfiguration,
} from '../../scheduler/index.ts';
import { compareText } from './problem.ts';
import type { CellEntry } from './schemaCells.ts';
import type { PoolEntry } from './schemaPools.ts';
import type { Sections } from './sections.ts';

/** What a cell calls a pool: of pools with nodes, which are three, the id that they are written under. */
export function writtenId({ id, nodes }: Pick<PoolEntry, 'id' | 'nodes'>): string {
  return nodes?.set ?? id;
}

/** Account -> cells whose agents pay from it, themselves or through an account below. */
export function drawnBy({ cells, groups, accounts }: Sections): ReadonlyMap<string, ReadonlySet<string>> {
  const cellOf = new Map(cells.flatMap(({ value }) => value.departments.map((id) => [id, value.id])));
  const parents = new Map(accounts.map(({ value }) => [value.id, value.parent]));
  const drawn = new Map<string, Set<string>>();
  for (const { value, department } of groups) {
    const cell = cellOf.get(department);
    if (cell === undefined) continue;
    for (const named of value.accounts) {
      const seen = new Set<string>();
      for (let id: string | undefined = named; id !== undefined && !seen.has(id); id = parents.get(id)) {
        seen.add(id);
        drawn.set(id, (drawn.get(id) ?? new Set()).add(cell));
      }
    }
  }
  return drawn;
}

/** One a cell, in the order of their ids; the whole alone where the tree is one cell. */
export function divide(whole: UnrevisedConfiguration, sections: Sections): readonly UnrevisedConfiguration[] {
  const cells = sections.cells.map(({ value }) => value).sort((a, b) => compareText(a.id, b.id));
  if (cells.length === 0) return [whole];
  const drawn = drawnBy(sections);
  const parts = cells.map((cell) => ({ cell, pools: poolsOf(whole, cell) }));
  return parts.map(({ cell, pools }) => {
    const neighbours = parts
      .filter((other) => other.cell !== cell)
      .map((other) => ({
        cell: other.cell.id,
        departments: [...other.cell.departments].sort(compareText) as DepartmentId[],
        kinds: [...new Set(other.pools.map(({ kind }) => kind))].sort(compareText),
      }));
    return partOf(whole, { cell, pools, neighbours, drawn });
  });
}

function partOf(
  whole: UnrevisedConfiguration,
  of: {
    readonly cell: CellEntry;
    readonly pools: readonly Pool[];
    readonly neighbours: CellPart['neighbours'];
    readonly drawn: ReadonlyMap<string, ReadonlySet<string>>;
  },
): UnrevisedConfiguration {
  const { cell, pools, neighbours, drawn } = of;
  const own = new Set<string>(cell.departments);
  const quotas = whole.quotas.filter(({ department }) => own.has(department));
  const accounts = whole.accounts.filter(({ id }) => drawn.get(id)?.has(cell.id) === true);
  const shared = accounts.filter(({ id }) => percentOf(cell, id) !== null);
  const wholes = new Map<string, Pool>(whole.pools.map((pool) => [pool.id, pool]));
  const allotted = pools.filter(({ id }) => unitsOf(cell, id) !== null);
  return {
    ...whole,
    cell: cell.id,
    departments: whole.departments.filter(({ id }) => own.has(id)),
    agents: whole.agents.filter(({ department }) => own.has(department)),
    pools,
    quotas,
    cohorts: cohortsOf(whole.cohorts, new Set(quotas.flatMap(({ cohort }) => cohort ?? []))),
    accounts: accounts.map((account) => allotmentOf(account, percentOf(cell, account.id))),
    ...(whole.policyLimits?.departments && {
      policyLimits: {
        ...whole.policyLimits,
        departments: Object.fromEntries(
          Object.entries(whole.policyLimits.departments).filter(([department]) => own.has(department)),
        ),
      },
    }),
    cells: {
      neighbours,
      pools: allotted.map(({ id }) => ({ pool: id, whole: wholes.get(id)!.capacity })),
      accounts: shared.flatMap(({ id, periods }) =>
        periods.map(({ id: period, budget, overcommit = 0 }) => {
          return { account: id, period, whole: budget + overcommit };
        }),
      ),
    },
  };
}

/** Its own pools, those of its agents, and of shared ones its units. */
function poolsOf(whole: UnrevisedConfiguration, cell: CellEntry): readonly Pool[] {
  const departments = new Set<string>(cell.departments);
  const agents = new Set(
    whole.agents.filter(({ department }) => departments.has(department)).map(({ id }) => id),
  );
  const named = new Set(cell.pools);
  return whole.pools.flatMap((pool) => {
    if (pool.agent !== undefined) return agents.has(pool.agent) ? [pool] : [];
    if (named.has(writtenId(pool))) return [pool];
    const units = unitsOf(cell, pool.id);
    return units === null ? [] : [{ ...pool, capacity: units }];
  });
}

function unitsOf({ allotments }: CellEntry, pool: string): number | null {
  return allotments?.pools?.[pool] ?? null;
}

function percentOf({ allotments }: CellEntry, account: string): number | null {
  return allotments?.accounts?.[account] ?? null;
}

/** Rounded down, so that the parts are never more than the whole. */
function allotmentOf(account: Account, percent: number | null): Account {
  if (percent === null) return account;
  const part = (amount: number): number => Number((BigInt(amount) * BigInt(percent)) / 100n);
  return {
    ...account,
    periods: account.periods.map(({ budget, overcommit, ...period }) => ({
      ...period,
      budget: part(budget),
      ...(overcommit !== undefined && { overcommit: part(overcommit) }),
    })),
  };
}

/** Those that its quotas name, with all that they are in. */
function cohortsOf(cohorts: readonly Cohort[], named: ReadonlySet<CohortId>): readonly Cohort[] {
  const byId = new Map(cohorts.map((cohort) => [cohort.id, cohort]));
  const kept = new Set<CohortId>();
  for (const first of named) {
    for (let id: CohortId | undefined = first; id !== undefined && !kept.has(id); id = byId.get(id)?.parent)
      kept.add(id);
  }
  return cohorts.filter(({ id }) => kept.has(id));
}
