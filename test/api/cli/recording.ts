// The terminal of a command under test: keeps what it was told, line by line.
import type { CommandIo } from '../../../api/cli/io.ts';
import { run } from '../../../api/cli/main.ts';

export interface Ran {
  readonly exitCode: number;
  readonly out: string;
  readonly err: string;
}

/** Runs a command line in this process. */
export async function ran(...argv: readonly string[]): Promise<Ran> {
  const out: string[] = [];
  const err: string[] = [];
  const io: CommandIo = {
    out: (line) => void out.push(line),
    err: (line) => void err.push(line),
    progress: () => {},
  };
  const exitCode = await run(argv, io);
  return { exitCode, out: out.join('\n'), err: err.join('\n') };
}
