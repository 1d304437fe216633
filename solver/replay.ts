// Whether a solve would come to the same bytes again. Invariant: true only where every limit of the solve was counted work.
// Called by whoever shows a solution or a tick record.
import type { Work } from './solution.ts';

/** GLPK's trees know no limit but a clock: a solve that grew one may end elsewhere on a slower machine. Its linear programs are counted. */
export function isReplayable({
  engine,
  work,
}: {
  readonly engine: string;
  readonly work: Pick<Work, 'mipCalls'>;
}): boolean {
  return engine !== 'glpk' || work.mipCalls === 0;
}
