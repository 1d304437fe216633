// What a command is given by `-f`: a file or standard input, JSON or YAML, with its places.
// Invariant: what is wrong in it is told as file:line:column, also when only the server sees it.

import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { parseSource } from '../../organisation/source.ts';
import { CommandError, type CommandIo, EXIT } from '../io.ts';

export interface Input {
  readonly value: Readonly<Record<string, unknown>>;
  /** "pool.yaml:3:5" of a JSON pointer into the value. */
  place(pointer: string): string;
}

export async function readInput(file: string, io: CommandIo): Promise<Input> {
  const name = file === '-' ? 'standard input' : file;
  const { source, problems } = parseSource(name, await read(file));
  for (const { line, column, message } of problems) io.err(`${name}:${line}:${column}: ${message}`);
  if (problems.length > 0)
    throw new CommandError(`${name} is neither JSON nor YAML as it stands`, EXIT.usage);
  const { value } = source;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new CommandError(`${name}:1:1: an object is expected, keys with values`, EXIT.usage);
  }
  return {
    value: value as Input['value'],
    place(pointer) {
      const { line, column } = source.position(pathOf(pointer), 'value');
      return `${name}:${line}:${column}`;
    },
  };
}

/** RFC 6901. */
function pathOf(pointer: string): string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function read(file: string): Promise<string> {
  if (file === '-') return text(process.stdin);
  return readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    const why = error.code === 'ENOENT' ? 'no such file' : error.message;
    throw new CommandError(`${file}: ${why}; - reads standard input`, EXIT.usage);
  });
}
