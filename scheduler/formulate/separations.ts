// Separations: what one agent must not hold together with something else, as rows between the tick's own columns; what the agent holds
// already takes the other side's columns out of the tick. Invariant: only packing rows, exact for whole plans, and none for an agent with
// columns on one side alone. Called by policyRows.ts and index.ts.

import type { ModelBuilder } from '../../solver/index.ts';
import { isEnforced, type RowSelector, type SeparationUse } from '../domain/policyRow.ts';
import type { Units } from '../domain/quantity.ts';
import type { ResourceRequest } from '../domain/request.ts';
import { compareText } from './catalogue.ts';
import type { Choice } from './formulation.ts';
import { selectsAny, selectsRequest } from './selectors.ts';

/*
 * Per separation and agent; X the columns of the one side and n how many requests they are of; y_g the sum over the columns of request g
 * on the other side, which is the one with fewer requests:
 *
 *   policy/<separation>/<agent>/<k>:   sum over X of x  +  n y_g  <=  n          for each g
 *
 * Whoever holds both sides already (a policy that is new, a selector that grew) is granted nothing more on either: the broken-row rule.
 */

interface Side {
  readonly columns: number[];
  readonly groups: Map<number, number[]>;
}

interface Held {
  readonly use: SeparationUse;
  readonly byAgent: ReadonlyMap<string, readonly [Units, Units]>;
}

/** A separation that keeps a grant out, and how many leases of the other side its agent holds. */
export interface Conflict {
  readonly use: SeparationUse;
  readonly held: Units;
}

type Sides = readonly [first: boolean, second: boolean];

export class SeparationRoom {
  readonly selectors: readonly RowSelector[];
  readonly #separations: readonly Held[];
  /** Separation -> agent -> sides, of the tick's columns. */
  readonly #columns = new Map<Held, Map<string, readonly [Side, Side]>>();

  constructor(uses: readonly SeparationUse[]) {
    this.#separations = uses
      .filter(({ separation }) => isEnforced(separation))
      .map((use) => ({
        use,
        byAgent: new Map(use.held.map(([agent, first, second]) => [agent, [first, second] as const])),
      }));
    this.selectors = this.#separations.flatMap(({ use }) => use.separation.sides);
  }

  get isEmpty(): boolean {
    return this.#separations.length === 0;
  }

  /** As PolicyRoom's: what an agent holds is its own, so whoever a separation may mean is told apart by name. */
  signatureOf(request: ResourceRequest): string {
    const isMeant = this.selectors.some((selector) => selectsRequest(selector, request));
    return isMeant ? `${request.agent} ` : '';
  }

  fitsAll(
    grants: readonly { readonly request: ResourceRequest; readonly choices: readonly Choice[] }[],
  ): boolean {
    if (this.isEmpty) return true;
    for (const held of this.#separations) {
      const taken = new Map<string, Sides>();
      for (const { request, choices } of grants) {
        const [first, second] = sidesOf(held, request, choices);
        if (!first && !second) continue;
        const before = taken.get(request.agent) ?? [false, false];
        taken.set(request.agent, [before[0] || first, before[1] || second]);
      }
      for (const [agent, sides] of taken) if (conflictOf(held, agent, sides) !== null) return false;
    }
    return true;
  }

  conflictsOf(request: ResourceRequest, choices: readonly Choice[]): Conflict[] {
    return this.#separations.flatMap((held) => {
      const other = conflictOf(held, request.agent, sidesOf(held, request, choices));
      return other === null ? [] : [{ use: held.use, held: other }];
    });
  }

  /** A column is of one group, and its grants fit together. */
  add(
    { column, group }: { readonly column: number; readonly group: number },
    grants: readonly { readonly request: ResourceRequest; readonly choices: readonly Choice[] }[],
  ): void {
    for (const held of this.#separations) {
      for (const { request, choices } of grants) {
        for (const [side, isOn] of sidesOf(held, request, choices).entries()) {
          if (!isOn) continue;
          const { columns, groups } = this.#sideOf(held, request.agent, side as 0 | 1);
          if (columns.at(-1) === column) continue;
          columns.push(column);
          groups.set(group, [...(groups.get(group) ?? []), column]);
        }
      }
    }
  }

  emit(builder: ModelBuilder): void {
    for (const held of this.#separations) {
      const agents = [...(this.#columns.get(held) ?? [])].sort((a, b) => compareText(a[0], b[0]));
      for (const [agent, [first, second]] of agents) {
        const [many, few] = first.groups.size >= second.groups.size ? [first, second] : [second, first];
        let k = 0;
        for (const columns of few.columns.length === 0 || many.columns.length === 0
          ? []
          : few.groups.values()) {
          const n = many.groups.size;
          const row = builder.addRow(`policy/${held.use.separation.id}/${agent}/${k++}`, n);
          for (const column of many.columns) builder.addEntry(row, column, 1);
          for (const column of columns) builder.addEntry(row, column, n);
        }
      }
    }
  }

  #sideOf(held: Held, agent: string, side: 0 | 1): Side {
    let byAgent = this.#columns.get(held);
    if (byAgent === undefined) {
      byAgent = new Map();
      this.#columns.set(held, byAgent);
    }
    let sides = byAgent.get(agent);
    if (sides === undefined) {
      sides = [
        { columns: [], groups: new Map() },
        { columns: [], groups: new Map() },
      ];
      byAgent.set(agent, sides);
    }
    return sides[side];
  }
}

function sidesOf({ use }: Held, request: ResourceRequest, choices: readonly Choice[]): Sides {
  const [first, second] = use.separation.sides;
  return [selectsAny(first, request, choices), selectsAny(second, request, choices)];
}

/** Leases of the agent that the sides conflict with, 0 where they conflict with each other; null: they do not conflict. */
function conflictOf({ byAgent }: Held, agent: string, [first, second]: Sides): Units | null {
  const [heldFirst, heldSecond] = byAgent.get(agent) ?? [0, 0];
  if (first && heldSecond > 0) return heldSecond;
  if (second && heldFirst > 0) return heldFirst;
  return first && second ? 0 : null;
}
