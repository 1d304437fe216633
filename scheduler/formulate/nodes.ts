// Nodes as the rest of formulate sees them: seats for a tick's bundles, or, where a tick only explains, which node has room.
// Invariant: reads one snapshot and changes nothing. Called by index.ts and room.ts; findings.ts asks through the room.

import type { Configuration } from '../domain/configuration.ts';
import { GPU_MILLI, type NodeKind, type NodeUse, unitsOfNode } from '../domain/nodes.ts';
import type { Plan } from '../domain/plan.ts';
import type { Units } from '../domain/quantity.ts';
import type { Shortage } from '../domain/reason.ts';
import type { Snapshot } from '../snapshot.ts';
import { type Bundle, type BundleCandidates, type NodePart, partsOf } from './bundles.ts';
import { type FormulationMemo, shapeOf } from './candidates.ts';
import type { OpenCandidate } from './combinations.ts';
import { Fleet, type FreeClass } from './fleet.ts';
import { gangsOf, isComplete } from './gangs.ts';
import type { Room } from './room.ts';
import { type PlannedSeats, planSeats, type Seeker } from './seatPlanner.ts';
import type { SeatPlan } from './seats.ts';

/** Shortages are compared in thousandths of what is asked. */
const THOUSANDTHS = 1000;

/** Seats for all of the batch that may start; null when nobody asks for a node. The room hands them out from here on. */
export function seatsFor(snapshot: Snapshot, room: Room, memo: FormulationMemo): PlannedSeats | null {
  const { configuration, requests } = snapshot;
  if (partsOf(configuration).length === 0) return null;
  const gangs = gangsOf(requests);
  const colocation = new Set<string>();
  const seekers: Seeker[] = [];
  for (const pending of requests) {
    const shape = shapeOf(memo, configuration, pending);
    if (shape.bundles.every((bundles) => bundles.length === 0)) continue;
    const { gang } = pending.request.terms;
    if (gang !== undefined && !isComplete(gangs.get(gang.id)!)) continue;
    if (gang?.colocate !== undefined) colocation.add(gang.colocate);
    seekers.push({ pending, shape });
  }
  if (seekers.length === 0) return null;
  const planned = planSeats({ snapshot, room, seekers, colocation: [...colocation].sort() });
  room.seat(planned.plan);
  return planned;
}

/** Nothing of any seat is left: who found no seat would find none in what remains. */
export function takesAllSeats({ units }: SeatPlan, { assignments }: Plan): boolean {
  const taken: Record<NodeKind, Units> = { gpu: 0, cpu: 0, memory: 0 };
  for (const { allocations } of assignments) {
    for (const { node, kind, quantity } of allocations)
      if (node !== undefined) taken[kind as NodeKind] += quantity;
  }
  return taken.gpu === units.gpu && taken.cpu === units.cpu && taken.memory === units.memory;
}

export class NodeRoom {
  readonly #configuration: Configuration;
  readonly #use: Snapshot['nodes']['use'];
  #seats: SeatPlan | null = null;
  #fleet: Fleet | null = null;

  constructor({ configuration, nodes }: Pick<Snapshot, 'configuration' | 'nodes'>) {
    this.#configuration = configuration;
    this.#use = nodes.use;
  }

  seat(plan: SeatPlan): void {
    this.#seats = plan;
  }

  openFor(candidates: BundleCandidates): OpenCandidate[] {
    return this.#seats === null ? this.#partsWithRoom(candidates) : this.#seats.openFor(candidates);
  }

  /** Parts as candidates: how many such bundles their nodes hold, one beside the other. */
  #partsWithRoom({ bundle, tiers }: BundleCandidates): OpenCandidate[] {
    this.#fleet ??= new Fleet(partsOf(this.#configuration), { use: this.#use, mix: [] });
    const open: OpenCandidate[] = [];
    for (const { rank, parts } of tiers) {
      for (const part of parts) {
        let free = 0;
        for (const nodes of this.#fleet.classesOf(part)) free += nodes.nodes.length * timesOn(nodes, bundle);
        const pool = part.places.values().next().value?.pools[0];
        if (free === 0 || pool === undefined) continue;
        const place = { id: `nodes/${part.id}`, kind: 'node', pools: [pool] as const };
        open.push({ place, window: null, rank, windowsSkipped: 0, free, part });
      }
    }
    return open;
  }

  /** The first bundle that finds no node beside those before it; null when all do. */
  crowdedOut(bundles: readonly BundleCandidates[]): BundleCandidates | null {
    const fleet = new Fleet(partsOf(this.#configuration), { use: this.#use, mix: [] });
    return bundles.find((candidates) => fleet.seat(candidates) === null) ?? null;
  }

  /** Of the node that lacks the fewest kinds, and of those the smallest part of what is asked; ties go to the first by id. */
  nearest({ bundle, tiers }: BundleCandidates): Shortage[] {
    let best: { lacks: number; short: Shortage[] } | null = null;
    for (const { parts } of tiers) {
      for (const part of parts) {
        for (const short of this.#shortagesIn(part, bundle)) {
          const lacks = short.reduce(
            (sum, { requested, available }) =>
              sum +
              THOUSANDTHS +
              Math.min(THOUSANDTHS - 1, Math.floor((THOUSANDTHS * (requested - available)) / requested)),
            0,
          );
          if (best === null || lacks < best.lacks) best = { lacks, short };
        }
      }
    }
    return best?.short ?? [];
  }

  /** Per node of the part. */
  *#shortagesIn(part: NodePart, bundle: Bundle): Generator<Shortage[]> {
    for (const { id, group } of part.nodes) {
      const use = this.#use.get(id);
      yield bundle.claims.flatMap(({ kind, quantity }): Shortage[] => {
        const available = availableOn(group, use, { kind, quantity });
        if (quantity <= available) return [];
        return [{ what: `${id}/${kind}`, requested: quantity, available, held: heldOn(use, kind) }];
      });
    }
  }
}

/** What one bundle could have of the kind: of a share of a GPU, the emptiest GPU; of several, those that are wholly free. */
function availableOn(
  group: NodePart['groups'][number],
  use: NodeUse | undefined,
  { kind, quantity }: { kind: NodeKind; quantity: Units },
): Units {
  if (kind !== 'gpu') return Math.max(0, unitsOfNode(group, kind) - heldOn(use, kind));
  const free = Array.from({ length: group.gpus }, (_, gpu) => GPU_MILLI - (use?.gpuMilli[gpu] ?? 0));
  if (quantity < GPU_MILLI) return Math.max(0, ...free);
  return free.filter((units) => units === GPU_MILLI).length * GPU_MILLI;
}

function heldOn(use: NodeUse | undefined, kind: NodeKind): Units {
  if (use === undefined) return 0;
  switch (kind) {
    case 'gpu':
      return use.gpuMilli.reduce((sum, units) => sum + units, 0);
    case 'cpu':
      return use.cpuMilli;
    case 'memory':
      return use.memoryMiB;
    default: {
      const never: never = kind;
      throw new Error(`unknown kind ${never}`);
    }
  }
}

function timesOn(free: FreeClass, { gpuMilli, cpuMilli, memoryMiB }: Bundle): Units {
  const times = [
    ...(cpuMilli > 0 ? [Math.floor(free.cpuMilli / cpuMilli)] : []),
    ...(memoryMiB > 0 ? [Math.floor(free.memoryMiB / memoryMiB)] : []),
  ];
  if (gpuMilli >= GPU_MILLI) times.push(Math.floor((free.whole * GPU_MILLI) / gpuMilli));
  else if (gpuMilli > 0) times.push(free.gpus.reduce((sum, units) => sum + Math.floor(units / gpuMilli), 0));
  return Math.min(...times);
}
