// Rows that were broken from outside: a pool shrank, a share or what a cohort lends was cut. The operator's right mends them before any nominee.
// Invariant: only leases of a broken row go, none that the row would hold without it; minimum run and protection count here too. Called by planning.ts.

import type { Victim } from '../domain/earmark.ts';
import { lookupOf } from '../domain/lookup.ts';
import { victimsOf } from '../domain/plan.ts';
import { compareText } from '../formulate/catalogue.ts';
import type { HeldLease, Snapshot } from '../snapshot.ts';
import { choose, type SolverPorts } from './choose.ts';
import { graceOf } from './grace.ts';
import type { Later } from './later.ts';
import type { Planned } from './planning.ts';
import { COLUMNS_MAX, type Column, programOf, sum } from './program.ts';
import { brokenRows, programRows, type Short, unitsFor } from './shortRows.ts';

/** Rows that a tick repairs; others are the next tick's. */
const ROWS_MAX = 8;
/** By rank, 0 first: one lease of a class outweighs all thirty of the class below it. */
const CLASS_WEIGHTS = [29_791, 961, 31, 1] as const;

export interface Repairs {
  readonly planned: readonly Planned[];
  /** Broken rows of which a later tick may take more. */
  readonly left: number;
  readonly refused: number;
}

export async function planRepairs(ports: SolverPorts, snapshot: Snapshot, later: Later): Promise<Repairs> {
  const planned: Planned[] = [];
  let left = 0;
  let refused = 0;
  for (const { name } of brokenRows(snapshot, later)) {
    const { row, columns } = asItIs(snapshot, later, name);
    if (row === null || columns.length === 0) continue;
    if (planned.length + refused >= ROWS_MAX) {
      left += 1;
      continue;
    }
    const repair = await repairOf(ports, snapshot, { later, row, columns });
    if (repair === null) {
      refused += 1;
      continue;
    }
    planned.push(repair);
    for (const { lease, graceEndsAt } of victimsOf(repair.preemption))
      later.revoke(columns.find(({ held }) => held.lease.id === lease)!.held, graceEndsAt);
    // More had to go than one program takes.
    if (asItIs(snapshot, later, name).columns.length > 0) left += 1;
  }
  return { planned, left, refused };
}

/** What mended an earlier row may have mended this one too: then there is none, and nobody to take. */
function asItIs(
  snapshot: Snapshot,
  later: Later,
  name: string,
): { row: Short | null; columns: readonly Column[] } {
  const row = brokenRows(snapshot, later).find((one) => one.name === name) ?? null;
  return { row, columns: row === null ? [] : candidatesOf(snapshot, later, row) };
}

/** Lowest class first, then the youngest: when there are more than one program takes, the others are the next tick's. */
function candidatesOf(snapshot: Snapshot, later: Later, row: Short): Column[] {
  const rankOf = ({ request }: HeldLease): number =>
    lookupOf(snapshot.configuration).classes.get(request.terms.class)!.rank;
  return snapshot.held
    .filter(
      (held) => !later.isTaken(held.lease.id) && graceOf(snapshot, held) !== null && isOf(later, row, held),
    )
    .sort((a, b) => rankOf(b) - rankOf(a) || youngerFirst(a, b))
    .slice(0, COLUMNS_MAX)
    .sort(youngerFirst)
    .map((held) => ({ held, cost: CLASS_WEIGHTS[rankOf(held)] ?? 1 }));
}

function isOf(later: Later, row: Short, held: HeldLease): boolean {
  if (unitsFor(later, row, held) === 0) return false;
  return row.type !== 'cohort' || (held.lease.borrowed ?? []).includes(row.kind);
}

export function youngerFirst(a: HeldLease, b: HeldLease): number {
  return b.lease.grantedAt - a.lease.grantedAt || compareText(b.lease.id, a.lease.id);
}

async function repairOf(
  ports: SolverPorts,
  snapshot: Snapshot,
  { later, row, columns }: { later: Later; row: Short; columns: readonly Column[] },
): Promise<Planned | null> {
  const unitsOf = (short: Short, { held }: Column) => unitsFor(later, short, held);
  const { rows, cohorts } = programRows([row], columns, unitsOf);
  const program = programOf(columns, rows, cohorts);
  const victimOf = ({ held }: Column): Victim => ({
    lease: held.lease.id,
    right: 'repair',
    graceEndsAt: graceOf(snapshot, held)!,
  });
  if (program === null) {
    // Not even all of them mend it: all go, and the row is nearer to whole.
    const victims = columns.map(victimOf);
    const cost = sum(columns.map((column) => column.cost));
    return {
      preemption: { type: 'repair', row: row.name, victims },
      record: {
        for: row.name,
        victims: victims.map(({ lease, right }) => [lease, right]),
        cost,
        leastCost: cost,
        programs: 0,
      },
      programs: [],
    };
  }
  const choice = await choose(ports, program);
  if (choice === null) return null;
  const victims = choice.victims.map(victimOf);
  return {
    preemption: { type: 'repair', row: row.name, victims },
    record: {
      for: row.name,
      victims: victims.map(({ lease, right }) => [lease, right]),
      cost: choice.cost,
      leastCost: choice.leastCost,
      programs: 1,
    },
    programs: [choice.program],
  };
}
