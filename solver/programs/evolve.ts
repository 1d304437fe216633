// Makes a packing plan better by crossing plans: a steady-state genetic algorithm whose children are repaired and filled by LP prices.
// Invariant: never worse than what it was given, counted work, seeded: the same plan every time. Called by packed.ts.
// The method is Chu and Beasley's for the multidimensional knapsack (Journal of Heuristics 4, 1998), here over groups of columns.
import { drawFrom } from '../draw.ts';
import type { Model } from '../model.ts';
import type { Proof, StageCertificate } from '../solution.ts';
import { Packer } from './packer.ts';

/** Chu and Beasley took 100; half of it converges in half the children, and there are few to spend. */
const POPULATION = 50;
const SEED = 0x9e3779b9;
/** Groups of a child that are set to anything at all. */
const MUTATIONS = 2;

interface Plan {
  /** Group -> granted column, -1 for none. */
  readonly choice: Int32Array;
  readonly value: number;
}

export interface Evolved {
  readonly granted: Uint8Array;
  /** Entries of rows that were added, taken off or tried, and columns that were looked at. */
  readonly entries: number;
}

/** `worth`: column -> which to prefer, the larger the better. Ends when `entries` are spent or a plan has the value `enough`. */
export function evolve(
  model: Model,
  granted: Uint8Array,
  by: { readonly worth: Float64Array; readonly entries: number; readonly enough: number },
): Evolved {
  const packer = new Packer(model, by.worth);
  const draw = drawing();
  const population: Plan[] = [planOf(model, choiceOf(model, granted))];
  const spent = (): boolean => packer.entries >= by.entries;
  // As many random plans; a small program has fewer that differ.
  for (let tries = 0; tries < 2 * POPULATION && population.length < POPULATION && !spent(); tries++) {
    const plan = planOf(model, packer.filledAtRandom(draw));
    if (!isKnown(population, plan)) population.push(plan);
  }
  let best = population.reduce((a, b) => (b.value > a.value ? b : a));
  while (!spent() && best.value < by.enough && population.length > 1) {
    const child = planOf(model, packer.repaired(crossed(population, { model, draw })));
    const worst = indexOfWorst(population);
    if (child.value <= population[worst]!.value || isKnown(population, child)) continue;
    population[worst] = child;
    if (child.value > best.value) best = child;
  }
  return { granted: grantedOf(model, best.choice), entries: packer.entries };
}

/** A whole number from 0, below `below`. */
export type Draw = (below: number) => number;

function drawing(): Draw {
  const draw = drawFrom(SEED);
  return (below) => Math.floor(draw() * below);
}

/** Each group from either parent, then two at random. */
function crossed(population: readonly Plan[], { model, draw }: { model: Model; draw: Draw }): Int32Array {
  const mother = tournament(population, draw);
  const father = tournament(population, draw);
  let bits = 0;
  let left = 0;
  const choice = mother.choice.map((column, group) => {
    if (left === 0) {
      bits = draw(2 ** 31);
      left = 31;
    }
    left--;
    const fromFather = (bits & 1) === 1;
    bits >>>= 1;
    return fromFather ? father.choice[group]! : column;
  });
  for (let mutation = 0; mutation < MUTATIONS; mutation++) {
    const column = draw(model.columnCount);
    const group = model.group[column]!;
    choice[group] = choice[group] === column ? -1 : column;
  }
  return choice;
}

function tournament(population: readonly Plan[], draw: Draw): Plan {
  const a = population[draw(population.length)]!;
  const b = population[draw(population.length)]!;
  return b.value > a.value ? b : a;
}

function indexOfWorst(population: readonly Plan[]): number {
  let worst = 0;
  for (let at = 1; at < population.length; at++)
    if (population[at]!.value < population[worst]!.value) worst = at;
  return worst;
}

function isKnown(population: readonly Plan[], { choice, value }: Plan): boolean {
  return population.some(
    (plan) => plan.value === value && plan.choice.every((column, group) => column === choice[group]),
  );
}

function planOf(model: Model, choice: Int32Array): Plan {
  let value = 0;
  for (const column of choice) if (column >= 0) value += model.objective[column]!;
  return { choice, value };
}

function choiceOf(model: Model, granted: Uint8Array): Int32Array {
  const choice = new Int32Array(model.groupCount).fill(-1);
  for (const [column, entry] of granted.entries()) if (entry === 1) choice[model.group[column]!] = column;
  return choice;
}

function grantedOf(model: Model, choice: Int32Array): Uint8Array {
  const granted = new Uint8Array(model.columnCount);
  for (const column of choice) if (column >= 0) granted[column] = 1;
  return granted;
}

/**
 * Column -> objective over what it takes at the prices of the certificate, rows and derived rows together: the larger, the sooner it is
 * put in. What takes nothing at all has the objective times 2^20. Of a proof with branches the prices of the all-zero leaf.
 */
export function worthAt(model: Model, { derivedRows, proof }: StageCertificate): Float64Array {
  const prices = new Float64Array(model.columnCount);
  const { multipliers, derivedMultipliers } = firstLeaf(proof);
  for (const { row, numerator } of multipliers) {
    for (let e = model.starts[row]!; e < model.starts[row + 1]!; e++) {
      const j = model.indices[e]!;
      prices[j] = prices[j]! + numerator * model.values[e]!;
    }
  }
  for (const { derived, numerator } of derivedMultipliers) {
    const { columns, coefficients } = derivedRows[derived]!;
    for (const [at, j] of columns.entries()) prices[j] = prices[j]! + numerator * coefficients[at]!;
  }
  return prices.map((price, j) => (model.objective[j]! * 2 ** 20) / Math.max(price, 1));
}

function firstLeaf(proof: Proof): Exclude<Proof, { readonly column: number }> {
  return 'column' in proof ? firstLeaf(proof.zero) : proof;
}
