// A tick checked in the browser: its file by the checker of `annona verify`, and the file against the record of the server.
// Invariant: nothing that made the plan is asked; a file that is none is told with its places. Pure; called by verifyWorker.ts and the tests.

import { parseTickFile, type TickCheck, verifyTick } from '../../../scheduler/index.ts';
import { sha256 } from './sha256.ts';

export interface Verification {
  readonly ok: boolean;
  readonly checks: readonly TickCheck[];
  /** What the checks leave open, and what the file lacks. */
  readonly open: readonly string[];
}

/** `record`: what the server's log has of the tick; null for a file of elsewhere. */
export function verifyFile(
  document: unknown,
  record: Readonly<Record<string, unknown>> | null,
): Verification {
  const parsed = parseTickFile(document);
  if (!parsed.ok) {
    const checks = parsed.problems.map(({ pointer, message }) => ({
      what: 'file',
      ok: false,
      found: `${pointer || '/'}: ${message}`,
    }));
    return { ok: false, checks, open: [] };
  }
  const { snapshot, decided } = parsed;
  if (decided === null) {
    const found = 'it holds a tick, but not what was decided of it';
    return { ok: false, checks: [{ what: 'file', ok: false, found }], open: [] };
  }
  const verdict = verifyTick(snapshot, decided, sha256);
  if (record === null) return verdict;
  const claims: Readonly<Record<string, unknown>> = {
    digests: decided.digests,
    stages: decided.stages,
    fault: decided.fault,
  };
  const other = Object.keys(claims).find((field) => !sameValue(record[field], claims[field]));
  const check: TickCheck =
    other === undefined
      ? {
          what: 'record',
          ok: true,
          found: `is what tick ${String(record.tick)} committed, digest ${String(record.digest)}`,
        }
      : { what: 'record', ok: false, found: `the ${other} of the tick's record are not those of its file` };
  return check.ok
    ? { ...verdict, checks: [check, ...verdict.checks] }
    : { ...verdict, ok: false, checks: [check] };
}

/** Whatever the order of the keys; a field that is undefined is none. */
export function sameValue(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const [left, right] = [a as Record<string, unknown>, b as Record<string, unknown>];
  const names = new Set([...Object.keys(left), ...Object.keys(right)]);
  return [...names].every((name) => sameValue(left[name], right[name]));
}
