// The packing program of one choice of victims: which leases may be kept, so that what is to fit fits once the others are gone.
// Invariant: every row is packing, the empty plan (nobody kept) is feasible or there is no program, and at most COLUMNS_MAX columns keep it exact.
// Called by nominees.ts and repair.ts; solved by solver/ like any other program.

import { type Model, ModelBuilder } from '../../solver/index.ts';
import type { Units } from '../domain/quantity.ts';
import type { HeldLease } from '../snapshot.ts';

/*
 *   maximise    sum over the leases l in question of cost_l z_l                  z_l = 1: l is kept
 *   subject to  sum of u_l z_l  <=  C - (later use - sum of u_l) - need          of each row that is short while all are kept
 *               sum of u_l z_l - e_d  <=  G_d - (later use of d - sum of u_l) - need_d,   sum of e_d  <=  sum of L_d - others      of a cohort
 *
 * Keeping the dearest is taking back the cheapest. Rows that hold with everybody kept hold for fewer, and are left out.
 */

/** As many as the solver decides exactly. */
export const COLUMNS_MAX = 30;
/** Between equal costs the younger lease goes: below one step of cost, an order of age of the thirty. */
const ORDER = 32;

export interface Column {
  readonly held: HeldLease;
  /** In units of the objective, at least 1. */
  readonly cost: Units;
}

/** sum of units of the kept <= room. */
export interface ShortRow {
  readonly name: string;
  /** What is left for the leases in question, if all of them stayed: negative by what is missing. */
  readonly slack: number;
  /** By number of the column. */
  readonly units: readonly Units[];
}

/** What members of a cohort hold beyond their guarantees. */
export interface ShortCohort {
  readonly name: string;
  readonly members: readonly {
    readonly name: string;
    /** G - later use with everybody kept, the nominee's units included: negative by what is lent to it. */
    readonly slack: number;
    readonly units: readonly Units[];
  }[];
  /** sum of L less what members without a lease in question have of it. */
  readonly lendable: number;
}

export interface Program {
  readonly model: Model;
  readonly columns: readonly Column[];
}

/** Null when not even all of them together make room. Columns stand youngest first. */
export function programOf(
  columns: readonly Column[],
  rows: readonly ShortRow[],
  cohorts: readonly ShortCohort[],
): Program | null {
  if (columns.length > COLUMNS_MAX) throw new Error(`${columns.length} leases in one choice of victims`);
  if (rows.some(({ slack, units }) => slack + sum(units) < 0)) return null;
  if (cohorts.some((cohort) => leastExcess(cohort) > cohort.lendable)) return null;
  const builder = new ModelBuilder();
  columns.forEach(({ cost }, age) => {
    builder.addGroup(0);
    builder.addColumn(cost * ORDER + age);
  });
  for (const { name, slack, units } of rows) {
    const row = builder.addRow(name, slack + sum(units));
    for (const [column, quantity] of units.entries()) builder.addEntry(row, column, quantity);
  }
  for (const cohort of cohorts) addCohort(builder, cohort);
  return { model: builder.build(), columns };
}

function addCohort(builder: ModelBuilder, { name, members, lendable }: ShortCohort): void {
  const excesses = members.map((member) => {
    const row = builder.addRow(member.name, member.slack + sum(member.units));
    for (const [column, quantity] of member.units.entries()) builder.addEntry(row, column, quantity);
    return builder.addExcess(row, Math.min(lendable, Math.max(0, -member.slack)));
  });
  const row = builder.addRow(name, lendable);
  for (const excess of excesses) builder.useExcess(row, excess, 1);
}

/** What all members would still borrow with everybody in question gone. */
function leastExcess({ members }: ShortCohort): number {
  return members.reduce((total, { slack, units }) => total + Math.max(0, -(slack + sum(units))), 0);
}

/** What the order of age adds is taken off again: in units of cost. */
export function costOfValue(value: number): Units {
  return Math.floor(value / ORDER);
}

export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
