// Rows, data and bundles for the policy tests.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PolicyBundle, PolicyData, PolicyInstance, PolicyRow, Verdict } from '../../policies/index.ts';
import { loadPolicy } from '../../policies/index.ts';
import { defaultBundle, readBundle } from '../../policies/node.ts';

export const ROOT = join(import.meta.dirname, '../..');

export interface Vectors {
  readonly data: PolicyData;
  readonly row: PolicyRow;
  readonly cases: readonly {
    readonly name: string;
    readonly row: Partial<PolicyRow>;
    readonly codes: readonly string[];
    readonly obligations: readonly string[];
  }[];
}

export const vectors: Vectors = JSON.parse(
  readFileSync(join(ROOT, 'test/policies/vectors.json'), 'utf8'),
) as Vectors;

/** A row that the default policies allow under `vectors.data`. */
export function aRow(changes: Partial<PolicyRow> = {}): PolicyRow {
  return { ...vectors.row, ...changes };
}

export function rowsOf(
  count: number,
  change: (index: number) => Partial<PolicyRow> = () => ({}),
): PolicyRow[] {
  return Array.from({ length: count }, (_, index) => aRow(change(index)));
}

/** Purposes name the faults of `test/policies/hostile/hostile.rego`. One duty is of a kind that no host knows, which no build would write. */
export async function hostileBundle(): Promise<PolicyBundle> {
  const { wasm, manifest } = await readBundle(join(ROOT, 'test/policies/hostile/hostile'));
  const rules = manifest.rules.map((rule) =>
    rule.code === 'LEVITATE' ? { ...rule, obligation: { kind: 'levitation' } } : rule,
  );
  return { wasm, manifest: { ...manifest, rules } };
}

export async function defaultInstance(data: PolicyData = vectors.data): Promise<PolicyInstance> {
  return loadPolicy({ ...(await defaultBundle()), data });
}

export async function hostileInstance(memoryPagesMax?: number): Promise<PolicyInstance> {
  return loadPolicy({ ...(await hostileBundle()), data: vectors.data, memoryPagesMax });
}

/** Every code in a Verdict, whatever its mode. */
export function allCodes(verdict: Verdict | undefined): string[] {
  if (!verdict) return [];
  const denials = verdict.outcome === 'deny' ? verdict.codes : [];
  return [...denials, ...verdict.warnings, ...verdict.dryrun].sort();
}

export function outcomes(verdicts: readonly Verdict[]): string[] {
  return verdicts.map((verdict) => (verdict.outcome === 'allow' ? 'allow' : verdict.codes.join('+')));
}

export function anything<T>(value: unknown): T {
  return value as T;
}
