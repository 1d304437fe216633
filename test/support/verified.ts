// Every tick of a test, checked as anybody could check it from its file: rows rebuilt, digests, rules and bounds recomputed.
// Invariant: throws with the first thing that is wrong. Hung on the observers of test rigs.

import { sha256 } from '../../adapters/system/digest.ts';
import { type CommitObserver, type DecidedTick, verifyTick } from '../../scheduler/index.ts';

type Decided = NonNullable<Parameters<CommitObserver['committed']>[1]>;

export function decidedOf(
  { record }: Parameters<CommitObserver['committed']>[0],
  { plan }: Decided,
): DecidedTick {
  return { plan, stages: record.stages, fault: record.fault, digests: record.digests };
}

export const verifyingObserver: CommitObserver = {
  committed(commit, decided) {
    if (decided === undefined) throw new Error(`tick ${commit.record.tick} does not say what it decided on`);
    const verdict = verifyTick(decided.snapshot, decidedOf(commit, decided), sha256);
    if (!verdict.ok)
      throw new Error(`tick ${commit.record.tick} is wrong: ${JSON.stringify(verdict.checks.at(-1))}`);
  },
};
