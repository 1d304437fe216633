// The vectors that travel with a bundle, held to it before it is activated: what passed where it was built passes here too.
// Invariant: judged over the vectors' own data, so that the organisation of the day decides nothing. Called by worker.ts and service.ts.
import { compareVectors, type PolicyVectors } from './authoring/vectors.ts';
import { PolicyRefused } from './bundle.ts';
import { evaluateBatch, type PolicyInstance } from './engine.ts';

const NAMED_MAX = 5;

/** Throws PolicyRefused with the names of the first vectors that fail. */
export function proveVectors(instance: PolicyInstance, vectors: PolicyVectors | undefined): void {
  if (vectors === undefined) return;
  const { row, cases } = vectors;
  const rows = cases.map((one) => ({ ...row, ...one.row }));
  const verdicts = evaluateBatch(instance.over(vectors.data), { tick: 'vectors', rows });
  const failed = compareVectors(cases, verdicts).filter((result) => !result.passed);
  if (failed.length === 0) return;
  const names = failed.slice(0, NAMED_MAX).map(({ name }) => `"${name}"`);
  const more = failed.length > NAMED_MAX ? ' and others' : '';
  throw new PolicyRefused(
    'BUNDLE_VECTORS_FAILED',
    `${failed.length} of ${cases.length} vectors fail: ${names.join(', ')}${more}`,
  );
}
