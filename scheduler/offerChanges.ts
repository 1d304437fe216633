// What a request could ask for instead: each change makes it ask for less, elsewhere or at another time, and never for more.
// Invariant: deterministic, and bounded by the probes that it is given; what it yields has been probed as it stands. Called by offers.ts alone.

import type { Configuration, Pool, PriorityClass } from './domain/configuration.ts';
import { lookupOf } from './domain/lookup.ts';
import { GPU_MILLI } from './domain/nodes.ts';
import { POOL_LABEL } from './domain/obligation.ts';
import type { Assignment } from './domain/plan.ts';
import { type Instant, multiplyDivideDown, type Units } from './domain/quantity.ts';
import type { Claim, Option, ResourceRequest, Selector, Terms } from './domain/request.ts';

/** One field that is asked otherwise. */
export type OfferChange =
  | {
      readonly field: 'quantity';
      readonly option: number;
      readonly claim: number;
      readonly kind: string;
      readonly from: Units;
      readonly to: Units;
    }
  /** `to` null: the place has no such label. */
  | {
      readonly field: 'label';
      readonly option: number;
      readonly claim: number;
      readonly label: string;
      readonly from: string | readonly string[];
      readonly to: string | null;
    }
  | {
      readonly field: 'window';
      readonly option: number;
      readonly claim: number;
      readonly from: NonNullable<Claim['window']>;
      readonly to: { readonly from: Instant; readonly to: Instant };
    }
  | { readonly field: 'durationSeconds'; readonly from: Units; readonly to: Units }
  | { readonly field: 'class'; readonly from: string; readonly to: string };

export interface Changed {
  readonly changes: readonly OfferChange[];
  readonly options: readonly Option[];
  readonly terms: Terms;
  readonly assignment: Assignment;
}

/** How it would be granted, asked so; null when it does not fit, or when no probe is left. */
export type Probe = (asked: Pick<ResourceRequest, 'options' | 'terms'>) => Assignment | null;

export interface ChangeInput {
  readonly configuration: Configuration;
  readonly request: ResourceRequest;
  readonly probe: Probe;
}

/** Options looked at; the others are what the requester likes least. */
const OPTIONS_MOST = 4;
/** A lease shorter than this is no offer. */
const SECONDS_LEAST = 60;

/** Another place: one label of the selectors given up, or all of them, and the labels of the place that is then found put in their stead. */
export function* otherPlaces(input: ChangeInput): Generator<Changed> {
  for (const [option, { claims }] of optionsOf(input)) {
    const labels = [...new Set(claims.flatMap(({ selector }) => Object.keys(selector ?? {})))].filter(
      (label) => label !== POOL_LABEL,
    );
    const wishes =
      labels.length > 1 ? [...labels.map((label) => [label]), labels] : labels.map((label) => [label]);
    for (const dropped of wishes) {
      const found = input.probe(
        asking(input, { option, claims: claims.map((claim) => without(claim, dropped)) }),
      );
      if (found === null) continue;
      const changes: OfferChange[] = [];
      const pinned = claims.map((claim, index) => {
        const pool = poolOf(input.configuration, found, index);
        return pool === null ? claim : pin(claim, { option, index, dropped, pool, changes });
      });
      yield* probed(input, { changes, asked: asking(input, { option, claims: pinned }) });
    }
  }
}

/** Another window of the calendar than those in the asked range. */
export function* otherWindows(input: ChangeInput): Generator<Changed> {
  for (const [option, { claims }] of optionsOf(input)) {
    if (claims.every(({ window }) => window === undefined)) continue;
    const found = input.probe(
      asking(input, { option, claims: claims.map(({ window: _, ...claim }) => claim) }),
    );
    if (found === null) continue;
    const changes: OfferChange[] = [];
    const pinned = claims.map((claim, index): Claim => {
      const to = windowOf(input.configuration, found, index);
      const { window: from } = claim;
      if (from === undefined || to === null || isWithin(to, from)) return claim;
      changes.push({ field: 'window', option, claim: index, from, to });
      return { ...claim, window: to };
    });
    yield* probed(input, { changes, asked: asking(input, { option, claims: pinned }) });
  }
}

/** Less of one claim, as much as fits; where no single claim is too large, less of all in proportion. */
export function* smallerQuantities(input: ChangeInput): Generator<Changed> {
  for (const [option, { claims }] of optionsOf(input)) {
    const larger = [...claims.keys()].filter((index) => stepsOf(claims[index]!) > 1);
    let isFound = false;
    for (const index of larger) {
      const claim = claims[index]!;
      const sized = (steps: Units): Claim[] =>
        claims.map((one, i) => (i === index ? withSteps(claim, steps) : one));
      for (const changed of atMost(input, {
        most: stepsOf(claim) - 1,
        asked: optionWith(input, option, sized),
      })) {
        isFound = true;
        yield changed;
      }
    }
    if (isFound || larger.length < 2) continue;
    const most = Math.max(...larger.map((index) => stepsOf(claims[index]!)));
    const scaled = (part: Units): Claim[] =>
      claims.map((claim) => withSteps(claim, Math.max(1, multiplyDivideDown(stepsOf(claim), part, most))));
    yield* atMost(input, { most: most - 1, asked: optionWith(input, option, scaled) });
  }
}

/** A shorter lease, by whole minutes: less is set aside for it, and it ends in time. */
export function* shorterDurations(input: ChangeInput): Generator<Changed> {
  const { options, terms } = input.request;
  const { durationSeconds: from, openEnded } = terms;
  if (openEnded) return;
  const most = Math.ceil(from / SECONDS_LEAST) - 1;
  yield* atMost(input, {
    most,
    asked: (minutes) => {
      const to = minutes * SECONDS_LEAST;
      return {
        changes: [{ field: 'durationSeconds', from, to }],
        asked: { options, terms: { ...terms, durationSeconds: to } },
      };
    },
  });
}

/** A class that comes later; the nearest first. Whether the agent may ask for it is the probe's to say. */
export function* laterClasses(input: ChangeInput): Generator<Changed> {
  const { options, terms } = input.request;
  for (const { name } of classesAfter(input.configuration, terms.class))
    yield* probed(input, {
      changes: [{ field: 'class', from: terms.class, to: name }],
      asked: { options, terms: { ...terms, class: name } },
    });
}

function classesAfter(configuration: Configuration, name: string): PriorityClass[] {
  const own = lookupOf(configuration).classes.get(name);
  const later = configuration.classes.filter(({ rank }) => own !== undefined && rank > own.rank);
  return later.sort((a, b) => a.rank - b.rank);
}

type Asked = Pick<ResourceRequest, 'options' | 'terms'>;

interface Wish {
  readonly changes: readonly OfferChange[];
  readonly asked: Asked;
}

function* probed({ probe }: Pick<ChangeInput, 'probe'>, { changes, asked }: Wish): Generator<Changed> {
  const assignment = changes.length === 0 ? null : probe(asked);
  if (assignment !== null) yield { changes, ...asked, assignment };
}

/** The largest of 1 to `most` that fits, by bisection: what fits, fits smaller too. */
function* atMost(
  input: Pick<ChangeInput, 'probe'>,
  { most, asked }: { readonly most: Units; readonly asked: (size: Units) => Wish },
): Generator<Changed> {
  let [fits, tooLarge] = [0, most + 1];
  let best: Changed | null = null;
  // The smallest first: what does not fit then never does, and that is the usual case.
  for (let size = 1; tooLarge - fits > 1; size = fits + Math.floor((tooLarge - fits) / 2)) {
    const [found] = probed(input, asked(size));
    if (found === undefined) tooLarge = size;
    else [fits, best] = [size, found];
  }
  if (best !== null) yield best;
}

function optionsOf({ request }: ChangeInput): [number, Option][] {
  return [...request.options.entries()].slice(0, OPTIONS_MOST);
}

/** The one option alone: what fits is offered, and not what does not. */
function asking(
  { request: { terms } }: ChangeInput,
  { claims }: Option & { readonly option: number },
): Asked {
  return { options: [{ claims }], terms };
}

function optionWith(
  input: ChangeInput,
  option: number,
  claimsOf: (size: Units) => Claim[],
): (size: Units) => Wish {
  const { claims: before } = input.request.options[option]!;
  return (size) => {
    const claims = claimsOf(size);
    const changes = claims.flatMap(({ kind, quantity: to }, claim): OfferChange[] => {
      const { quantity: from } = before[claim]!;
      return from === to ? [] : [{ field: 'quantity', option, claim, kind, from, to }];
    });
    return { changes, asked: asking(input, { option, claims }) };
  };
}

/** Whole GPUs of a node, units of anything else. */
function stepOf({ kind, quantity, node }: Claim): Units {
  return node !== undefined && kind === 'gpu' && quantity >= GPU_MILLI ? GPU_MILLI : 1;
}

function stepsOf(claim: Claim): Units {
  return Math.floor(claim.quantity / stepOf(claim));
}

function withSteps(claim: Claim, steps: Units): Claim {
  return { ...claim, quantity: steps * stepOf(claim) };
}

function without(claim: Claim, labels: readonly string[]): Claim {
  const { selector, ...rest } = claim;
  const kept = Object.entries(selector ?? {}).filter(([label]) => !labels.includes(label));
  return kept.length === 0 ? rest : { ...rest, selector: Object.fromEntries(kept) };
}

function pin(
  claim: Claim,
  at: {
    readonly option: number;
    readonly index: number;
    readonly dropped: readonly string[];
    readonly pool: Pool;
    readonly changes: OfferChange[];
  },
): Claim {
  const { option, index, dropped, pool, changes } = at;
  const selector: Record<string, Selector[string]> = {};
  for (const [label, from] of Object.entries(claim.selector ?? {})) {
    const value = pool.labels[label];
    const to = typeof value === 'string' ? value : (value?.[0] ?? null);
    const isAsked = to !== null && [from].flat().some((one) => [value].flat().includes(one));
    if (!dropped.includes(label) || isAsked) selector[label] = from;
    else {
      if (to !== null) selector[label] = to;
      changes.push({ field: 'label', option, claim: index, label, from, to });
    }
  }
  const { selector: _, ...rest } = claim;
  return Object.keys(selector).length === 0 ? rest : { ...rest, selector };
}

function poolOf(configuration: Configuration, { allocations }: Assignment, claim: number): Pool | null {
  const found = allocations.find((allocation) => allocation.claim === claim);
  return (found && lookupOf(configuration).pools.get(found.pool)) ?? null;
}

function windowOf(
  configuration: Configuration,
  assignment: Assignment,
  claim: number,
): { from: Instant; to: Instant } | null {
  const id = assignment.allocations.find((allocation) => allocation.claim === claim)?.window;
  const window = poolOf(configuration, assignment, claim)?.calendar?.find((one) => one.id === id);
  return window === undefined ? null : { from: window.startsAt, to: window.endsAt };
}

function isWithin(
  found: { from: Instant; to: Instant },
  { from, to }: NonNullable<Claim['window']>,
): boolean {
  return (from === undefined || found.from >= from) && (to === undefined || found.to <= to);
}
