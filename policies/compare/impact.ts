// What another policy would have decided of requests that were made: changed outcomes by department and by rule.
// Invariant: each recorded request is counted once, changed or not. Called by api/cli/policy/impact.ts through the door; pure.
import { isRecord, type PolicyData } from '../bundle.ts';
import type { PolicyService } from '../service.ts';
import type { PolicyRow, Verdict } from '../verdict.ts';
import { byCodeUnit } from '../verdict.ts';
import { type Change, type ChangeKind, changeOf } from './change.ts';

/** What `annona record` writes. */
export interface PolicyRecord {
  readonly v: 1;
  /** Of the policy that was in force when it was recorded. */
  readonly policyRevision: string;
  readonly data: PolicyData;
  /** Newest last. */
  readonly requests: readonly RecordedRow[];
}

export interface RecordedRow {
  readonly id: string;
  readonly row: PolicyRow;
}

export interface ImpactLine {
  readonly department: string;
  readonly kind: ChangeKind;
  /** The codes that no longer hit, with "-", and those that hit now, with "+". */
  readonly codes: readonly string[];
  readonly requests: number;
  /** The newest of them. */
  readonly example: string;
}

export interface PolicyImpact {
  readonly requests: number;
  readonly changed: number;
  /** By department, most requests first. */
  readonly lines: readonly ImpactLine[];
  readonly changes: readonly (Change & { readonly id: string; readonly department: string })[];
}

const BATCH_ROWS = 4_000;

/** Throws an Error that says what is wrong with it. Rows and data are judged where they are used. */
export function parseRecord(value: unknown): PolicyRecord {
  const refuse = (what: string): never => {
    throw new Error(`record: ${what}`);
  };
  if (!isRecord(value) || value.v !== 1) return refuse('want version 1, as annona record writes it');
  if (typeof value.policyRevision !== 'string') refuse('policyRevision is missing');
  if (!isRecord(value.data)) refuse('data is missing');
  if (!Array.isArray(value.requests)) return refuse('requests must be a list');
  for (const [index, one] of value.requests.entries())
    if (!isRecord(one) || typeof one.id !== 'string' || !isRecord(one.row))
      refuse(`requests[${index}] must have an id and a row`);
  return value as unknown as PolicyRecord;
}

export async function impactOf(
  { requests }: Pick<PolicyRecord, 'requests'>,
  policies: {
    readonly before: Pick<PolicyService, 'evaluate'>;
    readonly after: Pick<PolicyService, 'evaluate'>;
  },
): Promise<PolicyImpact> {
  const lines = new Map<string, ImpactLine>();
  const changes: (Change & { readonly id: string; readonly department: string })[] = [];
  for (let at = 0; at < requests.length; at += BATCH_ROWS) {
    const batch = requests.slice(at, at + BATCH_ROWS);
    const asked = { tick: 'impact', rows: batch.map(({ row }) => row) };
    const [before, after] = await Promise.all([
      policies.before.evaluate(asked),
      policies.after.evaluate(asked),
    ]);
    for (const [index, { id, row }] of batch.entries()) {
      const change = changeOf(before[index] as Verdict, after[index] as Verdict);
      if (!change) continue;
      const department = String(row.department);
      changes.push({ ...change, id, department });
      const codes = [...change.gone.map((code) => `-${code}`), ...change.come.map((code) => `+${code}`)];
      const key = JSON.stringify([department, change.kind, codes]);
      const earlier = lines.get(key)?.requests ?? 0;
      lines.set(key, { department, kind: change.kind, codes, requests: earlier + 1, example: id });
    }
  }
  const sorted = [...lines.values()];
  sorted.sort((a, b) => byCodeUnit(a.department, b.department) || b.requests - a.requests);
  return { requests: requests.length, changed: changes.length, lines: sorted, changes };
}
