// Who asks for what: a mix computed from the organisation's own capacities, so that the scarcest kind is loaded to a stated share.
// Invariant: rate x mean hold x mean quantity x share of askers = load x capacity. Nothing here is tuned to a machine. Called by httpRun.ts.

import type { ClaimBody, SubmitBody } from '../api/client/index.ts';
import type { Agent, Configuration, Pool } from '../scheduler/index.ts';
import { pick, type Random, type Weighted, weightedPick } from './chance.ts';

/** What a wish takes of the scarcest kind, and how long its agent keeps the lease. */
export interface Wish {
  readonly agent: Agent;
  readonly body: Omit<SubmitBody, 'clientRequestId'>;
  readonly scarceUnits: number;
  readonly holdMs: number;
}

export interface MixOptions {
  readonly configuration: Configuration;
  /** Who asks: agents of the organisation that follow their events. */
  readonly actors: readonly Agent[];
  readonly ratePerSecond: number;
  /** Mean use of the scarcest kind over its capacity. */
  readonly load: number;
  readonly random: Random;
  /** A pool that the mix leaves alone, because something else holds all of it. */
  readonly except: Pool;
}

export interface Mix {
  next(): Wish;
  readonly scarceCapacity: number;
  /** Of all requests; 1 at most, and then the load is not reached. */
  readonly scarceShare: number;
}

export const SCARCE = 'gpu';
const HOLD_MS_LEAST = 2000;
const HOLD_MS_MOST = 20_000;
const HOLD_MS_MEAN = (HOLD_MS_LEAST + HOLD_MS_MOST) / 2;
/** Declared at submit, as an agent declares it: longer than it holds. */
const DURATIONS_SECONDS = [60, 120, 300];

const SCARCE_UNITS: readonly Weighted<number>[] = [
  { weight: 70, value: 1 },
  { weight: 20, value: 2 },
  { weight: 8, value: 4 },
  { weight: 2, value: 8 },
];
const SCARCE_UNITS_MEAN = SCARCE_UNITS.reduce((sum, { weight, value }) => sum + weight * value, 0) / 100;

/**
 * Of the askers. The first two models are wanted by more than they can hold, so that somebody is always sent to the next choice;
 * what nobody prefers takes the overflow.
 */
const PREFERENCES: readonly Weighted<readonly string[]>[] = [
  { weight: 50, value: ['H100', 'A100'] },
  { weight: 35, value: ['A100', 'L40S'] },
  { weight: 15, value: ['L40S', 'V100'] },
];

const CLASSES: readonly Weighted<string>[] = [
  { weight: 15, value: 'production' },
  { weight: 60, value: 'standard' },
  { weight: 25, value: 'batch' },
];

/** The third claim of requests that take nothing scarce: half read a data set, a quarter takes a slot of a colleague. */
const COMPANIONS: readonly Weighted<'dataset' | 'agent' | 'none'>[] = [
  { weight: 50, value: 'dataset' },
  { weight: 25, value: 'agent' },
  { weight: 25, value: 'none' },
];
/** Of the scarce requests that read a data set too: 4 claims instead of 3, and 3 on average over all. */
const SCARCE_WITH_DATASET = 0.4;

export function createMix(options: MixOptions): Mix {
  const { configuration, actors, ratePerSecond, load, random } = options;
  const scarceCapacity = capacityOf(configuration, SCARCE);
  const held = (ratePerSecond * HOLD_MS_MEAN * SCARCE_UNITS_MEAN) / 1000;
  const scarceShare = Math.min(1, (load * scarceCapacity) / held);
  const people = peopleOf(configuration, actors);
  const companion = companionsOf(options);
  return {
    scarceCapacity,
    scarceShare,
    next() {
      const isScarce = random() < scarceShare;
      const agent = isScarce ? people.byShare(random) : pick(actors, random);
      const scarceUnits = isScarce ? weightedPick(SCARCE_UNITS, random) : 0;
      const claims = isScarce ? scarceClaims(scarceUnits, random) : plainClaims(random);
      const wanted = isScarce
        ? random() < SCARCE_WITH_DATASET
          ? 'dataset'
          : 'none'
        : weightedPick(COMPANIONS, random);
      return {
        agent,
        scarceUnits,
        holdMs: HOLD_MS_LEAST + random() * (HOLD_MS_MOST - HOLD_MS_LEAST),
        body: {
          options: [{ claims: [...claims, ...companion(wanted, agent)] }],
          terms: { class: people.classOf(agent, random), durationSeconds: pick(DURATIONS_SECONDS, random) },
        },
      };
    },
  };
}

export function capacityOf({ pools }: Configuration, kind: string): number {
  return pools.reduce((sum, pool) => sum + (pool.kind === kind ? pool.capacity : 0), 0);
}

/** Faster cores first: they are a quarter of all, so that most of those who ask are sent to the others. */
const CPU_PREFERENCE = [{ family: 'compute' }];

function scarceClaims(units: number, random: Random): ClaimBody[] {
  const prefer = weightedPick(PREFERENCES, random).map((model) => ({ model }));
  return [
    { kind: SCARCE, quantity: units, prefer },
    { kind: 'cpu', quantity: 4 * units, prefer: CPU_PREFERENCE },
    { kind: 'memory', quantity: 16 * units },
  ];
}

function plainClaims(random: Random): ClaimBody[] {
  const cores = pick([1, 2, 4, 8], random);
  return [
    { kind: 'cpu', quantity: cores, prefer: CPU_PREFERENCE },
    { kind: 'memory', quantity: 4 * cores },
  ];
}

/** Scarce requests come by each department's nominal share of the kind, so that the load of each is the load of the whole. */
function peopleOf({ departments, quotas }: Configuration, actors: readonly Agent[]) {
  const shares: Weighted<readonly Agent[]>[] = departments.flatMap(({ id }) => {
    const members = actors.filter(({ department }) => department === id);
    const quota = quotas.find(({ department, kind }) => department === id && kind === SCARCE);
    return members.length > 0 && quota ? [{ weight: quota.nominal, value: members }] : [];
  });
  const classes = new Map(
    departments.map(({ id, classes: entitled }) => [
      id,
      CLASSES.filter(({ value }) => entitled.includes(value)),
    ]),
  );
  return {
    byShare: (random: Random): Agent => pick(weightedPick(shares, random), random),
    classOf: ({ department }: Agent, random: Random): string =>
      weightedPick(classes.get(department) ?? [], random),
  };
}

/**
 * Data sets that everybody is cleared for, and skills that enough agents have to sell; each in proportion to what it holds, so that
 * none of them becomes the bottleneck instead of the scarce kind.
 */
function companionsOf({ configuration, random, except }: MixOptions) {
  const names = configuration.pools.flatMap((pool): Weighted<string>[] => {
    const { kind, classification, labels, capacity } = pool;
    const isOpen = classification === 'public' || classification === 'internal';
    return kind === 'dataset' && isOpen && pool !== except && typeof labels.name === 'string'
      ? [{ weight: capacity, value: labels.name }]
      : [];
  });
  const skills = skillsOf(configuration);
  return (wanted: 'dataset' | 'agent' | 'none', { department }: Agent): ClaimBody[] => {
    const kinds = configuration.departments.find(({ id }) => id === department)?.kinds;
    if (wanted === 'none' || (kinds && !kinds.includes(wanted))) return [];
    const selector: Record<string, string> =
      wanted === 'dataset' ? { name: weightedPick(names, random) } : { skill: weightedPick(skills, random) };
    return [{ kind: wanted, quantity: 1, selector }];
  };
}

/** Agents of one skill that make its hours plentiful: 20 agents with 12 slots each. */
const SKILLED_AGENTS_LEAST = 20;

function skillsOf({ agents }: Configuration): Weighted<string>[] {
  const counts = new Map<string, number>();
  for (const { skills } of agents) {
    for (const skill of skills) counts.set(skill, (counts.get(skill) ?? 0) + 1);
  }
  return [...counts]
    .flatMap(([value, weight]) => (weight >= SKILLED_AGENTS_LEAST ? [{ weight, value }] : []))
    .sort((a, b) => (a.value < b.value ? -1 : 1));
}
