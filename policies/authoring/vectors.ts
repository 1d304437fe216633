// Vectors: rows with the codes that they must meet, told by the bundle that production would load.
// Invariant: a vector passes only if its codes and its obligations are exactly those stated. Called by api/cli/policy
// through policies/node.ts; pure.
import { isRecord, type PolicyData } from '../bundle.ts';
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
  return value as unknown as PolicyVectors;
}

export async function runVectors(
  service: PolicyService,
  { row, cases }: PolicyVectors,
): Promise<VectorResult[]> {
  const rows = cases.map((one) => ({ ...row, ...one.row }));
  const verdicts = await service.evaluate({ tick: 'vectors', rows });
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
