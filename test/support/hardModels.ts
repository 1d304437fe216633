// Ticks in which one department asks what general solvers are slow at, beside normal requests of twenty others.
// Invariant: a seed is a tick; the hard department has pools of kinds of its own, so that what it costs the others is the solver's work alone.
// Used by test/solver/hard.*.ts and determinism.*.ts.
import { instanceOf } from '../../bench/instances/instance.ts';
import { NOW } from '../../bench/instances/parts.ts';
import { parseTickFile, type Snapshot } from '../../scheduler/index.ts';
import { seededDraw } from './syntheticTick.ts';

type Draw = ReturnType<typeof seededDraw>;

interface Hardness {
  /** Kind of resource -> capacities of its pools. */
  readonly pools: Readonly<Record<string, readonly number[]>>;
  /** Request -> kind -> quantity. */
  readonly requests: readonly Readonly<Record<string, number>>[];
}

const HARD_DEPARTMENT = 'department-hard';
const KIND = 'hard';

const listOf = <T>(count: number, of: () => T): T[] => Array.from({ length: count }, of);
const sumOf = (all: readonly Readonly<Record<string, number>>[], kind: string): number =>
  all.reduce((sum, request) => sum + request[kind]!, 0);

/** Of one kind, half of which fits into one pool; `offBy` moves the room off a round number. */
function knapsack(requests: Hardness['requests'], offBy = 0): Hardness {
  return { pools: { [KIND]: [Math.floor(sumOf(requests, KIND) / 2) + offBy] }, requests };
}

/**
 * Worth is a constant and a share of all there is (scheduler/formulate/objective.ts), so that every knapsack here is strongly correlated;
 * the others add to that.
 */
const KINDS: Readonly<Record<string, (draw: Draw, count: number) => Hardness>> = {
  'near-equal weights': (draw, count) => knapsack(listOf(count, () => ({ [KIND]: draw(1000, 1020) }))),
  // Every item takes more than a third of a bin and less than two thirds: a question of pairs, alike in every bin.
  'symmetric bins': (draw, count) => ({
    pools: { [KIND]: listOf(Math.ceil(count / 5), () => 100) },
    requests: listOf(count, () => ({ [KIND]: draw(34, 65) })),
  }),
  'large coefficients': (draw, count) =>
    knapsack(listOf(count, () => ({ [KIND]: draw(1, 999) * 1_000_003 + draw(0, 999_999) }))),
  'strongly correlated': (draw, count) => knapsack(listOf(count, () => ({ [KIND]: draw(1, 1000) }))),
  'even weights in an odd room': (draw, count) => {
    const { pools, requests } = knapsack(listOf(count, () => ({ [KIND]: 2 * draw(50, 500) })));
    return { pools: { [KIND]: [pools[KIND]![0]! | 1] }, requests };
  },
  // Cornuéjols and Dawande, "A class of hard small 0-1 programs" (1999): coefficients below 100, half of each sum.
  'market split': (draw, count) => {
    const kinds = [1, 2, 3, 4].map((n) => `${KIND}-${n}`);
    const requests = listOf(count, () => Object.fromEntries(kinds.map((kind) => [kind, draw(1, 99)])));
    return {
      pools: Object.fromEntries(kinds.map((kind) => [kind, [Math.floor(sumOf(requests, kind) / 2)]])),
      requests,
    };
  },
};

export const HARD_KINDS: readonly string[] = Object.keys(KINDS);

export interface HardTick {
  readonly seed: number;
  readonly kind: string;
  /** Of the twenty others. */
  readonly normalRequests: number;
  readonly hardRequests: number;
}

/** The n-th of as many as are wanted, each kind in turn. */
export function hardTick(n: number): HardTick {
  return { seed: n + 1, kind: HARD_KINDS[n % HARD_KINDS.length]!, normalRequests: 60, hardRequests: 36 };
}

export function isHard({ request }: Snapshot['requests'][number]): boolean {
  return request.department === HARD_DEPARTMENT;
}

export function hardSnapshot({ seed, kind, normalRequests, hardRequests }: HardTick): Snapshot {
  const normal = instanceOf({
    seed,
    requests: normalRequests,
    family: 'mixed',
    backlog: 1.5,
    leasedPercent: 0,
  });
  const { configuration, requests, ...rest } = normal as TickDocument;
  const { departments, agents, accounts, pools } = configuration;
  const hard = KINDS[kind]!(seededDraw(seed), hardRequests);
  const account = { ...accounts[0]!, id: HARD_DEPARTMENT, title: HARD_DEPARTMENT };
  const parsed = parseTickFile({
    ...rest,
    configuration: {
      ...configuration,
      departments: [...departments, { ...departments[0]!, id: HARD_DEPARTMENT, title: HARD_DEPARTMENT }],
      agents: [
        ...agents,
        { ...agents[0]!, id: 'agent-hard', department: HARD_DEPARTMENT, accounts: [HARD_DEPARTMENT] },
      ],
      accounts: [...accounts, account],
      pools: [...pools, ...poolsOf(hard)],
    },
    requests: [...requests, ...hard.requests.map((wants, i) => pendingOf(wants, requests, i))],
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems.slice(0, 3)));
  return parsed.snapshot;
}

/** The same tick without the hard department's requests. */
export function withoutHard(snapshot: Snapshot): Snapshot {
  return { ...snapshot, requests: snapshot.requests.filter((pending) => !isHard(pending)) };
}

interface TickDocument {
  readonly configuration: Readonly<
    Record<'departments' | 'agents' | 'accounts' | 'pools', readonly Readonly<Record<string, unknown>>[]>
  >;
  readonly requests: readonly { readonly request: object; readonly verdict: object }[];
}

function poolsOf({ pools }: Hardness): object[] {
  return Object.entries(pools).flatMap(([kind, capacities]) =>
    capacities.map((capacity, i) => ({
      id: `pool-${kind}-${i + 1}`,
      kind,
      unit: 'unit',
      labels: {},
      capacity,
      consumable: false,
      priceMinor: 0,
    })),
  );
}

function pendingOf(
  wants: Readonly<Record<string, number>>,
  normal: TickDocument['requests'],
  index: number,
): object {
  const { request, verdict } = normal[0]!;
  const { gang: _, ...terms } = (request as { terms: { gang?: unknown } }).terms;
  const id = `hard-${String(index).padStart(5, '0')}`;
  const claims = Object.entries(wants).map(([kind, quantity]) => ({ kind, quantity }));
  return {
    request: {
      ...request,
      id,
      clientRequestId: id,
      department: HARD_DEPARTMENT,
      agent: 'agent-hard',
      options: [{ claims }],
      terms,
      submittedAt: NOW - 1000,
    },
    sequence: normal.length + index + 1,
    verdict,
  };
}
