// The baselines by name: an order of those who wait, and a room to start them in. Called by ../compare.ts.

import type { Capacity, Job } from '../job.ts';
import { ConsolidatedRoom } from './consolidated.ts';
import type { Discipline } from './engine.ts';
import { BEST_FIT, fgd, typicalSizes } from './fgd.ts';
import { Drf, Greedy, type QuotaLimit } from './greedy.ts';
import { FIRST_FIT, type NodeChoice, NodeRoom } from './nodeRoom.ts';
import { Easy, Fcfs, Sjf } from './queue.ts';
import { PoolRoom, type Room } from './room.ts';

export const BASELINES = ['fcfs', 'easy', 'sjf', 'priority', 'drf', 'bestfit', 'fgd'] as const;
export type BaselineName = (typeof BASELINES)[number];

export interface BaselineInput {
  readonly capacity: Capacity;
  readonly quotas: readonly QuotaLimit[];
  /** What FGD takes as the typical workload; absent: it cannot be had. */
  readonly jobs?: Iterable<Job>;
}

export interface Baseline {
  readonly discipline: Discipline;
  readonly room: Room;
}

/** New ones each time: they serve one run. */
export function baseline(name: BaselineName, input: BaselineInput): Baseline {
  const { capacity } = input;
  return { discipline: disciplineOf(name, input), room: roomOf(name, capacity, input.jobs ?? []) };
}

function disciplineOf(name: BaselineName, { capacity, quotas }: BaselineInput): Discipline {
  switch (name) {
    case 'fcfs':
      return new Fcfs();
    case 'easy':
      return new Easy();
    case 'sjf':
      return new Sjf();
    case 'priority':
      return new Greedy({ order: 'rank', quotas });
    case 'drf':
      return new Drf(unitsByKind(capacity));
    case 'bestfit':
    case 'fgd':
      return new Greedy({ order: 'arrival', quotas: [] });
    default: {
      const never: never = name;
      throw new Error(`unknown baseline ${JSON.stringify(never)}`);
    }
  }
}

function roomOf(name: BaselineName, capacity: Capacity, jobs: Iterable<Job>): Room {
  const { machines } = capacity;
  if (capacity.pools.some(({ unitsPerNode }) => unitsPerNode !== undefined))
    return new ConsolidatedRoom(capacity);
  if (machines === undefined) return new PoolRoom(capacity, name === 'bestfit' ? 'best' : 'first');
  const choices: Partial<Record<BaselineName, NodeChoice>> = {
    bestfit: BEST_FIT,
    ...(name === 'fgd' && { fgd: fgd(typicalSizes(jobs)) }),
  };
  return new NodeRoom(machines, choices[name] ?? FIRST_FIT);
}

export function unitsByKind({ pools }: Capacity): Map<string, number> {
  const units = new Map<string, number>();
  for (const { kind, capacity } of pools) units.set(kind, (units.get(kind) ?? 0) + capacity);
  return units;
}
