// Pools and their calendars in an organisation file, as TypeBox: what is claimed, by how much, when and at which price.
// Invariant: closed, as schema.ts is, which puts them into a file.

import { type Static, Type } from 'typebox';
import { NODE_GPUS_MOST, NODES_MOST, type PoolNodes } from '../../scheduler/index.ts';
import {
  amount,
  classification,
  clock,
  closed,
  instant,
  labelValue,
  nodeAmount,
  slug,
} from './schemaTerms.ts';

export const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;

const Weekly = Type.Object(
  {
    days: Type.Array(Type.Enum([...WEEKDAYS]), {
      minItems: 1,
      uniqueItems: true,
      description: 'Days of the week.',
    }),
    from: clock('Start, UTC.'),
    to: clock('End, UTC; "24:00" is the end of the day.'),
    slots: amount('Units that can be taken in each window.'),
    weeks: Type.Integer({
      minimum: 1,
      maximum: 53,
      description: 'Weeks from the Monday of the current one.',
    }),
  },
  closed,
);

const ExplicitWindow = Type.Object(
  {
    startsAt: instant('UTC, to the minute.'),
    endsAt: instant('UTC, to the minute.'),
    slots: amount('Units.'),
  },
  closed,
);

export const Calendar = Type.Object(
  {
    weekly: Type.Optional(Type.Array(Weekly, { description: 'Rules that repeat every week.' })),
    windows: Type.Optional(Type.Array(ExplicitWindow, { description: 'Single windows.' })),
    except: Type.Optional(
      Type.Array(Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}$' }), {
        uniqueItems: true,
        description: 'Days, UTC, without windows of the weekly rules.',
      }),
    ),
  },
  closed,
);

const labels = Type.Record(slug('A label.'), labelValue, {
  ...closed,
  description: 'What selectors match: model, zone, skill, name, ...',
});

const poolPrice = amount('Minor currency units per unit and hour (per unit if consumable); absent: free.');

export const PoolMember = Type.Object(
  {
    id: slug('Id of the pool.'),
    capacity: Type.Optional(amount('Units now.')),
    labels: Type.Optional(labels),
    priceMinor: Type.Optional(poolPrice),
  },
  closed,
);

const NodeEntry = Type.Object(
  {
    id: slug('Unique in the pool; a node is called "<pool>/<id>", with a count "<pool>/<id>-01".'),
    count: Type.Optional(
      Type.Integer({ minimum: 1, maximum: NODES_MOST, description: 'How many equal nodes; absent: one.' }),
    ),
    gpus: Type.Optional(
      Type.Integer({ minimum: 0, maximum: NODE_GPUS_MOST, description: 'GPUs of each; absent: none.' }),
    ),
    model: Type.Optional(
      Type.String({ minLength: 1, maxLength: 128, description: 'The label `model` of its GPUs.' }),
    ),
    cpuMilli: nodeAmount('Thousandths of a CPU of each.'),
    memoryMiB: nodeAmount('MiB of each.'),
  },
  closed,
);

const NodePrices = Type.Object(
  {
    gpu: Type.Optional(amount('Per GPU and hour.')),
    cpu: Type.Optional(amount('Per CPU and hour.')),
    memory: Type.Optional(amount('Per GiB and hour.')),
  },
  { ...closed, description: 'Minor currency units; what is left out is free.' },
);

export const PoolTemplate = Type.Object(
  {
    id: Type.Optional(slug('Id of the pool; a series has those of its members.')),
    kind: Type.Optional(slug('gpu, cpu, memory, agent, dataset, review, license or your own.')),
    unit: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 32,
        description: 'What one unit is; the same for all pools of a kind.',
      }),
    ),
    capacity: Type.Optional(amount('Units now. Exactly one of `capacity`, `calendar` and `nodes`.')),
    calendar: Type.Optional(Calendar),
    nodes: Type.Optional(
      Type.Array(NodeEntry, {
        minItems: 1,
        maxItems: NODES_MOST,
        description:
          'Machines. Makes the pools "<id>-gpu" (mGPU), "<id>-cpu" (mCPU) and "<id>-memory" (MiB), with no `kind` and `unit` of its own.',
      }),
    ),
    prices: Type.Optional(NodePrices),
    labels: Type.Optional(labels),
    consumable: Type.Optional(
      Type.Boolean({ description: 'Gone once the lease has started; absent: false.' }),
    ),
    classification: Type.Optional(classification('Least clearance to claim from it; absent: none.')),
    priceMinor: Type.Optional(poolPrice),
    each: Type.Optional(
      Type.Array(PoolMember, {
        minItems: 1,
        description: 'A series of pools that are alike in all the rest.',
      }),
    ),
  },
  closed,
);

export type Calendar = Static<typeof Calendar>;
export type PoolMember = Static<typeof PoolMember>;
export type PoolTemplate = Static<typeof PoolTemplate>;
/** One pool, whether it was written alone or in a series. */
export type PoolEntry = Omit<PoolTemplate, 'id' | 'each' | 'nodes' | 'prices'> & {
  readonly id: string;
  readonly kind: string;
  readonly unit: string;
  readonly pricePer?: number;
  readonly nodes?: PoolNodes;
};
export type NodeEntry = Static<typeof NodeEntry>;
