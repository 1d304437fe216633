// The requests of an instance: what 20 departments of agents ask for in one breath, and what of it each kind and department adds up to.
// Invariant: request i of a seed is the same whatever the size of the rest, so that a warm instance shares nine in ten with its cold one.
import {
  agentId,
  CPU_GRADES,
  DATASETS,
  DEPARTMENTS,
  type Draw,
  departmentId,
  GPU_MODELS,
  HOUR,
  NOW,
  PRICES,
  REQUESTS_OF_AGENT,
  SKILLS,
  seededDraw,
  weighted,
  ZONES,
} from './parts.ts';

/** `mixed`: nearly every request is one of its kind. `shapes`: 60 different ones, of many ages. `classes`: as `mixed`, in three strict classes. */
export type Family = 'mixed' | 'shapes' | 'classes';

export interface Claim {
  readonly kind: string;
  readonly quantity: number;
  readonly selector?: Readonly<Record<string, string>>;
  readonly prefer?: readonly Readonly<Record<string, string>>[];
}

export interface Drawn {
  readonly id: string;
  readonly department: string;
  readonly agent: string;
  readonly class: string;
  readonly options: readonly { readonly claims: readonly Claim[] }[];
  readonly durationSeconds: number;
  readonly submittedAt: number;
  readonly gang?: { readonly id: string; readonly size: number; readonly colocate: 'zone' };
  /** Of the first option, in minor units: price an hour times the duration, rounded up. */
  readonly cost: number;
}

export interface RequestsOf {
  readonly seed: number;
  readonly requests: number;
  readonly family: Family;
  /** 1 in so many is replaced by another draw; 0: none. */
  readonly replacedOneIn?: number;
}

/** In order of rank. */
export const CLASSES: Readonly<Record<Family, readonly string[]>> = {
  mixed: ['standard'],
  shapes: ['standard'],
  classes: ['urgent', 'standard', 'spare'],
};
const SHAPES = 60;
/** Of a hundred members of gangs there are about two. */
const GANG_ONE_IN = 120;

export function drawRequests({ seed, requests, family, replacedOneIn = 0 }: RequestsOf): Drawn[] {
  const agents = Math.max(DEPARTMENTS, Math.ceil(requests / REQUESTS_OF_AGENT));
  const wishes =
    family === 'shapes' ? Array.from({ length: SHAPES }, (_, i) => wishOf(streamOf(seed, i, 2))) : null;
  const drawn: Drawn[] = [];
  while (drawn.length < requests) {
    const index = drawn.length;
    const isReplaced = replacedOneIn > 0 && index % replacedOneIn === 0;
    const draw = streamOf(seed, index, isReplaced ? 1 : 0);
    const wish = wishes ? wishes[draw(0, SHAPES - 1)]! : wishOf(draw);
    const className = classOf(family, streamOf(seed, index, 3));
    const size = !wishes && index + 4 <= requests && draw(1, GANG_ONE_IN) === 1 ? draw(2, 4) : 1;
    for (let member = 0; member < size; member++) {
      const agent = draw(0, agents - 1);
      drawn.push({
        id: `${isReplaced ? 'again' : 'request'}-${String(index + member).padStart(5, '0')}`,
        department: departmentId(agent % DEPARTMENTS),
        agent: agentId(agent),
        class: className,
        ...(size === 1 ? wish : inOneZone(wish)),
        submittedAt: NOW - draw(1, family === 'shapes' ? 3_600 : 50) * 1000,
        ...(size > 1 && { gang: { id: `gang-of-request-${index}`, size, colocate: 'zone' as const } }),
      });
    }
  }
  return drawn;
}

/** A stream of its own for every request, so that draws of one do not move those of the next. */
function streamOf(seed: number, index: number, salt: number): Draw {
  return seededDraw(Math.imul(seed * 4 + salt, 0x9e3779b1) ^ Math.imul(index + 1, 0x85ebca6b));
}

/** By a stream of its own, so that the classes of one family move nothing else. Two in ten are of the first, five of the second. */
function classOf(family: Family, draw: Draw): string {
  const [first, second = first, third = first] = CLASSES[family];
  return weighted(draw, [
    [first!, 2],
    [second!, 5],
    [third!, 3],
  ]);
}

type Wish = Pick<Drawn, 'options' | 'durationSeconds' | 'cost'>;

function wishOf(draw: Draw): Wish {
  const durationSeconds = weighted(draw, [
    [600, 3],
    [1800, 4],
    [3600, 4],
    [7200, 2],
    [14_400, 1],
  ]);
  const zone = draw(1, 10) <= 7 ? { zone: ZONES[draw(0, ZONES.length - 1)]! } : {};
  const others = [
    cpuClaim(draw, zone),
    ...(draw(1, 100) <= 30 ? [seatClaim(draw)] : []),
    ...(draw(1, 100) <= 8 ? [reviewClaim(draw)] : []),
  ];
  const gpus = draw(1, 2) === 1 ? gpuOptions(draw, zone) : [[]];
  const options = gpus.map((claims) => ({ claims: [...claims, ...others] }));
  return { options, durationSeconds, cost: costOf(options[0]!.claims, durationSeconds) };
}

/** Seven in ten want everything in one zone, the rest takes what there is. */
type Zone = { readonly zone?: string };

/** One to eight A100, or as many H100 as do the same, or either. */
function gpuOptions(draw: Draw, zone: Zone): Claim[][] {
  const quantity = weighted(draw, [
    [1, 8],
    [2, 5],
    [4, 3],
    [8, 1],
  ]);
  const one = (model: (typeof GPU_MODELS)[number], units: number): Claim[] => [
    { kind: 'gpu', quantity: units, selector: { model, ...zone } },
  ];
  const model = GPU_MODELS[draw(0, 1)]!;
  if (draw(1, 100) <= 40) return [one('h100', Math.ceil(quantity / 2)), one('a100', quantity)];
  return [one(model, quantity)];
}

function cpuClaim(draw: Draw, zone: Zone): Claim {
  const prefer = draw(1, 3) === 1 ? { prefer: [{ grade: CPU_GRADES[draw(0, 1)]! }] } : {};
  return { kind: 'cpu', quantity: draw(1, 16) * 2 + draw(0, 1), selector: { ...zone }, ...prefer };
}

function seatClaim(draw: Draw): Claim {
  return { kind: 'dataset', quantity: 1, selector: { name: `set-${draw(1, DATASETS)}` } };
}

function reviewClaim(draw: Draw): Claim {
  return { kind: 'review', quantity: 1, selector: { skill: `skill-${draw(1, SKILLS)}` } };
}

/** Members of a gang find places in one zone: what binds the wish to another is left out. */
function inOneZone(wish: Wish): Wish {
  const free = (claim: Claim): Claim => {
    const { zone: _, ...selector } = claim.selector ?? {};
    return claim.selector ? { ...claim, selector } : claim;
  };
  return {
    ...wish,
    options: wish.options.map(({ claims }) => ({
      claims: claims.filter(({ kind }) => kind === 'gpu' || kind === 'cpu').map(free),
    })),
  };
}

function costOf(claims: readonly Claim[], durationSeconds: number): number {
  let hourly = 0;
  for (const { kind, quantity, selector } of claims) {
    if (kind === 'gpu') hourly += quantity * PRICES[selector?.model === 'h100' ? 'h100' : 'a100'];
    if (kind === 'cpu') hourly += quantity * PRICES.plain;
  }
  return Math.ceil((hourly * durationSeconds * 1000) / HOUR);
}
