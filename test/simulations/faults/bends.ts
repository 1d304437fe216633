// Tools to bend a neighbour of the product: a commit on its way, or rows that a store has written. Invariant: nothing here is known to product
// code; each bend acts every time, or each time that `when` holds. Used by defects.ts.

import type { MemoryStore, StoreDump } from '../../../adapters/memory/store.ts';
import type { Change, TickCommit } from '../../../scheduler/index.ts';
import type { Bends } from '../../../simulations/index.ts';

export type ChangeOf<Type extends Change['type']> = Extract<Change, { type: Type }>;
type Writable<Row> = { -readonly [Field in keyof Row]: Row[Field] };
type Tables = { readonly [Table in keyof StoreDump]: readonly Writable<StoreDump[Table][number]>[] };

/** Every commit, before the store sees it. */
export function commits(bend: (commit: TickCommit) => TickCommit): Bends {
  return { store: (store) => ({ store: { commit: (commit) => store.store.commit(bend(commit)) } }) };
}

/** Changes of one type, each replaced by any number. */
export function changes<Type extends Change['type']>(
  type: Type,
  bend: (change: ChangeOf<Type>, commit: TickCommit) => readonly Change[],
): Bends {
  return commits((commit) => ({
    ...commit,
    changes: commit.changes.flatMap((change) =>
      change.type === type ? bend(change as ChangeOf<Type>, commit) : [change],
    ),
  }));
}

/** Rows as they stand in the store, after each commit of a tick: what is assigned to a row stays. */
export function rows(bend: (tables: Tables, commit: TickCommit) => void): Bends {
  return {
    store: (store) => ({
      store: {
        commit: async (commit) => {
          const before = store.dump().tick.length;
          const outcome = await store.store.commit(commit);
          if (store.dump().tick.length > before) bend(store.dump() as unknown as Tables, commit);
          return outcome;
        },
      },
    }),
  };
}

/** The leader's row as a commit meets it. */
export function withLeader(
  store: MemoryStore,
  bend: (leader: Tables['leader'][number], commit: TickCommit) => () => void,
): Bends['store'] {
  return () => ({
    store: {
      commit: (commit) => {
        const [leader] = store.dump().leader as unknown as Tables['leader'];
        const restore = leader === undefined ? () => {} : bend(leader, commit);
        // The store decides at once, before it answers.
        const outcome = store.store.commit(commit);
        restore();
        return outcome;
      },
    },
  });
}
