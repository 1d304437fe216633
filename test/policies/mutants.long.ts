// Every limit and comparison of the default policies, mutated one at a time: each mutant must break a vector or a Rego test.
import { afterAll, expect, it } from 'vitest';
import { evaluateBatch, loadPolicy } from '../../policies/index.ts';
import { policyCompiler } from '../../policies/node.ts';
import { aRequest, sourcesBelow } from './authoring/sample.ts';
import { type Mutant, mutantsOf } from './mutants.ts';
import { allCodes, aRow, vectors } from './support.ts';

const compiler = policyCompiler();
afterAll(() => compiler.close());
const bytes = (base64: string): ArrayBuffer => new Uint8Array(Buffer.from(base64, 'base64')).buffer;

const isMutated = (path: string): boolean =>
  path.startsWith('policies/rego/default/') ? !path.endsWith('_test.rego') : path.endsWith('/proof.rego');

/** Named with the reason why no row could tell it from the policy. */
const EQUIVALENT: Readonly<Record<string, string>> = {
  'policies/rego/default/duties.rego:27: is_array(row.roles) -> true':
    'array.concat of no array is undefined',
  'policies/rego/default/duties.rego:28: is_array(row.skills) -> true':
    'array.concat of no array is undefined',
  'policies/rego/default/entitlement.rego:46: proof.listed_or_any( -> proof.listed(':
    'only for the finding, and not reached where any kind may be asked for',
  'policies/rego/default/handling.rego:33: is_string(row.purpose) -> true':
    'trim_space of no text is undefined in the module; only the strict interpreter stops there',
  'policies/rego/default/models.rego:25: proof.listed_or_any( -> proof.listed(':
    'only for the finding, and not reached where any model may be given',
  'policies/rego/default/purposes.rego:30: is_string(purpose) -> true': 'split of no text is undefined',
  'policies/rego/default/purposes.rego:40: is_object(data.organisation.datasets) -> true':
    'object.get of no object is undefined',
  'policies/rego/library/proof.rego:28: is_string(value) -> true': 'equal to a text it is one',
  'policies/rego/library/proof.rego:29: is_string(other) -> true': 'equal to a text it is one',
  'policies/rego/library/proof.rego:45: is_string(text) -> true': 'trim_space of no text is undefined',
};

it('each mutant of a limit or a comparison breaks a test', async () => {
  const killed = { compiler: 0, vectors: 0, rego: 0 };
  const survivors: string[] = [];
  for (const mutant of mutantsOf(sourcesBelow('policies/rego'), isMutated)) {
    const by = await killerOf(mutant);
    if (by === null) survivors.push(mutant.name);
    else killed[by] += 1;
  }
  const count = killed.compiler + killed.vectors + killed.rego;
  console.log(
    `${count + survivors.length} mutants: ${killed.vectors} broke a vector, ${killed.rego} a Rego test alone, ${killed.compiler} did not compile, ${survivors.length} survived`,
  );
  expect(survivors).toEqual(Object.keys(EQUIVALENT));
  expect(killed.vectors + killed.rego).toBeGreaterThanOrEqual(50);
}, 1_200_000);

async function killerOf({ sources }: Mutant): Promise<'compiler' | 'vectors' | 'rego' | null> {
  const { bundle } = await compiler.compile(aRequest({ command: 'build', name: 'mutant', sources }));
  if (!bundle) return 'compiler';
  const policy = await loadPolicy({
    wasm: bytes(bundle.wasm),
    manifest: bundle.manifest,
    data: vectors.data,
  }).catch(() => null);
  if (policy === null) return 'vectors';
  const rows = vectors.cases.map((one) => aRow(one.row));
  const verdicts = evaluateBatch(policy, { tick: 'mutant', rows });
  for (const [index, { codes, obligations }] of vectors.cases.entries()) {
    const verdict = verdicts[index];
    if (allCodes(verdict).join() !== codes.join()) return 'vectors';
    const duties = verdict?.outcome === 'allow' ? verdict.obligations.map(({ code }) => code) : [];
    if (verdict?.outcome === 'allow' && duties.join() !== obligations.join()) return 'vectors';
  }
  const { tests } = await compiler.compile(aRequest({ command: 'tests', name: 'mutant', sources }));
  if (!tests?.wasm) return 'compiler';
  const results = await compiler.runTests({ wasm: bytes(tests.wasm), tests: tests.tests, data: { vectors } });
  return results.every(({ passed }) => passed) ? null : 'rego';
}
