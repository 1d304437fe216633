// The integer program as the solver sees it: columns in groups, packing rows, nothing of pools or departments.
// Invariant: every number is an exact integer; the empty plan satisfies every row. Built by `ModelBuilder`, read by all of solver/.

/**
 * A packing program, maximised stage by stage.
 *
 *   maximise   sum over columns j of stage s of objective[j] * x_j - sum_k excessCost[k] * (e_k - e_k before the stage),
 *              for s = 0, 1, ... in order, earlier grants frozen
 *   subject to sum over columns of group g of x_j <= 1                 (one column per request at most: all or nothing)
 *              sum_j a_ij x_j + sum_k a_ik e_k <= rhs_i                every row i
 *              x_j in {0, 1};  0 <= e_k <= excessUpper[k], continuous
 *
 * `a_ij >= 0` for every structural column. An excess column e_k has coefficient -1 in exactly one row, its defining row,
 * and non-negative coefficients in rows after that one; its least value is therefore max(0, lhs of its defining row - rhs).
 * `rhs >= 0` except in defining rows, where the empty plan may already need an excess.
 *
 * The caller sees to it that the excesses a column raises never cost more than its objective less 1, so that every grant is worth
 * at least 1 and a best plan leaves nothing out that fits. Defining rows with falling room make a convex piecewise-linear penalty.
 */
export interface Model {
  /** Structural columns 0..columnCount-1; excess columns follow them as columnCount..columnCount+excessCount-1. */
  readonly columnCount: number;
  readonly excessCount: number;
  readonly groupCount: number;
  /** Column -> group. Columns of one group are adjacent; groups are in order of arrival, which breaks ties. */
  readonly group: Int32Array;
  /** Group -> stage (strict class), 0 first. */
  readonly stage: Int32Array;
  /** Column -> value when granted, an integer >= 1. */
  readonly objective: Float64Array;
  /** Excess column -> its upper bound; with the right side of its defining row still a safe integer. */
  readonly excessUpper: Float64Array;
  /** Excess column -> what a unit of it takes off the objective, an integer >= 0. */
  readonly excessCost: Float64Array;
  readonly rowCount: number;
  /** Row names, unique, meaningful to the caller ("capacity/gpu-a/now"). */
  readonly rowNames: readonly string[];
  readonly rhs: Float64Array;
  /** Compressed sparse rows: entries of row i are starts[i]..starts[i+1]-1. Column indices rise within a row. */
  readonly starts: Int32Array;
  readonly indices: Int32Array;
  readonly values: Float64Array;
  /** Excess column k -> its defining row. */
  readonly definingRow: Int32Array;
}

/** A model that breaks its own invariant: a bug of the caller, never bad input of a user. */
export class ModelError extends Error {
  override name = 'ModelError';
}

interface RowDraft {
  name: string;
  rhs: number;
  entries: Map<number, number>;
}

interface ExcessDraft {
  readonly upper: number;
  readonly cost: number;
  readonly definingRow: number;
  readonly uses: { readonly row: number; coefficient: number }[];
}

/** Collects columns and rows in any order and checks every number on the way in. */
export class ModelBuilder {
  readonly #groupStage: number[] = [];
  readonly #group: number[] = [];
  readonly #objective: number[] = [];
  readonly #rows: RowDraft[] = [];
  readonly #rowByName = new Map<string, number>();
  readonly #definingRows = new Set<number>();
  readonly #excess: ExcessDraft[] = [];

  /** A group of mutually exclusive columns (one request). Returns its index. Call in order of arrival. */
  addGroup(stage: number): number {
    this.#groupStage.push(requireInteger(stage, 'stage', 0));
    return this.#groupStage.length - 1;
  }

  /** A column of the newest group. `objective` is an integer >= 1. Returns the column's index. */
  addColumn(objective: number): number {
    if (this.#groupStage.length === 0) throw new ModelError('addColumn before addGroup');
    this.#group.push(this.#groupStage.length - 1);
    this.#objective.push(requireInteger(objective, 'objective', 1));
    return this.#objective.length - 1;
  }

  /** A row `... <= rhs`. Defining rows of excess columns may have a negative `rhs`. Returns its index. */
  addRow(name: string, rhs: number): number {
    if (this.#rowByName.has(name)) throw new ModelError(`row ${name} added twice`);
    this.#rowByName.set(name, this.#rows.length);
    this.#rows.push({ name, rhs: requireInteger(rhs, name, Number.MIN_SAFE_INTEGER), entries: new Map() });
    return this.#rows.length - 1;
  }

  rowIndex(name: string): number | undefined {
    return this.#rowByName.get(name);
  }

  /** Adds to the coefficient of a structural column; the sum over calls counts. */
  addEntry(row: number, column: number, coefficient: number): void {
    const draft = this.#rows[row];
    if (draft === undefined) throw new ModelError(`no row ${row}`);
    if (column < 0 || column >= this.#objective.length) throw new ModelError(`no column ${column}`);
    const sum = (draft.entries.get(column) ?? 0) + requireInteger(coefficient, draft.name, 0);
    if (sum > 0) draft.entries.set(column, requireInteger(sum, draft.name, 0));
  }

  /**
   * e = max(0, lhs of definingRow - its rhs), at most `upper`; each unit takes `cost`, an integer >= 0, off the objective.
   * Returns a handle for `useExcess`.
   */
  addExcess(definingRow: number, upper: number, cost = 0): number {
    if (definingRow < 0 || definingRow >= this.#rows.length) throw new ModelError(`no row ${definingRow}`);
    // Two excesses of one row would share its overflow in any proportion: "least value" would mean nothing.
    if (this.#definingRows.has(definingRow)) throw new ModelError(`row ${definingRow} defines two excesses`);
    this.#definingRows.add(definingRow);
    this.#excess.push({
      upper: requireInteger(upper, 'excess upper', 0),
      cost: requireInteger(cost, 'excess cost', 0),
      definingRow,
      uses: [],
    });
    return this.#excess.length - 1;
  }

  /** Puts an excess into a later row with a non-negative coefficient. */
  useExcess(row: number, excess: number, coefficient: number): void {
    const draft = this.#excess[excess];
    if (draft === undefined) throw new ModelError(`no excess ${excess}`);
    if (row < 0 || row >= this.#rows.length) throw new ModelError(`no row ${row}`);
    if (row <= draft.definingRow)
      throw new ModelError('an excess is used only in rows after its defining row');
    const earlier = draft.uses.find((use) => use.row === row);
    const sum = (earlier?.coefficient ?? 0) + requireInteger(coefficient, 'excess coefficient', 0);
    if (earlier) earlier.coefficient = requireInteger(sum, 'excess coefficient', 0);
    else if (sum > 0) draft.uses.push({ row, coefficient: sum });
  }

  build(): Model {
    this.#refuseIfValueCanOverflow();
    this.#refuseIfEmptyPlanBreaksRow();
    const columnCount = this.#objective.length;
    const starts = new Int32Array(this.#rows.length + 1);
    const indices: number[] = [];
    const values: number[] = [];
    const excessEntries = this.#excessEntriesByRow(columnCount);
    this.#rows.forEach((row, i) => {
      for (const [column, coefficient] of inOrder(row.entries, excessEntries.get(i))) {
        indices.push(column);
        values.push(coefficient);
      }
      starts[i + 1] = indices.length;
    });
    return {
      columnCount,
      excessCount: this.#excess.length,
      groupCount: this.#groupStage.length,
      group: Int32Array.from(this.#group),
      stage: Int32Array.from(this.#groupStage),
      objective: Float64Array.from(this.#objective),
      excessUpper: Float64Array.from(this.#excess, ({ upper, definingRow }) =>
        Math.min(upper, Number.MAX_SAFE_INTEGER - Math.max(0, this.#rows[definingRow]!.rhs)),
      ),
      excessCost: Float64Array.from(this.#excess, (excess) => excess.cost),
      rowCount: this.#rows.length,
      rowNames: this.#rows.map((row) => row.name),
      rhs: Float64Array.from(this.#rows, (row) => row.rhs),
      starts,
      indices: Int32Array.from(indices),
      values: Float64Array.from(values),
      definingRow: Int32Array.from(this.#excess, (excess) => excess.definingRow),
    };
  }

  /** Every plan's value must stay exact: the sum of every group's largest objective and of every excess's dearest is a safe integer. */
  #refuseIfValueCanOverflow(): void {
    const largest = new Float64Array(this.#groupStage.length);
    this.#group.forEach((group, column) => {
      largest[group] = Math.max(largest[group]!, this.#objective[column]!);
    });
    const dearest = this.#excess.reduce((sum, { upper, cost }) => sum + upper * cost, 0);
    requireInteger(
      largest.reduce((sum, value) => sum + value, dearest),
      'sum of objectives',
      0,
    );
  }

  #refuseIfEmptyPlanBreaksRow(): void {
    const excessOfRow = new Map(this.#excess.map((excess) => [excess.definingRow, excess]));
    const carried = new Float64Array(this.#rows.length);
    this.#rows.forEach((row, i) => {
      const over = carried[i]! - row.rhs;
      const excess = excessOfRow.get(i);
      if (over > (excess?.upper ?? 0))
        throw new ModelError(`the empty plan breaks row ${row.name} by ${over}`);
      for (const use of over > 0 ? excess!.uses : [])
        carried[use.row] = carried[use.row]! + use.coefficient * over;
    });
  }

  #excessEntriesByRow(columnCount: number): Map<number, [number, number][]> {
    const byRow = new Map<number, [number, number][]>();
    const put = (row: number, entry: [number, number]): void => {
      const list = byRow.get(row);
      if (list) list.push(entry);
      else byRow.set(row, [entry]);
    };
    this.#excess.forEach((excess, k) => {
      put(excess.definingRow, [columnCount + k, -1]);
      for (const use of excess.uses) put(use.row, [columnCount + k, use.coefficient]);
    });
    return byRow;
  }
}

function requireInteger(value: number, what: string, least: number): number {
  if (!Number.isSafeInteger(value) || value < least) {
    throw new ModelError(`${what}: ${value} is not a safe integer >= ${least}`);
  }
  return value;
}

/** By column. Entries come in this order from whoever adds columns one after another: then nothing is sorted. */
function inOrder(
  entries: ReadonlyMap<number, number>,
  excess: readonly (readonly [number, number])[] | undefined,
): Iterable<readonly [number, number]> {
  let last = -1;
  let isRising = true;
  for (const column of entries.keys()) {
    if (column < last) isRising = false;
    last = column;
  }
  // Excess columns stand behind all others.
  if (isRising && excess === undefined) return entries;
  return [...entries, ...(excess ?? [])].sort((a, b) => a[0] - b[0]);
}
