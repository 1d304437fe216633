// Sources for the compiler's tests: one rule with all its METADATA, and the library beside it.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CompilerRequest, PolicySource } from '../../../policies/node.ts';
import { ROOT } from '../support.ts';

export const HEADER = `# METADATA
# title: Policy
# custom:
#   owner: tests
package annona.policies.sample

# METADATA
# title: Rule
# custom:
#   mode: enforce
#   severity: low
#   field: purpose
#   remedy: None.
`;

export function sourcesBelow(...folders: readonly string[]): PolicySource[] {
  return folders.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.rego') && !name.endsWith('.verdict.rego'))
      .map((name) => ({ path: `${folder}/${name}`, text: readFileSync(join(ROOT, folder, name), 'utf8') })),
  );
}

export function aRequest(changes: Partial<CompilerRequest> = {}): CompilerRequest {
  return { command: 'check', name: 'sample', out: 'sample', sources: [], ...changes };
}

/** The text stands in sample/sample.rego. */
export function sample(text: string, ...others: readonly PolicySource[]): PolicySource[] {
  return [{ path: 'sample/sample.rego', text }, ...others, ...sourcesBelow('policies/rego/library')];
}
