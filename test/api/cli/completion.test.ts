// The completion scripts: bash runs its own, and completes what `--help` names.
import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { ran } from './recording.ts';

/** What bash offers for a line whose last word is being written. */
function completed(script: string, ...words: readonly string[]): string[] {
  const line = words.map((word) => `'${word}'`).join(' ');
  const asked = `${script}\nCOMP_WORDS=(annona ${line})\nCOMP_CWORD=${words.length}\n_annona\nprintf '%s\\n' "\${COMPREPLY[@]}"`;
  return execFileSync('bash', ['--norc', '-c', asked], { encoding: 'utf8', cwd: import.meta.dirname })
    .split('\n')
    .filter((word) => word !== '');
}

describe('annona completion bash', () => {
  it('completes commands, subcommands and options as they are registered', async () => {
    const { out: script } = await ran('completion', 'bash');
    expect(completed(script, 're')).toEqual(['replay-trace', 'request', 'record']);
    expect(completed(script, 'request', '')).toEqual(
      expect.arrayContaining(['submit', 'list', 'explain', 'watch']),
    );
    expect(completed(script, 'request', 'submit', '--cl')).toEqual([
      '--claim',
      '--class',
      '--classification',
    ]);
    expect(completed(script, 'request', 'submit', '--gpu', '2', '--wa')).toEqual(['--wait']);
    expect(completed(script, 'pool', 'apply', '-f', 'completion.test')).toEqual(['completion.test.ts']);
  });

  it('gives zsh and fish the same words', async () => {
    const { out: zsh } = await ran('completion', 'zsh');
    const { out: bash } = await ran('completion', 'bash');
    expect(zsh).toBe(`#compdef annona\nautoload -U +X bashcompinit && bashcompinit\n${bash}`);
    const { out: fish } = await ran('completion', 'fish');
    expect(fish).toContain("complete -c annona -f -n '__fish_use_subcommand' -a request -d 'ask for units");
    expect(fish).toContain(
      "complete -c annona -n '__fish_seen_subcommand_from request; and __fish_seen_subcommand_from submit' -l claim -d 'KIND=QUANTITY",
    );
    expect(fish).toContain("departments\\' shares");
    const unquoted = fish
      .split('\n')
      .filter((line) => line.replaceAll(/\\[\\']/g, '').split("'").length % 2 === 0);
    expect(unquoted).toEqual([]);
  });
});
