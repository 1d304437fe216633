// Readers of the OR-Library's forms, and the sets of instances that bench:library and the tests solve: a program, its published optimum.
// Invariant: programs go through the door's own reader, as a user's file does. Source of the forms: J. E. Beasley, OR-Library; docs/data.md.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileFormatOf, type Program, readProgram } from '../solver/index.ts';

export interface Instance {
  readonly set: 'mip' | 'sac94' | 'mknap1' | 'gap' | ReferenceSet;
  readonly name: string;
  readonly program: Program;
  /** The published optimum; of mknapcb the best value known, which is no optimum. */
  readonly want: number | 'infeasible';
}

/** Where public data sets are, as docs/data.md says. */
export function dataFolder(): string {
  return process.env.ANNONA_DATA ?? join(import.meta.dirname, '../../shared/data');
}

export function hasData(set: 'mip' | 'mkp' | 'gap'): boolean {
  return existsSync(join(dataFolder(), set));
}

/** Small mixed-integer models in MPS and LP. */
export function mipInstances(): Instance[] {
  return csv('mip/known_optima.csv').map(([name = '', , , , , , want = '']) => {
    const file = name === 'MANN_a9.clq' ? `${name}.lp` : `${name}.mps`;
    return {
      set: 'mip',
      name,
      program: programOf(file, text(`mip/${file}`)),
      want: want === 'infeasible' ? want : Number(want),
    };
  });
}

/** 0/1 multiple knapsacks from the literature, up to 105 columns. */
export function sac94Instances(): Instance[] {
  const optima = new Map(csv('mkp/sac94_optimal_values.csv').map((fields) => [fields[0]!, fields]));
  return readdirSync(join(dataFolder(), 'mkp/sac94'))
    .sort()
    .map((file) => {
      const name = file.replace(/\.dat$/, '');
      const [, columns, rows, want] = optima.get(name)!;
      const knapsack = knapsackFrom(numbersOf(text(`mkp/sac94/${file}`)), name);
      const { columnNames, rowNames } = knapsack.program;
      if (columnNames.length !== Number(columns) || rowNames.length !== Number(rows))
        throw new Error(`${file} is not ${columns} x ${rows}`);
      return { set: 'sac94', name, program: knapsack.program, want: Number(want) };
    });
}

export function mknap1Instances(): Instance[] {
  return knapsacks('mkp/mknap1.txt').map(({ name, program, stated }) => ({
    set: 'mknap1',
    name,
    program,
    want: stated,
  }));
}

/** Chu and Beasley's: 5 x 100, 5 x 250, 10 x 100 and 30 x 100, thirty each. Best values known, which are no optima. */
export const REFERENCE_SETS = ['mknapcb1', 'mknapcb2', 'mknapcb4', 'mknapcb7'] as const;
export type ReferenceSet = (typeof REFERENCE_SETS)[number];

export function mknapcbInstances(set: ReferenceSet): Instance[] {
  const references = new Map(
    csv('mkp/mknapcb_reference_values.csv').map(([file, at, , , best]) => [`${file}/${at}`, Number(best)]),
  );
  return knapsacks(`mkp/${set}.txt`).map(({ name, program }, at) => ({
    set,
    name,
    program,
    want: references.get(`${set}.txt/${at}`)!,
  }));
}

/** Generalised assignment, gap1 to gap12, both senses: every item to exactly one agent. */
export function gapInstances(): Instance[] {
  return csv('gap/optimal_values.csv').flatMap(([name = '', , , , least = '', , most = '']) => {
    if (!/^gap\d+-\d$/.test(name)) return [];
    const numbers = [...numbersOf(text(`gap/${name}`))];
    return [
      {
        set: 'gap' as const,
        name: `${name} minimise`,
        program: assignmentFrom(numbers, 'minimise'),
        want: Number(least),
      },
      {
        set: 'gap' as const,
        name: `${name} maximise`,
        program: assignmentFrom(numbers, 'maximise'),
        want: Number(most),
      },
    ];
  });
}

interface Knapsack {
  readonly name: string;
  readonly program: Program;
  /** 0 where the file states none. */
  readonly stated: number;
}

/** A count, then that many knapsacks. */
function knapsacks(path: string): Knapsack[] {
  const numbers = numbersOf(text(path));
  const count = numbers.next().value!;
  const name = path.replace(/^.*\/|\.txt$/g, '');
  return Array.from({ length: count }, (_, at) => knapsackFrom(numbers, `${name}/${at}`));
}

/** n m value, profits, weights row by row, capacities. */
function knapsackFrom(numbers: Numbers, name: string): Knapsack {
  const [columns, rows, stated] = take(numbers, 3) as [number, number, number];
  const profits = take(numbers, columns);
  const weights = Array.from({ length: rows }, () => take(numbers, columns));
  const capacities = take(numbers, rows);
  return {
    name,
    stated,
    program: programOf('knapsack.json', {
      version: 1,
      name,
      sense: 'maximise',
      columns: profits.map((objective, j) => ({ name: `x${j}`, objective, kind: 'binary' })),
      rows: capacities.map((upper, i) => ({
        name: `capacity${i}`,
        terms: terms(weights[i]!.map((w, j) => [`x${j}`, w])),
        upper,
      })),
    }),
  };
}

/** agents items, costs agent by agent, weights agent by agent, capacities. */
function assignmentFrom(numbers: readonly number[], sense: Program['sense']): Program {
  const [agents, items] = numbers as [number, number];
  const at = (table: number, agent: number, item: number): number =>
    numbers[2 + (table * agents + agent) * items + item]!;
  const range = (count: number): number[] => [...Array(count).keys()];
  const name = (agent: number, item: number): string => `x${agent}.${item}`;
  return programOf('gap.json', {
    version: 1,
    sense,
    columns: range(agents).flatMap((agent) =>
      range(items).map((item) => ({
        name: name(agent, item),
        objective: at(0, agent, item),
        kind: 'binary',
      })),
    ),
    rows: [
      ...range(agents).map((agent) => ({
        name: `capacity${agent}`,
        terms: terms(range(items).map((item) => [name(agent, item), at(1, agent, item)])),
        upper: numbers[2 + 2 * agents * items + agent]!,
      })),
      ...range(items).map((item) => ({
        name: `item${item}`,
        terms: terms(range(agents).map((agent) => [name(agent, item), 1])),
        equals: 1,
      })),
    ],
  });
}

function terms(entries: [string, number][]): Record<string, number> {
  return Object.fromEntries(entries.filter(([, value]) => value !== 0));
}

function programOf(file: string, content: string | object): Program {
  const source = typeof content === 'string' ? content : JSON.stringify(content);
  const read = readProgram(source, fileFormatOf(file, source));
  if (read.ok) return read.program;
  const { line, column, message } = read.problem;
  throw new Error(`${file}:${line}:${column}: ${message}`);
}

type Numbers = Generator<number, undefined>;

function* numbersOf(content: string): Numbers {
  for (const [word] of content.matchAll(/\S+/g)) yield Number(word);
}

function take(numbers: Numbers, count: number): number[] {
  return Array.from({ length: count }, () => {
    const { value } = numbers.next();
    if (value === undefined || Number.isNaN(value))
      throw new Error('the file ends early, or holds what is no number');
    return value;
  });
}

function text(path: string): string {
  return readFileSync(join(dataFolder(), path), 'utf8');
}

/** The lines below the head. */
function csv(path: string): string[][] {
  return text(path)
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(','));
}
