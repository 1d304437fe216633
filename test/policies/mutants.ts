// Mutants of the default policies: every comparison turned, every limit moved by one, every check of a type left out.
// Invariant: a mutant differs from the sources in one place, which its name tells. Called by mutants.test.ts.
import type { PolicySource } from '../../policies/node.ts';

export interface Mutant {
  /** "policies/rego/default/budget.rego:20: proof.at_most( -> proof.below(". */
  readonly name: string;
  readonly sources: readonly PolicySource[];
}

interface Rule {
  readonly find: RegExp;
  /** Each is a mutant of its own. */
  readonly become: (found: string) => readonly string[];
}

const RULES: readonly Rule[] = [
  { find: /proof\.at_most\(/g, become: () => ['proof.below(', 'proof.at_least('] },
  { find: /proof\.at_least\(/g, become: () => ['proof.at_most(', 'proof.below('] },
  { find: /proof\.below\(/g, become: () => ['proof.at_most(', 'proof.at_least('] },
  { find: /proof\.listed\(/g, become: () => ['proof.same('] },
  { find: /proof\.listed_or_any\(/g, become: () => ['proof.listed('] },
  { find: /(?<= )(<=|>=|<|>|==|!=)(?= )/g, become: (found) => OTHERS[found] ?? [] },
  { find: /(?<=[ (])\d+(?=[),\s]|$)/g, become: (found) => [`${Number(found) + 1}`, `${Number(found) - 1}`] },
  { find: /^\tis_(number|string|array|object)\(.*\)$/g, become: () => ['\ttrue'] },
  { find: /"[*:]"/g, become: () => ['"+"'] },
];
const OTHERS: Readonly<Record<string, readonly string[]>> = {
  '<=': ['<'],
  '>=': ['>'],
  '<': ['<='],
  '>': ['>='],
  '==': ['!='],
  '!=': ['=='],
};

/** Of the files that are no tests; what stands in comments is no policy. */
export function* mutantsOf(
  sources: readonly PolicySource[],
  isMutated: (path: string) => boolean,
): Generator<Mutant> {
  for (const source of sources) {
    if (!isMutated(source.path)) continue;
    const lines = source.text.split('\n');
    for (const [index, line] of lines.entries()) {
      if (/^\s*#/.test(line)) continue;
      for (const { find, become } of RULES) {
        for (const match of line.matchAll(find)) {
          for (const other of become(match[0])) {
            const changed = line.slice(0, match.index) + other + line.slice(match.index + match[0].length);
            const text = lines.with(index, changed).join('\n');
            yield {
              name: `${source.path}:${index + 1}: ${match[0].trim()} -> ${other.trim()}`,
              sources: sources.map((one) => (one === source ? { ...one, text } : one)),
            };
          }
        }
      }
    }
  }
}
