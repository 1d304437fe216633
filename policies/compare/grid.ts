// The rows on which two policies are compared: around every limit that the data or the policies have, at -1, 0 and +1.
// Invariant: of a department and a class, every row that differs from the usual one in at most so many fields, each field over its
// whole domain; fewer differences come first, so that the first row of a kind is the simplest. Called by diff.ts; pure.
import type { DepartmentData, PolicyData } from '../bundle.ts';
import type { PolicyRow } from '../verdict.ts';
import { byCodeUnit } from '../verdict.ts';
import type { PolicyLiterals } from './literals.ts';

export interface GridInput {
  readonly data: PolicyData;
  /** Of both policies, without the names of fields and rules. */
  readonly literals: PolicyLiterals;
  /** How many fields may differ from the usual row. */
  readonly fieldsMost: number;
}

export interface GridRow {
  readonly row: PolicyRow;
  /** In which it differs from the usual row of its department and class. */
  readonly changed: readonly (keyof PolicyRow)[];
}

type Field = keyof PolicyRow;
type Domain = readonly (readonly [Field, readonly unknown[]])[];

interface Context {
  readonly usual: PolicyRow;
  readonly domain: Domain;
}

const UNKNOWN = 'unknown-to-the-data';
const LEVELS = [0, 1, 2, 3];
/** Texts of a length are made for limits of lengths; a longer one is a limit of something else. */
const LENGTH_MOST = 2_000;
const LITERALS_OF_A_FIELD_MOST = 24;

export function* gridRows(input: GridInput): Generator<GridRow> {
  const contexts = contextsOf(input);
  for (let fields = 0; fields <= input.fieldsMost; fields += 1)
    for (const context of contexts) yield* rowsOf(context, fields);
}

export function gridSize(input: GridInput): number {
  let size = 0;
  for (const { domain } of contextsOf(input)) {
    // Elementary symmetric sums of the fields' numbers of other values.
    const sums = [1, ...Array.from({ length: input.fieldsMost }, () => 0)];
    for (const [, values] of domain)
      for (let fields = input.fieldsMost; fields > 0; fields -= 1)
        sums[fields] = (sums[fields] ?? 0) + (sums[fields - 1] ?? 0) * values.length;
    size += sums.reduce((sum, one) => sum + one, 0);
  }
  return size;
}

function* rowsOf({ usual, domain }: Context, fields: number, from = 0): Generator<GridRow> {
  if (fields === 0) {
    yield { row: usual, changed: [] };
    return;
  }
  for (let at = from; at <= domain.length - fields; at += 1) {
    const [field, values] = domain[at] as Domain[number];
    for (const value of values) {
      for (const { row, changed } of rowsOf(
        { usual: { ...usual, [field]: value } as PolicyRow, domain },
        fields - 1,
        at + 1,
      ))
        yield { row, changed: [field, ...changed] };
    }
  }
}

function contextsOf(input: GridInput): Context[] {
  const { data, literals } = input;
  const named = some(literals.texts);
  const departments = [...distinct(Object.keys(data.departments)), UNKNOWN];
  const inUse = named.filter((text) => isClass(data, text));
  const classes = [...distinct([...Object.keys(data.classes), ...inUse]), UNKNOWN];
  return departments.flatMap((department) =>
    classes.map((name) => {
      const usual = usualRow(data, department, name);
      return { usual, domain: domainOf(input, usual) };
    }),
  );
}

function isClass(data: PolicyData, text: string): boolean {
  return Object.values(data.departments).some(({ classes }) => classes.includes(text));
}

function usualRow(data: PolicyData, department: string, name: string): PolicyRow {
  const known = ownOf(data, department);
  const kind = known === undefined || known.kinds === '*' ? 'gpu' : (known.kinds[0] ?? 'gpu');
  return {
    department,
    agent: agentsOf(data, department)[0] ?? UNKNOWN,
    roles: ['agent'],
    skills: [],
    clearance: 3,
    class: name,
    classification: 0,
    purpose: 'Compare two policies with each other',
    durationSeconds: 1,
    preemptible: true,
    quantities: { [kind]: 1 },
    models: [],
    datasets: [],
    costMinor: 0,
    // The first hour that is not quiet.
    hour: known?.quietHours.to ?? 0,
    weekday: 0,
  };
}

function domainOf({ data, literals }: GridInput, usual: PolicyRow): Domain {
  const own = ownOf(data, usual.department);
  const { classes, datasets, separatedDuties } = data;
  const ofClass = Object.hasOwn(classes, usual.class) ? classes[usual.class] : undefined;
  const numbers = literals.numbers;
  const texts = some(literals.texts);
  const purposes = distinct(Object.values(datasets).flat());
  const models = Object.values(data.departments).flatMap((one) => (one.models === '*' ? [] : one.models));
  const duties = distinct([...separatedDuties.flat(), ...texts]);
  const sets = [[], ...duties.map((duty) => [duty]), ...separatedDuties];
  const names = (all: readonly string[]): string[][] => [
    [],
    ...distinct([...all, ...texts, '*', UNKNOWN]).map((one) => [one]),
  ];
  const levels = around([...numbers.filter((one) => one < 8), own?.clearanceCeiling], 8);
  const quiet = [own?.quietHours.from, own?.quietHours.to, ...numbers];
  const domain: [Field, readonly unknown[]][] = [
    ['agent', [...agentsOf(data, usual.department), strangerTo(data, usual.department), UNKNOWN]],
    ['clearance', [...LEVELS, ...levels]],
    ['classification', [...LEVELS, ...levels]],
    ['durationSeconds', [0, ...around([ofClass?.maxDurationSeconds, ...numbers])]],
    ['purpose', purposesOf([...purposes, ...texts], numbers)],
    ['preemptible', [true, false]],
    ['quantities', quantitiesOf(own, literals)],
    ['models', names(models)],
    ['datasets', names(Object.keys(datasets))],
    ['costMinor', around([ofClass?.maxCostMinor, ...numbers])],
    ['hour', around(quiet, 23)],
    ['weekday', [0, 4, 5, 6, ...around(numbers, 6)]],
    ['roles', [['agent'], ...sets]],
    ['skills', sets],
  ];
  return domain.map(([field, values]) => {
    const usually = JSON.stringify(usual[field]);
    const others = new Map(values.map((value) => [JSON.stringify(value), value]));
    others.delete(usually);
    return [field, [...others.values()]];
  });
}

function purposesOf(texts: readonly string[], numbers: readonly number[]): string[] {
  const lengths = around(
    numbers.filter((one) => one < LENGTH_MOST),
    LENGTH_MOST,
  );
  return ['', ' ', ...texts, ...texts.map((text) => `${text}: x`), ...lengths.map((one) => 'x'.repeat(one))];
}

function quantitiesOf(own: DepartmentData | undefined, { numbers, texts }: PolicyLiterals): object[] {
  const limits = own?.limits ?? {};
  const listed = own === undefined || own.kinds === '*' ? [] : own.kinds;
  const kinds = distinct(['gpu', 'cpu', ...Object.keys(limits), ...listed, ...some(texts)]).filter(
    (kind) => kind !== '*',
  );
  const limitOf = (kind: string): number | undefined =>
    Object.hasOwn(limits, kind) ? limits[kind] : limits['*'];
  const single = kinds.flatMap((kind) =>
    around([limitOf(kind), ...numbers]).map((units) => ({ [kind]: units })),
  );
  const all = Object.fromEntries(kinds.slice(0, 4).map((kind) => [kind, 1]));
  return [...single, all, { [UNKNOWN]: 1 }];
}

/** The first agent, and those at the cap of the department and one beyond. */
function agentsOf(data: PolicyData, department: string): string[] {
  const own = Object.entries(data.agents).filter(([, agent]) => agent.department === department);
  const cap = ownOf(data, department)?.agentsMost;
  const wanted = own.filter(([, { ordinal }]) => ordinal === cap || ordinal - 1 === cap);
  return distinct([...own.slice(0, 1), ...wanted].map(([id]) => id));
}

function strangerTo(data: PolicyData, department: string): string {
  const stranger = Object.entries(data.agents).find(([, agent]) => agent.department !== department);
  return stranger?.[0] ?? UNKNOWN;
}

function ownOf({ departments }: PolicyData, department: string): DepartmentData | undefined {
  return Object.hasOwn(departments, department) ? departments[department] : undefined;
}

/** Each limit, one less and one more, as far as they are whole amounts. */
function around(
  limits: readonly (number | undefined)[],
  most: number = Number.MAX_SAFE_INTEGER,
): readonly number[] {
  const values = new Set<number>();
  for (const limit of limits) {
    if (limit === undefined) continue;
    for (const value of [limit - 1, limit, limit + 1])
      if (Number.isSafeInteger(value) && value >= 0 && value <= most) values.add(value);
  }
  return [...values].sort((a, b) => a - b);
}

function some(texts: readonly string[]): readonly string[] {
  return texts.slice(0, LITERALS_OF_A_FIELD_MOST);
}

function distinct(texts: readonly string[]): string[] {
  return [...new Set(texts)].sort(byCodeUnit);
}
