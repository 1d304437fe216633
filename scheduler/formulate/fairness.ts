// Fairness rows: what a department's grants cost once its share of a scarce kind passes the level at which everybody would be even.
// Invariant: fairness orders new grants and forbids none; a column never loses more than 3/4 of its value per share. Called by index.ts.

import type { ModelBuilder } from '../../solver/index.ts';
import type { DepartmentId } from '../domain/ids.ts';
import { multiplyDivideDown, type Units } from '../domain/quantity.ts';
import { quotaKey } from '../domain/state.ts';
import type { Snapshot } from '../snapshot.ts';
import { type Catalogue, compareText } from './catalogue.ts';
import { GRAINS, grainsOfShare } from './objective.ts';
import type { Row, RowBook } from './rows.ts';
import type { Worths } from './worth.ts';

/*
 * A column is pressed when it takes units of a capacity row that can bind, or a seat of such a row, which stands for the
 * kind of which it is the largest share; a request, when all its columns with units of a kind are. Kind k
 * is scarce when pressed requests of two departments or more want more of it than F_k, what those rows have left. In grains, 16,000ths of
 * C_k, the kind's renewable units; u_dk = present use + decayed past use (scheduler/fairness.ts), w_d the department's weight, D_dk what its
 * pressed requests take at most:
 *
 *   level      L_k: the least with  sum over d of min(D_dk, max(0, w_d L_k - u_dk))  >=  F_k        (water filling)
 *   break      b_dki = w_d L_k m_i,   m = 1, 3/2, 2
 *   fairness/<d>/<k>/<i>:   sum a_j x_j - e  <=  b_dki - u_dk,     e >= 0 at a price of 1 a grain     while u_dk < b_dki
 *   value of x_j  less  a_j                                        for each i with u_dk >= b_dki      (the same, without a row)
 *
 * a_j = grains that the pressed column j takes of the scarce kind of which it takes most, as far as its share counts in its value: at 4 a
 * grain (objective.ts), so that three breaks take 3 of 4 at most and serving is always worth something. The slopes rise, so the penalty is
 * convex; below the level it is nothing, so that equal demands end within a request of each other, however the rest is packed.
 * (One penalty on the maximum over all kinds, instead of one per scarce kind, needs an excess with several defining rows. A column stands
 * in the rows of one kind only, which keeps the sum of slopes under the value per share.)
 */
const BREAKS_IN_HALVES = [2, 3, 4] as const;

/** What fairness takes of a column with that share in its value, at most. */
export function spentOnFairness(share: number): number {
  return BREAKS_IN_HALVES.length * grainsOfShare(share);
}

/** One department's part of a column. */
export interface FairPart {
  readonly department: DepartmentId;
  /** Entries in rows of capacity and seats; one array for all columns that are alike. */
  readonly units: readonly { readonly row: Row; readonly coefficient: number }[];
  /** What the share adds to the value: `shareOf`. */
  readonly share: number;
}

interface PlacedPart extends FairPart {
  readonly column: number;
  readonly group: number;
}

interface Standing {
  readonly held: number;
  readonly weight: number;
  /** Sum over the pressed groups of the most that one column of it takes. */
  demand: number;
}

interface Scarce {
  readonly kind: string;
  readonly capacity: Units;
  free: Units;
  readonly standings: Map<DepartmentId, Standing>;
}

/** What a column takes of the scarce kind of which it takes most. */
interface Taken {
  readonly from: Scarce;
  readonly grains: number;
}

export class Fairness {
  readonly #catalogue: Catalogue;
  readonly #snapshot: Pick<Snapshot, 'quotaUse' | 'pastUse'>;
  readonly #parts: PlacedPart[] = [];

  constructor(catalogue: Catalogue, snapshot: Pick<Snapshot, 'quotaUse' | 'pastUse'>) {
    this.#catalogue = catalogue;
    this.#snapshot = snapshot;
  }

  /** Columns in rising order. */
  add(column: number, group: number, { department, units, share }: FairPart): void {
    if (units.some(({ row }) => row.kind !== undefined))
      this.#parts.push({ department, units, share, column, group });
  }

  /** After all columns: lowers values, and puts what depends on the plan into rows of the book. */
  settle(book: RowBook, worths: Worths): void {
    const binding = bindingRows(book);
    if (binding.size === 0) return;
    const scarce = this.#scarceKinds(binding);
    const known = new Map<FairPart['units'], Taken | null>();
    const taken = this.#parts.map((part) => {
      let take = known.get(part.units);
      if (take === undefined) {
        take = takenOf(part, binding, scarce);
        known.set(part.units, take);
      }
      return take;
    });
    this.#countDemand(taken);
    const levels = new Map([...scarce.values()].map((kind) => [kind, levelOf(kind)]));
    const rows = new Map<Standing, (Row | null)[]>();
    for (const [p, { column, department }] of this.#parts.entries()) {
      const take = taken[p];
      const level = take ? levels.get(take.from) : null;
      if (!take || level === null || level === undefined) continue;
      const standing = this.#standing(take.from, department);
      let own = rows.get(standing);
      if (own === undefined) {
        own = rowsOf(book, { key: quotaKey(department, take.from.kind), level, standing, from: take.from });
        rows.set(standing, own);
      }
      for (const row of own) {
        if (row === null) worths.lower(column, take.grains);
        else book.add(row, column, take.grains);
      }
    }
  }

  emit(builder: ModelBuilder, book: RowBook): void {
    for (const row of book.family('fairness/')) {
      const over = book.mostOf(row) - row.room;
      if (over > 0) builder.addExcess(book.emit(builder, row, row.room), over, 1);
    }
  }

  #scarceKinds(binding: ReadonlySet<Row>): Map<string, Scarce> {
    const scarce = new Map<string, Scarce>();
    for (const { kind, room, unitsEach } of binding) {
      const free = room * unitsEach;
      const capacity = this.#catalogue.unitsOfKind.get(kind!) ?? 0;
      const known = scarce.get(kind!);
      if (known) known.free += free;
      else if (capacity > 0) scarce.set(kind!, { kind: kind!, capacity, free, standings: new Map() });
    }
    return scarce;
  }

  /** Of a group only if every column of it is pressed. Parts of one group stand together; a gang's may be of several departments. */
  #countDemand(taken: readonly (Taken | null)[]): void {
    for (let from = 0, to = 0; from < this.#parts.length; from = to) {
      const most = new Map<Standing, number>();
      let ofColumn = new Map<Standing, number>();
      let isPressed = true;
      for (; this.#parts[to]?.group === this.#parts[from]!.group; to++) {
        const { column, department } = this.#parts[to]!;
        if (this.#parts[to - 1]?.column !== column) ofColumn = new Map();
        const take = taken[to];
        if (!take) {
          isPressed = false;
          continue;
        }
        const standing = this.#standing(take.from, department);
        const sum = (ofColumn.get(standing) ?? 0) + take.grains;
        ofColumn.set(standing, sum);
        most.set(standing, Math.max(most.get(standing) ?? 0, sum));
      }
      if (isPressed) for (const [standing, grains] of most) standing.demand += grains;
    }
  }

  #standing({ kind, capacity, standings }: Scarce, department: DepartmentId): Standing {
    const known = standings.get(department);
    if (known) return known;
    const key = quotaKey(department, kind);
    const use = (this.#snapshot.quotaUse.get(key) ?? 0) + (this.#snapshot.pastUse?.get(key) ?? 0);
    const made: Standing = {
      held: grainsIn(use, capacity),
      weight: this.#catalogue.weightOf(department),
      demand: 0,
    };
    standings.set(department, made);
    return made;
  }
}

/** Rows of capacity and seats of renewable kinds that the whole batch could overfill. */
function bindingRows(book: RowBook): Set<Row> {
  const rows = [...book.family('capacity/'), ...book.family('seats/')];
  return new Set(rows.filter((row) => row.kind !== undefined && book.mostOf(row) > row.room));
}

/** Null: it takes nothing of what may be scarce. Ties go to the first kind by name. */
function takenOf(
  { units, share }: FairPart,
  binding: ReadonlySet<Row>,
  scarce: ReadonlyMap<string, Scarce>,
): Taken | null {
  const byKind = new Map<string, number>();
  for (const { row, coefficient } of units)
    if (binding.has(row)) byKind.set(row.kind!, (byKind.get(row.kind!) ?? 0) + coefficient * row.unitsEach);
  let best: Taken | null = null;
  for (const [kind, quantity] of [...byKind].sort(([a], [b]) => compareText(a, b))) {
    const from = scarce.get(kind);
    if (from === undefined) continue;
    const grains = grainsIn(quantity, from.capacity);
    if (best === null || grains > best.grains) best = { from, grains };
  }
  return best && { from: best.from, grains: Math.min(best.grains, grainsOfShare(share)) };
}

function grainsIn(units: Units, capacity: Units): number {
  return multiplyDivideDown(units, GRAINS, capacity);
}

/** Null where the kind is not scarce, or one department alone wants it. Bisection over whole grains. */
function levelOf({ capacity, free, standings }: Scarce): number | null {
  const wanting = [...standings.values()].filter(({ demand }) => demand > 0);
  const supply = grainsIn(free, capacity);
  const wanted = wanting.reduce((sum, { demand }) => sum + demand, 0);
  if (wanting.length < 2 || wanted <= supply) return null;
  const filled = (level: number): number => {
    let sum = 0;
    for (const { held, weight, demand } of wanting)
      sum += Math.min(demand, Math.max(0, level * weight - held));
    return sum;
  };
  let low = 0;
  let high = Math.max(...wanting.map(({ held, weight, demand }) => Math.ceil((held + demand) / weight)));
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (filled(middle) >= supply) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** One a break; null where the department is beyond it already, none where all that is free would not take it there. */
function rowsOf(
  book: RowBook,
  of: { key: string; level: number; standing: Standing; from: Scarce },
): (Row | null)[] {
  const { key, level, standing, from } = of;
  const supply = grainsIn(from.free, from.capacity);
  return BREAKS_IN_HALVES.flatMap((halves, i) => {
    const room = Math.floor((level * standing.weight * halves) / 2) - standing.held;
    if (room >= supply) return [];
    return [room <= 0 ? null : book.row(`fairness/${key}/${i}`, room)];
  });
}
