// Rows of exclusive datasets: while somebody holds one alone nobody else reads it, and while somebody reads it nobody holds it alone.
// Invariant: only packing rows, and none at all in a tick without an exclusive claim. What is held already is room.ts's. Called by index.ts.

import type { ModelBuilder } from '../../solver/index.ts';
import type { ResourceRequest } from '../domain/request.ts';
import { compareText } from './catalogue.ts';
import type { Choice, Place } from './formulation.ts';

/*
 * Per dataset p; m = sum over the columns that take p exclusively:
 *
 *   exclusive/<p>:     m  <=  1
 *   readers/<p>/<k>:   sum over the columns x of class k that share p  +  n_k m  <=  n_k
 *
 * n_k counts the requests of class k, which are alike in every other row (one template): so their columns stay one shape, and the row says
 * for each of them x + m <= 1. A request that may do either way stands in both sums; its columns exclude each other. Seats are taken in the
 * capacity row as by anybody. (One row "an exclusive request takes all seats" would say the same of whole plans, and less of fractions.)
 */

export type DatasetUse = readonly (readonly [place: Place, alone: boolean])[];

/** The datasets that one lease of these choices would read, and whether alone. */
export function datasetsOf(
  { options }: ResourceRequest,
  option: number,
  choices: readonly Choice[],
): DatasetUse {
  const { claims } = options[option]!;
  const uses = new Map<Place, boolean>();
  for (const { place, claim } of choices) {
    if (place.kind !== 'dataset') continue;
    uses.set(place, (uses.get(place) ?? false) || claims[claim]!.exclusive === true);
  }
  return [...uses];
}

/** What several leases of one column read: alone if any of them does. The search lets nobody else of them in there. */
export function datasetsTogether(uses: readonly DatasetUse[]): DatasetUse {
  const together = new Map<Place, boolean>();
  for (const [place, alone] of uses.flat()) together.set(place, (together.get(place) ?? false) || alone);
  return [...together];
}

interface Dataset {
  readonly alone: { readonly columns: number[]; readonly groups: Set<number> };
  readonly readers: Map<object, { readonly columns: number[]; readonly groups: Set<number> }>;
}

/** Gathers who reads what while the columns are made. */
export class DatasetRows {
  readonly #datasets = new Map<Place, Dataset>();

  /** `alike`: one object for all requests that no other row tells apart. */
  add(
    use: DatasetUse,
    at: { readonly column: number; readonly group: number; readonly alike: object },
  ): void {
    for (const [place, alone] of use) {
      let dataset = this.#datasets.get(place);
      if (dataset === undefined) {
        dataset = { alone: { columns: [], groups: new Set() }, readers: new Map() };
        this.#datasets.set(place, dataset);
      }
      let side = alone ? dataset.alone : dataset.readers.get(at.alike);
      if (side === undefined) {
        side = { columns: [], groups: new Set() };
        dataset.readers.set(at.alike, side);
      }
      side.columns.push(at.column);
      side.groups.add(at.group);
    }
  }

  emit(builder: ModelBuilder): void {
    const byId = [...this.#datasets].sort((a, b) => compareText(a[0].id, b[0].id));
    for (const [{ id }, { alone, readers }] of byId) {
      if (alone.columns.length === 0) continue;
      if (alone.groups.size > 1)
        addRow(builder, `exclusive/${id}`, { limit: 1, entries: [[alone.columns, 1]] });
      let k = 0;
      for (const { columns, groups } of readers.values()) {
        const limit = groups.size;
        addRow(builder, `readers/${id}/${k++}`, {
          limit,
          entries: [
            [columns, 1],
            [alone.columns, limit],
          ],
        });
      }
    }
  }
}

function addRow(
  builder: ModelBuilder,
  name: string,
  {
    limit,
    entries,
  }: { limit: number; entries: readonly (readonly [columns: readonly number[], coefficient: number])[] },
): void {
  const row = builder.addRow(name, limit);
  for (const [columns, coefficient] of entries)
    for (const column of columns) builder.addEntry(row, column, coefficient);
}
