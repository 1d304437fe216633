// Constraints: what a bundle adds to the integer program beyond single requests, as the policy says it and as the host reads it.
// Invariant: what leaves here is in one canonical form, whatever order the module's hashes had, and every hard sum is a packing
// row; one fault refuses the whole answer. Evaluated when policy or organisation change, never in a tick. Called by engine.ts.
import { isRecord, type PolicyData, type PolicyManifest } from './bundle.ts';
import { byCodeUnit, type ConstraintRule, type PolicyMode } from './verdict.ts';

/** Every part that is present must match; absent parts match all. Lists are sorted and hold nothing twice. */
export interface ConstraintSelector {
  readonly departments?: readonly string[];
  readonly agents?: readonly string[];
  readonly classes?: readonly string[];
  /** Levels, 0 public to 3 restricted: of the request's data. */
  readonly classifications?: readonly number[];
  readonly kinds?: readonly string[];
  readonly pools?: readonly string[];
  /** Of the pool: each label must have one of these values. */
  readonly labels?: Readonly<Record<string, readonly string[]>>;
}

export interface ConstraintTerm {
  readonly over: ConstraintSelector;
  readonly coef: number;
  /** `unit`: times the units that match; `grant`: once a lease with a claim that matches. */
  readonly per: 'unit' | 'grant';
}

interface Said {
  /** CODE, or CODE.id where the policy names one. Unique. */
  readonly id: string;
  /** The rule that said it. */
  readonly code: string;
  readonly policy: string;
  readonly mode: PolicyMode;
  readonly title: string;
  readonly remedy: string;
}

export type PolicyConstraint = Said &
  (
    | {
        readonly kind: 'sum';
        readonly terms: readonly ConstraintTerm[];
        readonly op: '<=' | '>=' | '==';
        readonly rhs: number;
        /** Penalty a unit on the wrong side; a request is worth 1000. Null: hard, and then `op` is <=. */
        readonly price: number | null;
      }
    | { readonly kind: 'weight'; readonly over: ConstraintSelector; readonly coef: number }
    | {
        readonly kind: 'separation';
        /** No agent holds something of both at a time. */
        readonly sides: readonly [ConstraintSelector, ConstraintSelector];
      }
  );

export interface PolicyConstraints {
  /** By id, in code-unit order. */
  readonly list: readonly PolicyConstraint[];
  /**
   * Names that the organisation does not have, which match nothing; and, where an answer under new data was faulty, the faults: then `list`
   * is what it was under the data before.
   */
  readonly problems: readonly string[];
}

export const NO_CONSTRAINTS: PolicyConstraints = { list: [], problems: [] };

/** A program of this many rows over selectors still formulates in some milliseconds; of each kind. */
export const CONSTRAINTS_MOST = 64;
export const CONSTRAINT_TERMS_MOST = 16;
/** A larger coefficient could overflow a sum over leases. */
const AMOUNT_MOST = 2 ** 40;
/** As much as a request is worth as such. */
const WEIGHT_MOST = 1_000;
const NAMES_MOST = 1_000;
const LEVELS = 4;

/** Every fault of an answer, one a line, each with the place of its rule. */
export class ConstraintsFaulty extends Error {
  readonly faults: readonly string[];
  constructor(faults: readonly string[]) {
    super(faults.join('; '));
    this.name = 'ConstraintsFaulty';
    this.faults = faults;
  }
}

/** Reads the constraints entrypoint's result. Throws ConstraintsFaulty with all that is wrong. */
export function readConstraints(
  result: unknown,
  { manifest, data }: { readonly manifest: PolicyManifest; readonly data: PolicyData },
): PolicyConstraints {
  if (!isRecord(result) || result.v !== 1 || result.data !== data.revision || !isRecord(result.said))
    throw new ConstraintsFaulty(['the policy answered another question than for its constraints']);
  const faults: string[] = [];
  const list: PolicyConstraint[] = [];
  for (const rule of manifest.constraints ?? []) {
    const said = result.said[rule.code];
    if (!Array.isArray(said)) {
      faults.push(`${rule.at}: ${rule.code}: the policy gave no list`);
      continue;
    }
    for (const one of said) list.push(...readOne(one, rule, faults));
  }
  list.sort((a, b) => byCodeUnit(a.id, b.id));
  for (const [i, { id }] of list.entries())
    if (id === list[i - 1]?.id) faults.push(`${id}: stands twice; give each an id`);
  for (const kind of ['sum', 'weight', 'separation'] as const) {
    const count = list.filter((one) => one.kind === kind).length;
    if (count > CONSTRAINTS_MOST) faults.push(`${count} of kind ${kind}; at most ${CONSTRAINTS_MOST}`);
  }
  if (faults.length > 0) throw new ConstraintsFaulty(faults);
  return { list, problems: list.flatMap((one) => strangersOf(one, data)) };
}

/** As the scheduler has it of its rows. */
const ID_LENGTH_MAX = 127;
const ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;

function readOne(value: unknown, rule: ConstraintRule, faults: string[]): PolicyConstraint[] {
  const { code, policy, mode, title, remedy, kind, at } = rule;
  const reader = new Reader(`${at}: ${code}`);
  const known = {
    sum: ['id', 'over', 'terms', 'rhs'],
    weight: ['id', 'over', 'coef'],
    separation: ['id', 'first', 'second'],
  }[kind];
  const said = reader.record(value, '', known);
  if (said.id !== undefined && (typeof said.id !== 'string' || !ID.test(said.id)))
    reader.fault('id', 'a name of letters, digits, dots, dashes and underscores, at most 63');
  const id = said.id === undefined ? code : `${code}.${String(said.id)}`;
  if (id.length > ID_LENGTH_MAX)
    reader.fault('id', `together with its code of at most ${ID_LENGTH_MAX} characters`);
  const base = { id, code, policy, mode, title, remedy };
  const read = (): PolicyConstraint => {
    switch (kind) {
      case 'sum': {
        const { op = '<=', price = null } = rule;
        const rhs = reader.amount(said.rhs, 'rhs', { least: 0, most: AMOUNT_MOST });
        return { ...base, kind, terms: reader.terms(said), op, rhs, price };
      }
      case 'weight': {
        const coef = reader.amount(said.coef, 'coef', { least: -WEIGHT_MOST, most: WEIGHT_MOST });
        return { ...base, kind, over: reader.selector(said.over ?? {}, 'over'), coef };
      }
      case 'separation': {
        const sides = [reader.selector(said.first, 'first'), reader.selector(said.second, 'second')] as const;
        return { ...base, kind, sides };
      }
      default:
        return kind satisfies never;
    }
  };
  const constraint = read();
  faults.push(...reader.faults);
  return reader.faults.length === 0 ? [constraint] : [];
}

/** Collects faults instead of ending with the first. */
class Reader {
  readonly faults: string[] = [];
  readonly #where: string;

  constructor(where: string) {
    this.#where = where;
  }

  fault(path: string, want: string): void {
    this.faults.push(`${this.#where}${path === '' ? '' : `: ${path}`} must be ${want}`);
  }

  record(value: unknown, path: string, known: readonly string[]): Record<string, unknown> {
    if (!isRecord(value)) {
      this.fault(path, 'an object');
      return {};
    }
    for (const key of Object.keys(value))
      if (!known.includes(key))
        this.fault(path === '' ? key : `${path}.${key}`, `one of ${known.join(', ')}`);
    return value;
  }

  amount(value: unknown, path: string, { least, most }: { least: number; most: number }): number {
    if (Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most)
      return value as number;
    this.fault(path, `a whole number from ${least} to ${most === AMOUNT_MOST ? '2^40' : most}`);
    return 0;
  }

  terms({ over, terms }: Record<string, unknown>): ConstraintTerm[] {
    const common = this.selector(over ?? {}, 'over');
    if (!Array.isArray(terms) || terms.length === 0 || terms.length > CONSTRAINT_TERMS_MOST) {
      this.fault('terms', `a list of 1 to ${CONSTRAINT_TERMS_MOST}`);
      return [];
    }
    return terms.map((value, i): ConstraintTerm => {
      const path = `terms[${i}]`;
      const term = this.record(value, path, ['over', 'coef', 'per']);
      const own = this.selector(term.over ?? {}, `${path}.over`);
      for (const part of Object.keys(own))
        if (Object.hasOwn(common, part))
          this.fault(`${path}.over.${part}`, 'stated once, of the whole sum or of its terms');
      const { per } = term;
      if (per !== 'unit' && per !== 'grant') this.fault(`${path}.per`, '"unit" or "grant"');
      const coef = this.amount(term.coef, `${path}.coef`, { least: 0, most: AMOUNT_MOST });
      return { over: ordered({ ...common, ...own }), coef, per: per === 'grant' ? per : 'unit' };
    });
  }

  selector(value: unknown, path: string): ConstraintSelector {
    const said = this.record(value, path, PARTS);
    const read: Partial<Record<keyof ConstraintSelector, unknown>> = {};
    for (const part of NAME_PARTS)
      if (said[part] !== undefined) read[part] = this.#names(said[part], `${path}.${part}`);
    if (said.classifications !== undefined)
      read.classifications = this.#levels(said.classifications, `${path}.classifications`);
    if (said.labels !== undefined) read.labels = this.#labels(said.labels, `${path}.labels`);
    return ordered(read as ConstraintSelector);
  }

  /** None would match nothing, which nobody means: a list that the policy computed came out empty. */
  #names(value: unknown, path: string): string[] {
    if (Array.isArray(value) && value.length > 0 && value.length <= NAMES_MOST && value.every(isName))
      return [...new Set(value as string[])].sort(byCodeUnit);
    this.fault(path, `a list of 1 to ${NAMES_MOST} names`);
    return [];
  }

  #levels(value: unknown, path: string): number[] {
    const isLevel = (one: unknown): boolean =>
      Number.isSafeInteger(one) && (one as number) >= 0 && (one as number) < LEVELS;
    if (Array.isArray(value) && value.length > 0 && value.every(isLevel))
      return [...new Set(value as number[])].sort((a, b) => a - b);
    this.fault(path, `a list of levels, 0 to ${LEVELS - 1}`);
    return [];
  }

  #labels(value: unknown, path: string): Record<string, string[]> {
    if (!isRecord(value) || Object.keys(value).length === 0) {
      this.fault(path, 'a map from labels to values');
      return {};
    }
    const keys = Object.keys(value).sort(byCodeUnit);
    return Object.fromEntries(
      keys.map((key) => [key, this.#names([value[key]].flat(), `${path}.${key}`)] as const),
    );
  }
}

const NAME_PARTS = ['departments', 'agents', 'classes', 'kinds', 'pools'] as const;
const PARTS = [
  'departments',
  'agents',
  'classes',
  'classifications',
  'kinds',
  'pools',
  'labels',
] as const satisfies readonly (keyof ConstraintSelector)[];

function isName(value: unknown): boolean {
  return typeof value === 'string' && value !== '' && value.length <= 256 && value.isWellFormed();
}

/** One order of the parts, so that equal selectors are equal text. */
function ordered(selector: ConstraintSelector): ConstraintSelector {
  return Object.fromEntries(
    PARTS.flatMap((part) => (selector[part] === undefined ? [] : [[part, selector[part]]])),
  );
}

export function selectorsOf(constraint: PolicyConstraint): readonly ConstraintSelector[] {
  switch (constraint.kind) {
    case 'sum':
      return constraint.terms.map(({ over }) => over);
    case 'weight':
      return [constraint.over];
    case 'separation':
      return constraint.sides;
    default:
      return constraint satisfies never;
  }
}

/** Kinds, pools and labels are the scheduler's to know. */
function strangersOf(constraint: PolicyConstraint, data: PolicyData): string[] {
  const maps = { departments: data.departments, agents: data.agents, classes: data.classes };
  const found = selectorsOf(constraint).flatMap((over) =>
    (['departments', 'agents', 'classes'] as const).flatMap((part) =>
      (over[part] ?? [])
        .filter((name) => !Object.hasOwn(maps[part], name))
        .map((name) => `${constraint.id}: ${part} has no "${name}"`),
    ),
  );
  return [...new Set(found)];
}
