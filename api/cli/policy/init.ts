// `annona policy init`: a first policy that checks, passes its tests and teaches by its comments.
// Invariant: it never writes over a file. Called by index.ts.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CommandError, type CommandIo, EXIT } from '../io.ts';
import { FIRST_FILES } from './firstPolicy.ts';

export async function init(directory: string, io: CommandIo): Promise<number> {
  await mkdir(directory, { recursive: true });
  for (const [name, text] of Object.entries(FIRST_FILES)) {
    const file = join(directory, name);
    try {
      await writeFile(file, text, { flag: 'wx' });
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'EEXIST')
        throw new CommandError(`${file} is there already: choose another folder`, EXIT.usage);
      throw error;
    }
    io.out(file);
  }
  io.err(`next: annona policy test ${directory}`);
  return EXIT.done;
}
