// `annona completion bash|zsh|fish`: a script for the shell, written from the commands as they are registered.
// Invariant: it names exactly the commands and options that `--help` names, and asks neither server nor Node when it completes.

import type { Command } from 'commander';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

interface Words {
  /** "request submit"; "" is the program itself. */
  readonly path: string;
  readonly commands: readonly { readonly name: string; readonly description: string }[];
  readonly options: readonly { readonly name: string; readonly description: string }[];
}

export function completionScript(program: Command, shell: Shell): string {
  const words = wordsOf(program, '');
  switch (shell) {
    case 'bash':
      return bash(words);
    case 'zsh':
      return `#compdef annona\nautoload -U +X bashcompinit && bashcompinit\n${bash(words)}`;
    case 'fish':
      return fish(words);
    default: {
      const never: never = shell;
      throw new Error(`unknown shell ${JSON.stringify(never)}`);
    }
  }
}

function wordsOf(command: Command, path: string): Words[] {
  const below = command.commands.flatMap((each) => wordsOf(each, `${path} ${each.name()}`.trim()));
  const commands = command.commands.map((each) => ({ name: each.name(), description: each.description() }));
  const options = command.options.flatMap(({ long, description }) =>
    long ? [{ name: long, description }] : [],
  );
  return [
    { path, commands, options: [...options, { name: '--help', description: 'what it does' }] },
    ...below,
  ];
}

function bash(words: readonly Words[]): string {
  const cases = words.map(({ path, commands, options }) => {
    const all = [...commands, ...options].map(({ name }) => name).join(' ');
    return `    '${path}') words='${all}' ;;`;
  });
  const paths = words.map(({ path }) => path).filter((path) => path !== '');
  const known = paths.map((path) => `'${path}'`).join('|');
  return `_annona() {
  local word path='' next words='' current="\${COMP_WORDS[COMP_CWORD]}"
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    next="\${path:+$path }$word"
    case "$next" in
      ${known}) path="$next" ;;
    esac
  done
  case "$path" in
${cases.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
  # Nothing of ours fits: a file is meant.
  if [ \${#COMPREPLY[@]} -eq 0 ]; then COMPREPLY=($(compgen -f -- "$current")); fi
}
complete -F _annona annona`;
}

function fish(words: readonly Words[]): string {
  const lines = words.flatMap(({ path, commands, options }) => {
    const seen =
      path === ''
        ? '__fish_use_subcommand'
        : path
            .split(' ')
            .map((part) => `__fish_seen_subcommand_from ${part}`)
            .join('; and ');
    const below = commands.map(({ name }) => name).join(' ');
    const where =
      path !== '' && below !== '' ? `${seen}; and not __fish_seen_subcommand_from ${below}` : seen;
    return [
      ...commands.map(
        ({ name, description }) =>
          `complete -c annona -f -n '${where}' -a ${name} -d '${quoted(description)}'`,
      ),
      ...options.map(
        ({ name, description }) =>
          `complete -c annona -n '${seen}' -l ${name.slice(2)} -d '${quoted(description)}'`,
      ),
    ];
  });
  return lines.join('\n');
}

function quoted(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll("'", "\\'");
}
