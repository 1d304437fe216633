// The programs of the last ticks with what was granted and proved, for those who ask afterwards what they lacked. An observer of commits.
// Invariant: bounded by columns; the newest is always there, and the oldest goes first. Made by the composition roots.

import type { Solution } from '../solver/index.ts';
import type { RequestId } from './domain/ids.ts';
import type { Formulation } from './formulate/index.ts';
import type { CommitObserver } from './ports.ts';
import type { Snapshot } from './snapshot.ts';

export interface DecidedProgram {
  readonly tick: number;
  readonly snapshot: Snapshot;
  readonly formulation: Formulation;
  readonly solution: Solution;
}

export interface DecidedPrograms extends CommitObserver {
  /** The newest kept program that had the request among its columns. */
  with(request: RequestId): DecidedProgram | null;
}

/** The largest program has about 8,000, and holds some 10 MB with its requests: five of them, or hundreds of small ones. */
const COLUMNS_MOST = 40_000;
const PROGRAMS_MOST = 64;

export function keepPrograms(columnsMost = COLUMNS_MOST): DecidedPrograms {
  const kept: DecidedProgram[] = [];
  let columns = 0;
  return {
    committed({ record }, decided) {
      if (decided?.program == null || decided.program.solution.fault === 'refused') return;
      kept.push({ tick: record.tick, snapshot: decided.snapshot, ...decided.program });
      columns += decided.program.formulation.columns.length;
      while (kept.length > 1 && (columns > columnsMost || kept.length > PROGRAMS_MOST))
        columns -= kept.shift()!.formulation.columns.length;
    },
    with: (request) =>
      kept.findLast(({ formulation }) => columnsOfRequest(formulation, request).length > 0) ?? null,
  };
}

/** Columns that serve the request, or the gang that it is a member of; of one behind many like it the columns that it shares with the last of them. */
export function columnsOfRequest({ columns, alike }: Formulation, asked: RequestId): number[] {
  const found: number[] = [];
  const request = alike.standInFor(asked) ?? asked;
  for (const [column, meaning] of columns.entries()) {
    if (meaning.type === 'extension') continue;
    const services = meaning.type === 'gang' ? meaning.services : [meaning];
    if (services.some((service) => service.request.request.id === request)) found.push(column);
  }
  return found;
}
