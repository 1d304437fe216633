// Vectors: rows with the codes that they must meet, and the constraints that there must be, told by the bundle that production would load.
// Invariant: a vector passes only if its codes and its obligations are exactly those stated. Called by api/cli/policy
// through policies/node.ts; pure.
import { isRecord, type PolicyData } from '../bundle.ts';
import type { PolicyConstraint } from '../constraints.ts';
import type { PolicyService } from '../service.ts';
import { byCodeUnit, type PolicyRow, type Verdict } from '../verdict.ts';

export interface PolicyVectors {
  readonly data: PolicyData;
  /** The usual row; each case changes some of its fields. */
  readonly row: PolicyRow;
  readonly cases: readonly {
    readonly name: string;
    readonly row: Partial<PolicyRow>;
    /** Whatever the rule's mode. */
    readonly codes: readonly string[];
    readonly obligations: readonly string[];
  }[];
  /** By id all that the bundle says under `data`, each with the fields that are held to a value. Absent: nothing is held. */
  readonly constraints?: readonly ({ readonly id: string } & Readonly<Record<string, unknown>>)[];
}

export interface ConstraintResult {
  readonly id: string;
  readonly passed: boolean;
  /** Of the stated fields, or all where none was stated; null: there is none. */
  readonly found: Readonly<Record<string, unknown>> | null;
  /** Null: the vectors do not have it. */
  readonly want: Readonly<Record<string, unknown>> | null;
}

export interface VectorResult {
  readonly name: string;
  readonly passed: boolean;
  readonly wantCodes: readonly string[];
  readonly codes: readonly string[];
  readonly wantObligations: readonly string[];
  readonly obligations: readonly string[];
}

/** Throws an Error that names the field that is wrong. Rows and data are judged where they are used. */
export function parseVectors(value: unknown): PolicyVectors {
  const refuse = (what: string): never => {
    throw new Error(`vectors: ${what}`);
  };
  if (!isRecord(value)) return refuse('want an object with data, row and cases');
  if (!isRecord(value.data) || !isRecord(value.row)) refuse('data and row must be objects');
  if (!Array.isArray(value.cases) || value.cases.length === 0)
    return refuse('cases must be a list of at least one');
  const names = new Set<unknown>();
  for (const [index, one] of value.cases.entries()) {
    if (!isRecord(one) || typeof one.name !== 'string' || !isRecord(one.row)) {
      return refuse(`cases[${index}] must have a name and a row`);
    }
    if (names.has(one.name)) refuse(`cases[${index}]: the name "${one.name}" is taken`);
    names.add(one.name);
    for (const list of ['codes', 'obligations']) {
      const codes = one[list];
      if (!Array.isArray(codes) || !codes.every((code) => typeof code === 'string')) {
        refuse(`cases[${index}].${list} must be a list of codes; [] for none`);
      }
    }
  }
  const constraints = value.constraints ?? [];
  if (!Array.isArray(constraints) || !constraints.every((one) => isRecord(one) && typeof one.id === 'string'))
    return refuse('constraints must be a list of objects with an id');
  return value as unknown as PolicyVectors;
}

/** One result for each that was wanted or found; none where the vectors say nothing of constraints. */
export function heldConstraints(
  { constraints: wanted }: PolicyVectors,
  said: readonly PolicyConstraint[],
): ConstraintResult[] {
  if (wanted === undefined) return [];
  const ids = [...new Set([...wanted, ...said].map(({ id }) => id))].sort(byCodeUnit);
  return ids.map((id): ConstraintResult => {
    const want = wanted.find((one) => one.id === id) ?? null;
    const all = said.find((one) => one.id === id) as Readonly<Record<string, unknown>> | undefined;
    if (want === null || all === undefined) return { id, passed: false, found: all ?? null, want };
    const found = Object.fromEntries(Object.keys(want).map((key) => [key, all[key] ?? null]));
    return { id, passed: textOf(found) === textOf(want), found, want };
  });
}

/** With keys in one order. */
function textOf(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    isRecord(part) ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => byCodeUnit(a, b))) : part,
  );
}

export async function runVectors(
  service: PolicyService,
  { row, cases }: PolicyVectors,
): Promise<VectorResult[]> {
  const rows = cases.map((one) => ({ ...row, ...one.row }));
  return compareVectors(cases, await service.evaluate({ tick: 'vectors', rows }));
}

/** `verdicts`: one a case, in the order of the cases. */
export function compareVectors(cases: PolicyVectors['cases'], verdicts: readonly Verdict[]): VectorResult[] {
  return cases.map((one, index) => {
    const verdict = verdicts[index];
    const codes = verdict ? hitCodes(verdict) : [];
    const duties = verdict?.outcome === 'allow' ? verdict.obligations.map((duty) => duty.code) : [];
    // A denied row has no duties to compare.
    const wantObligations = verdict?.outcome === 'allow' ? [...one.obligations].sort(byCodeUnit) : [];
    const wantCodes = [...one.codes].sort(byCodeUnit);
    const passed = verdict !== undefined && same(codes, wantCodes) && same(duties, wantObligations);
    return { name: one.name, passed, wantCodes, codes, wantObligations, obligations: duties };
  });
}

function hitCodes(verdict: Verdict): string[] {
  const denials = verdict.outcome === 'deny' ? verdict.codes : [];
  return [...denials, ...verdict.warnings, ...verdict.dryrun].sort(byCodeUnit);
}

function same(some: readonly string[], others: readonly string[]): boolean {
  return some.length === others.length && some.every((one, index) => one === others[index]);
}
