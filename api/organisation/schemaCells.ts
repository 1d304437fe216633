// The cells of an organisation file, as TypeBox: which departments and pools are whose, and how what is shared is allotted.
// Invariant: closed, as schema.ts is, which puts them into a file.

import { type Static, Type } from 'typebox';
import { amount, closed, slug, slugs } from './schemaTerms.ts';

const Allotments = Type.Object(
  {
    pools: Type.Optional(
      Type.Record(slug('A pool.'), amount('Units that are this cell’s.'), {
        ...closed,
        description: 'Pool -> its units here; over all cells they are the capacity of the pool.',
      }),
    ),
    accounts: Type.Optional(
      Type.Record(
        slug('An account.'),
        Type.Integer({ minimum: 0, maximum: 100, description: 'Percent of every budget, rounded down.' }),
        { ...closed, description: 'Account -> percent of it here; over all cells at most 100.' },
      ),
    ),
  },
  { ...closed, description: 'Its parts of what several cells draw on.' },
);

export const CellEntry = Type.Object(
  {
    id: slug('Id of the cell.'),
    departments: Type.Array(Type.String(), {
      minItems: 1,
      uniqueItems: true,
      description: 'Its departments; each is in one cell, with its agents and their pools.',
    }),
    pools: Type.Optional(
      slugs('Pools that are its own, whole; of pools with nodes, the id that they are written under.'),
    ),
    allotments: Type.Optional(Allotments),
  },
  closed,
);

export type CellEntry = Static<typeof CellEntry>;
