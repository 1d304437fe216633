// Where on a node units lie, in words, for every command that shows a grant. Called by tick.ts, remote/leaseRuns.ts and remote/explanation.ts.
// Invariant: nothing for units of pools without nodes, so that their lines stay as they are.

/** " on hall/a-01", " on hall/a-01 GPU 2,3", or "". */
export function placeText(node: string | undefined, gpus: readonly number[] | undefined): string {
  if (node === undefined) return '';
  return gpus === undefined ? ` on ${node}` : ` on ${node} GPU ${gpus.join(',')}`;
}
