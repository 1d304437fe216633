// What differs between the Verdicts of two policies on one row.
// Invariant: a difference is counted under exactly one kind, the gravest. Called by diff.ts and impact.ts; pure.
import type { Verdict } from '../verdict.ts';
import { byCodeUnit } from '../verdict.ts';

/** From the gravest: who gets what nobody allowed before; who is refused; other duties; other reasons; other warnings. */
export const CHANGE_KINDS = ['newlyAllowed', 'newlyDenied', 'obligations', 'reasons', 'warnings'] as const;
export type ChangeKind = (typeof CHANGE_KINDS)[number];

export interface Change {
  readonly kind: ChangeKind;
  /** Codes of the old policy that no longer hit, sorted. */
  readonly gone: readonly string[];
  /** Codes of the new policy that did not hit before, sorted. */
  readonly come: readonly string[];
}

/** Undefined where both say the same. */
export function changeOf(before: Verdict, after: Verdict): Change | undefined {
  if (before.outcome !== after.outcome) {
    const kind = after.outcome === 'allow' ? 'newlyAllowed' : 'newlyDenied';
    return { kind, ...moved(codesOf(before), codesOf(after)) };
  }
  if (before.outcome === 'allow' && after.outcome === 'allow') {
    const duties = (verdict: typeof before): string[] =>
      verdict.obligations.map((duty) => JSON.stringify(duty)).sort(byCodeUnit);
    if (!same(duties(before), duties(after))) {
      const names = (verdict: typeof before): string[] => verdict.obligations.map(({ code }) => code);
      return { kind: 'obligations', ...moved(names(before), names(after)) };
    }
  }
  if (!same(codesOf(before), codesOf(after)))
    return { kind: 'reasons', ...moved(codesOf(before), codesOf(after)) };
  const [quiet, loud] = [signalsOf(before), signalsOf(after)];
  return same(quiet, loud) ? undefined : { kind: 'warnings', ...moved(quiet, loud) };
}

function codesOf(verdict: Verdict): readonly string[] {
  return verdict.outcome === 'deny' ? verdict.codes : [];
}

function signalsOf({ warnings, dryrun }: Verdict): readonly string[] {
  return [...warnings, ...dryrun].sort(byCodeUnit);
}

function moved(before: readonly string[], after: readonly string[]): Omit<Change, 'kind'> {
  const only = (some: readonly string[], others: readonly string[]): string[] =>
    [...new Set(some)].filter((code) => !others.includes(code)).sort(byCodeUnit);
  return { gone: only(before, after), come: only(after, before) };
}

function same(some: readonly string[], others: readonly string[]): boolean {
  return some.length === others.length && some.every((one, index) => one === others[index]);
}
