// Where a report is, for the person who asked for it: its address, the files that it was made of, and the program that shows it.
// Called by ../simulate.ts.

import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { pathToFileURL } from 'node:url';
import type { CommandIo } from '../io.ts';

export interface InputFile {
  readonly name: string;
  /** Of its bytes, packed if they are. */
  readonly sha256: string;
}

export async function inputFiles(names: readonly string[]): Promise<InputFile[]> {
  return Promise.all(
    names.map(async (name) => {
      const hash = createHash('sha256');
      await pipeline(createReadStream(name), hash);
      return { name, sha256: hash.digest('hex') };
    }),
  );
}

/** What opens a file with whatever its owner opens such files with. */
const OPENERS: Readonly<Partial<Record<NodeJS.Platform, readonly [command: string, ...args: string[]]>>> = {
  darwin: ['open'],
  win32: ['cmd', '/c', 'start', ''],
};
const OPENER = ['xdg-open'] as const;

/** Resolves when the program was started; where there is none, says where the page is. */
export async function openReport(file: string, io: CommandIo): Promise<void> {
  const { href } = pathToFileURL(file);
  const [command, ...args] = OPENERS[process.platform] ?? OPENER;
  const child = spawn(command, [...args, href], { detached: true, stdio: 'ignore' });
  const started = await new Promise<boolean>((resolve) => {
    child.once('spawn', () => resolve(true));
    child.once('error', () => resolve(false));
  });
  child.unref();
  if (!started) io.err(`${command} is not there to open it: open ${href} in a browser`);
}
