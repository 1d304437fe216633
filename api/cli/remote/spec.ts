// The form in which a command that calls a server is declared, and its registration: help, arguments, options, examples, and what runs it.
// Invariant: declaring and helping load nothing but this; a command's code is imported when it is run.

import type { Command } from 'commander';
import type { CommandIo } from '../io.ts';

export type Options = Readonly<Record<string, string | boolean | readonly string[] | undefined>>;

/** One command as it was called. */
export interface Invocation {
  readonly args: readonly (string | undefined)[];
  readonly options: Options;
  /** "annona request list": for messages that name the next command. */
  readonly name: string;
  /** As whom it is usually called: the example when nobody is named. */
  readonly role: 'agent' | 'operator' | 'reviewer' | 'policy-author' | 'auditor';
  readonly io: CommandIo;
}

/** Whom the call named, and where: for a next command that is called alike. */
export function callerOf(options: Options): string {
  const said = CALLER.flatMap((key) =>
    typeof options[key] === 'string' ? [`--${key} ${options[key]}`] : [],
  );
  return said.map((flag) => ` ${flag}`).join('');
}

/** The call as it could be typed again. */
export function callOf({ name, args, options }: Invocation): string {
  const said = Object.entries(options).flatMap(([key, value]) => {
    const flag = `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    if (value === true) return [flag];
    return [value].flat().flatMap((text) => (typeof text === 'string' ? [flag, text] : []));
  });
  const parts = [...args.filter((arg) => arg !== undefined), ...said];
  const quoted = parts.map((part) =>
    /^[\w@%+=:,./-]+$/.test(part) ? part : `'${part.replaceAll("'", "'\\''")}'`,
  );
  return [name, ...quoted].join(' ');
}

/** A token is left out: it does not belong on a screen. */
const CALLER = ['as', 'url', 'directory'];

/** Answers the exit code. */
export type Run = (invocation: Invocation) => Promise<number>;

export interface CommandSpec {
  readonly name: string;
  readonly description: string;
  /** In commander's form: `<id>` required, `[id]` optional. */
  readonly args?: readonly (readonly [form: string, description: string])[];
  /** Flags, description, and a default. `repeated`: may be given more than once. */
  readonly options?: readonly OptionSpec[];
  readonly examples: readonly string[];
  readonly role: 'agent' | 'operator' | 'reviewer' | 'policy-author' | 'auditor';
  readonly load: () => Promise<Run>;
}

export interface OptionSpec {
  readonly flags: string;
  readonly description: string;
  readonly fallback?: string;
  readonly repeated?: true;
}

export interface GroupSpec {
  readonly name: string;
  readonly description: string;
  readonly commands: readonly CommandSpec[];
}

/** Of every command that calls a server; described once in docs/cli.md. */
export const CONNECTION_OPTIONS: readonly OptionSpec[] = [
  { flags: '--url <address>', description: 'the server; by default ANNONA_URL or http://127.0.0.1:7400' },
  { flags: '--token <token>', description: 'a bearer token; by default ANNONA_TOKEN' },
  { flags: '--as <who>', description: 'development: act as an AGENT, or as a ROLE@DEPARTMENT' },
  {
    flags: '--directory <path>',
    description: 'with --as: where the server keeps its data; by default .annona',
  },
  { flags: '--json', description: 'JSON instead of a table' },
];

export const LIMIT_OPTION: OptionSpec = {
  flags: '--limit <number>',
  description: 'at most so many',
  fallback: '50',
};

export function addGroup(parent: Command, group: GroupSpec, finish: Finish): void {
  const command = parent.command(group.name).description(group.description);
  for (const spec of group.commands)
    addCommand(command, { ...spec, path: `${group.name} ${spec.name}` }, finish);
}

export type Finish = { readonly io: CommandIo; readonly done: (exitCode: number) => void };

export function addCommand(
  parent: Command,
  spec: CommandSpec & { readonly path: string },
  finish: Finish,
): void {
  const command = parent.command(spec.name).description(spec.description);
  for (const [form, description] of spec.args ?? []) command.argument(form, description);
  for (const option of [...(spec.options ?? []), ...CONNECTION_OPTIONS]) addOption(command, option);
  const examples = spec.examples.map((example) => `  annona ${example}`).join('\n');
  command.addHelpText('after', `\nExample${spec.examples.length === 1 ? '' : 's'}:\n${examples}`);
  const { io } = finish;
  command.action(async (...given: unknown[]) => {
    // Commander hands over the arguments, then the options, then itself.
    const args = given.slice(0, -2) as (string | undefined)[];
    const { runRemote } = await import('./runRemote.ts');
    const run = await spec.load();
    const invocation = { args, options: command.opts(), name: `annona ${spec.path}`, role: spec.role, io };
    finish.done(await runRemote(invocation, run));
  });
}

function addOption(command: Command, { flags, description, fallback, repeated }: OptionSpec): void {
  if (!repeated) command.option(flags, description, fallback);
  else command.option(flags, description, (value: string, before?: string[]) => [...(before ?? []), value]);
}
