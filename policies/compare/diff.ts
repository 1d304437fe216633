// Two policies on the same rows: what changes, grouped by the codes that make the difference, with the first and simplest row of each.
// Invariant: every row is judged by both and none is left out in silence; what an engine could not answer counts as its denial.
// Called by api/cli/policy/diff.ts through the door; pure.
import type { PolicyService } from '../service.ts';
import type { Explanation, PolicyRow, Verdict } from '../verdict.ts';
import { byCodeUnit } from '../verdict.ts';
import { CHANGE_KINDS, type Change, type ChangeKind, changeOf } from './change.ts';
import { type GridInput, type GridRow, gridRows, gridSize } from './grid.ts';

export interface DiffInput extends GridInput {
  readonly before: Pick<PolicyService, 'evaluate' | 'explain'>;
  readonly after: Pick<PolicyService, 'evaluate' | 'explain'>;
  /** Rows after which it stops, and says so. */
  readonly rowsMost: number;
  /** Told after each batch. */
  readonly progress?: (done: number, of: number) => void;
}

export interface DiffGroup extends Change {
  readonly rows: number;
  /** Rows by department, most first. */
  readonly departments: readonly (readonly [department: string, rows: number])[];
  /** The simplest row, and in which fields it differs from the usual one of its department and class. */
  readonly row: PolicyRow;
  readonly changed: readonly (keyof PolicyRow)[];
  readonly before: Explanation;
  readonly after: Explanation;
}

export interface PolicyDiff {
  /** Gravest first, then most rows first. */
  readonly groups: readonly DiffGroup[];
  readonly counts: Readonly<Record<ChangeKind, number>>;
  readonly compared: number;
  /** Rows within the bound; more than `compared` if `rowsMost` came first. */
  readonly planned: number;
}

const BATCH_ROWS = 4_000;

export async function diffPolicies(input: DiffInput): Promise<PolicyDiff> {
  const planned = gridSize(input);
  const groups = new Map<string, Tally>();
  let compared = 0;
  for (const batch of batchesOf(gridRows(input), input.rowsMost)) {
    const rows = batch.map(({ row }) => row);
    const [before, after] = await Promise.all([
      input.before.evaluate({ tick: 'diff', rows }),
      input.after.evaluate({ tick: 'diff', rows }),
    ]);
    for (const [index, one] of batch.entries()) {
      const change = changeOf(before[index] as Verdict, after[index] as Verdict);
      if (change) count(groups, change, one);
    }
    compared += batch.length;
    input.progress?.(compared, Math.min(planned, input.rowsMost));
  }
  const counts = Object.fromEntries(CHANGE_KINDS.map((kind) => [kind, 0])) as Record<ChangeKind, number>;
  const explained: DiffGroup[] = [];
  for (const { change, first, rows, departments } of groups.values()) {
    counts[change.kind] += rows;
    explained.push({
      ...change,
      rows,
      departments: [...departments].sort(([a, some], [b, others]) => others - some || byCodeUnit(a, b)),
      ...first,
      before: await input.before.explain(first.row),
      after: await input.after.explain(first.row),
    });
  }
  const rank = ({ kind }: Change): number => CHANGE_KINDS.indexOf(kind);
  explained.sort((a, b) => rank(a) - rank(b) || b.rows - a.rows);
  return { groups: explained, counts, compared, planned };
}

interface Tally {
  readonly change: Change;
  readonly first: GridRow;
  readonly departments: Map<string, number>;
  rows: number;
}

function count(groups: Map<string, Tally>, change: Change, one: GridRow): void {
  const key = JSON.stringify([change.kind, change.gone, change.come]);
  let tally = groups.get(key);
  if (tally === undefined) {
    tally = { change, first: one, departments: new Map(), rows: 0 };
    groups.set(key, tally);
  }
  tally.rows += 1;
  const { department } = one.row;
  tally.departments.set(department, (tally.departments.get(department) ?? 0) + 1);
}

function* batchesOf(rows: Generator<GridRow>, most: number): Generator<readonly GridRow[]> {
  let batch: GridRow[] = [];
  let taken = 0;
  for (const row of rows) {
    if (taken === most) break;
    taken += 1;
    batch.push(row);
    if (batch.length < BATCH_ROWS) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
